; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(parameter pattern: (identifier) @name type: (_) @type) @binding.parameter
(parameter pattern: (mut_pattern (identifier) @name) type: (_) @type) @binding.parameter
(parameter pattern: (reference_pattern (identifier) @name)) @binding.parameter
(closure_parameters (identifier) @name @binding.parameter)
(closure_parameters (reference_pattern (identifier) @name) @binding.parameter)

(let_declaration pattern: (identifier) @name) @binding.local
(let_declaration pattern: (identifier) @name type: (_) @type)
(let_declaration pattern: (identifier) @name value: (_) @value)
(let_declaration pattern: (mut_pattern (identifier) @name)) @binding.local
(let_declaration pattern: (mut_pattern (identifier) @name) type: (_) @type)
(let_declaration pattern: (mut_pattern (identifier) @name) value: (_) @value)
(let_declaration pattern: (ref_pattern (identifier) @name)) @binding.local
(for_expression pattern: (identifier) @name) @binding.local
(for_expression pattern: (mut_pattern (identifier) @name)) @binding.local
(for_expression pattern: (reference_pattern (identifier) @name)) @binding.local

; In a pattern a name that begins with a small letter is bound, any other is a constant or a variant.
((tuple_pattern [(identifier) @name (_ (identifier) @name)]) @binding.local (#match? @name "^[a-z_]"))
((tuple_struct_pattern
  (identifier) @_first
  (identifier) @name) @binding.local (#match? @name "^[a-z_]"))
((tuple_struct_pattern
  (_)
  [(mut_pattern (identifier) @name) (ref_pattern [(identifier) @name (mut_pattern (identifier) @name)]) (reference_pattern (identifier) @name)]) @binding.local
  (#match? @name "^[a-z_]"))
((tuple_struct_pattern
  type: (scoped_identifier)
  (identifier) @name) @binding.local (#match? @name "^[a-z_]"))
((slice_pattern (identifier) @name) @binding.local (#match? @name "^[a-z_]"))
((match_pattern . (identifier) @name) @binding.local (#match? @name "^[a-z_]"))
((match_pattern (mut_pattern (identifier) @name)) @binding.local)
((captured_pattern . (identifier) @name) @binding.local)
(field_pattern name: (shorthand_field_identifier) @name) @binding.local
((field_pattern pattern: (identifier) @name) @binding.local (#match? @name "^[a-z_]"))
(let_condition pattern: (identifier) @name value: (_) @value) @binding.local
