(required_parameter pattern: (identifier) @name) @binding.parameter
(required_parameter pattern: (identifier) @name type: (type_annotation (_) @type))
(required_parameter pattern: (identifier) @name value: (_) @value)
(required_parameter pattern: (rest_pattern (identifier) @name)) @binding.parameter
(required_parameter pattern: (rest_pattern (identifier) @name) type: (type_annotation (_) @type))
(optional_parameter pattern: (identifier) @name) @binding.parameter
(optional_parameter pattern: (identifier) @name type: (type_annotation (_) @type))
; A parameter that is a field as well.
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @binding.self_field
(optional_parameter (accessibility_modifier) pattern: (identifier) @name) @binding.self_field
(required_parameter "readonly" pattern: (identifier) @name) @binding.self_field
(optional_parameter "readonly" pattern: (identifier) @name) @binding.self_field

(variable_declarator name: (identifier) @name type: (type_annotation (_) @type))
