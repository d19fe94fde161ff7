--- Weft for Neovim's own LSP client (0.11 and newer). It must not hold logic: the server does the work.
return {
  cmd = { "weft", "lsp" },
  root_markers = { ".git" },
}
