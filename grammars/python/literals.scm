; @comment and @string are whole tokens, @code is code inside a string. @string.open begins a string that is not
; finished, on its line; @string.open.multiline one that goes on over lines.

(comment) @comment
(string) @string
(interpolation) @code

((ERROR (string_start) @string.open.multiline)
  (#match? @string.open.multiline "(\"\"\"|''')$"))
((ERROR (string_start) @string.open)
  (#not-match? @string.open "(\"\"\"|''')$"))
