; @comment and @string are whole tokens, @code is code inside a string. @string.open begins a string that is not
; finished, on its line; @string.open.multiline one that goes on over lines.

(line_comment) @comment
(block_comment) @comment
(string_literal) @string
(character_literal) @string
(string_interpolation) @code

(ERROR "\"" @string.open)
(ERROR "\"\"\"" @string.open.multiline)

; An unfinished block comment is cut up into its characters.
(ERROR "/" @comment.open . "*")
