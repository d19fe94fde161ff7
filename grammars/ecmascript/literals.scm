; What JavaScript and TypeScript share.

(comment) @comment
(string) @string
(template_string) @string
(template_substitution) @code
(regex) @string

(ERROR "\"" @string.open)
(ERROR "'" @string.open)
(ERROR "`" @string.open.multiline)
; An unfinished block comment looks like a regular expression that begins with a star.
((ERROR (regex_pattern) @comment.open) (#match? @comment.open "^[*]"))
