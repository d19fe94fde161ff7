; @comment and @string are whole tokens, @code is code inside a string. @string.open begins a string that is not
; finished, on its line; @comment.open a comment that is not finished, over lines.

(line_comment) @comment
(block_comment) @comment
(string_literal) @string
(raw_string_literal) @string
(char_literal) @string

(ERROR "\"" @string.open)
(ERROR "/*" @comment.open)
