"""What the end-to-end tests share: weft as a program, weft as an editor's language server."""
