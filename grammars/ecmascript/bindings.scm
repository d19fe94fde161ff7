; What JavaScript and TypeScript share. @binding.<kind> is what binds @name, with its @type and @value. What several patterns
; say of one name is added up; the first in the file gives the kind.

(arrow_function parameter: (identifier) @name @binding.parameter)

(variable_declarator name: (identifier) @name) @binding.local
(variable_declarator name: (identifier) @name value: (_) @value)
(array_pattern (identifier) @name @binding.local)
(array_pattern (assignment_pattern left: (identifier) @name) @binding.local)
(object_pattern (shorthand_property_identifier_pattern) @name @binding.local)
(object_assignment_pattern left: (shorthand_property_identifier_pattern) @name) @binding.local
(pair_pattern value: (identifier) @name) @binding.local
(pair_pattern value: (assignment_pattern left: (identifier) @name)) @binding.local
(rest_pattern (identifier) @name) @binding.local
(for_in_statement left: (identifier) @name) @binding.local
(catch_clause parameter: (identifier) @name) @binding.local

(assignment_expression
  left: (member_expression object: (this) property: (_) @name)
  right: (_) @value) @binding.self_field
