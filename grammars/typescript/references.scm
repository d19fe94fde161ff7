(extends_clause value: (identifier) @reference.type)
(internal_module name: (_) @ignore)
(module name: (_) @ignore)

; Names that are given here.
(class_declaration name: (type_identifier) @ignore)
(abstract_class_declaration name: (type_identifier) @ignore)
(class name: (type_identifier) @ignore)
(interface_declaration name: (type_identifier) @ignore)
(type_alias_declaration name: (type_identifier) @ignore)
(type_parameter name: (type_identifier) @ignore)
(enum_declaration name: (identifier) @ignore)
(enum_body name: (property_identifier) @ignore)
(enum_assignment name: (property_identifier) @ignore)
(function_signature name: (identifier) @ignore)
(method_signature name: (_) @ignore)
(abstract_method_signature name: (_) @ignore)
(public_field_definition name: (_) @ignore)
(property_signature name: (_) @ignore)
(required_parameter pattern: (identifier) @ignore)
(required_parameter pattern: (rest_pattern (identifier) @ignore))
(optional_parameter pattern: (identifier) @ignore)
(index_signature name: (identifier) @ignore)

(type_identifier) @reference.type
(predefined_type) @ignore
