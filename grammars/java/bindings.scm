; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(formal_parameter type: (_) @type name: (identifier) @name) @binding.parameter
(spread_parameter [
    (type_identifier)
    (generic_type)
    (scoped_type_identifier)
    (array_type)
    (integral_type)
    (floating_point_type)
    (boolean_type)
  ] @type
  (variable_declarator name: (identifier) @name)) @binding.parameter
(inferred_parameters (identifier) @name @binding.parameter)
(lambda_expression parameters: (identifier) @name @binding.parameter)

(local_variable_declaration
  declarator: (variable_declarator name: (identifier) @name)) @binding.local
((local_variable_declaration type: (_) @type declarator: (variable_declarator name: (identifier) @name))
  (#not-eq? @type "var"))
(local_variable_declaration
  declarator: (variable_declarator name: (identifier) @name value: (_) @value))
(enhanced_for_statement name: (identifier) @name) @binding.local
((enhanced_for_statement type: (_) @type name: (identifier) @name) (#not-eq? @type "var"))
(catch_formal_parameter (catch_type) @type name: (identifier) @name) @binding.local
(resource name: (identifier) @name value: (_) @value) @binding.local
((resource type: (_) @type name: (identifier) @name) (#not-eq? @type "var"))
(instanceof_expression right: (_) @type name: (identifier) @name) @binding.local
(type_pattern (_) @type . (identifier) @name) @binding.local
