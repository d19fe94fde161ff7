; @comment and @string are whole tokens. @string.open begins a string that is not finished, on its line;
; @string.open.multiline one that goes on over lines.

(comment) @comment
(interpreted_string_literal) @string
(raw_string_literal) @string
(rune_literal) @string

(ERROR "\"" @string.open)
(ERROR "`" @string.open.multiline)

; An unfinished block comment is cut up into a division and a pointer.
((ERROR "/" @comment.open) . (pointer_type))
(ERROR "/" @comment.open . "*")
