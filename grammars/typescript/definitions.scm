(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.trait
(type_alias_declaration name: (type_identifier) @name value: (object_type) @body) @definition.type
(type_alias_declaration name: (type_identifier) @name value: (_) @type) @definition.type
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.variant)
(enum_assignment name: (property_identifier) @name) @definition.variant
(internal_module name: (_) @name) @definition.module
(module name: (_) @name) @definition.module
(function_signature name: (identifier) @name) @definition.function
(method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(public_field_definition name: (_) @name) @definition.field
(property_signature name: (_) @name) @definition.field

(function_signature name: (identifier) @name return_type: (type_annotation (_) @type))
(function_declaration name: (identifier) @name return_type: (type_annotation (_) @type))
(method_signature name: (_) @name return_type: (type_annotation (_) @type))
(abstract_method_signature name: (_) @name return_type: (type_annotation (_) @type))
(method_definition name: (_) @name return_type: (type_annotation (_) @type))
(public_field_definition name: (_) @name type: (type_annotation (_) @type))
(property_signature name: (_) @name type: (type_annotation (_) @type))
(variable_declarator
  name: (identifier) @name
  value: (arrow_function return_type: (type_annotation (_) @type)))
(variable_declarator
  name: (identifier) @name
  value: (function_expression return_type: (type_annotation (_) @type)))
(variable_declarator name: (identifier) @name type: (type_annotation (_) @type))

(class_declaration
  name: (type_identifier) @name
  (class_heritage (extends_clause value: [(identifier) (member_expression)] @base)))
(class_declaration
  name: (type_identifier) @name
  (class_heritage (implements_clause [
    (type_identifier) @base
    (nested_type_identifier) @base
    (generic_type name: (_) @base)
  ])))
(abstract_class_declaration
  name: (type_identifier) @name
  (class_heritage (extends_clause value: [(identifier) (member_expression)] @base)))
(abstract_class_declaration
  name: (type_identifier) @name
  (class_heritage (implements_clause [
    (type_identifier) @base
    (nested_type_identifier) @base
    (generic_type name: (_) @base)
  ])))
(interface_declaration
  name: (type_identifier) @name
  (extends_type_clause type: [
    (type_identifier) @base
    (nested_type_identifier) @base
    (generic_type name: (_) @base)
  ]))
