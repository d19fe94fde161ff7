; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(parameters (identifier) @name @binding.parameter)
(parameters (list_splat_pattern (identifier) @name) @binding.parameter)
(parameters (dictionary_splat_pattern (identifier) @name) @binding.parameter)
(lambda_parameters (identifier) @name @binding.parameter)
(default_parameter name: (identifier) @name value: (_) @value) @binding.parameter
(typed_default_parameter name: (identifier) @name type: (type) @type value: (_) @value) @binding.parameter
(typed_parameter . (identifier) @name type: (type) @type) @binding.parameter
(typed_parameter . (list_splat_pattern (identifier) @name) type: (type) @type) @binding.parameter
(typed_parameter . (dictionary_splat_pattern (identifier) @name) type: (type) @type) @binding.parameter

(assignment left: (identifier) @name) @binding.local
(assignment left: (identifier) @name type: (type) @type)
(assignment left: (identifier) @name right: (_) @value)
(pattern_list (identifier) @name @binding.local)
(tuple_pattern (identifier) @name @binding.local)
(list_pattern (identifier) @name @binding.local)
(list_splat_pattern (identifier) @name @binding.local)
(named_expression name: (identifier) @name value: (_) @value) @binding.local
(for_statement left: (identifier) @name) @binding.local
(with_item value: (as_pattern (_) @value alias: (as_pattern_target (identifier) @name))) @binding.local
(except_clause value: (as_pattern (_) @type alias: (as_pattern_target (identifier) @name))) @binding.local

((assignment
  left: (attribute object: (identifier) @_self attribute: (identifier) @name)) @binding.self_field
  (#any-of? @_self "self" "cls"))
(assignment left: (attribute attribute: (identifier) @name) type: (type) @type)
(assignment left: (attribute attribute: (identifier) @name) right: (_) @value)
((pattern_list
  (attribute object: (identifier) @_self attribute: (identifier) @name) @binding.self_field)
  (#any-of? @_self "self" "cls"))
((tuple_pattern
  (attribute object: (identifier) @_self attribute: (identifier) @name) @binding.self_field)
  (#any-of? @_self "self" "cls"))
