; @definition.<kind> is the whole definition, @name its name. The first pattern that matches a name gives the kind; further
; ones may add @base and @type. A @comment directly above a definition documents it.

(class_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.struct
(interface_declaration name: (identifier) @name) @definition.trait
(annotation_type_declaration name: (identifier) @name) @definition.trait
(enum_declaration name: (identifier) @name) @definition.enum
(enum_constant name: (identifier) @name) @definition.variant
(method_declaration type: (_) @type name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(compact_constructor_declaration name: (identifier) @name) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(constant_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name)) @definition.constant
; A name in capitals is a constant by convention.
((field_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name)) @definition.constant
  (#match? @name "^[A-Z][A-Z0-9_]*$"))
(field_declaration
  type: (_) @type
  declarator: (variable_declarator name: (identifier) @name)) @definition.field
; The components of a record are its fields.
(record_declaration
  parameters: (formal_parameters
    (formal_parameter type: (_) @type name: (identifier) @name) @definition.field))

(class_declaration
  name: (identifier) @name
  superclass: (superclass [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type . (_) @base)
  ]))
(class_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type . (_) @base)
  ])))
(record_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type . (_) @base)
  ])))
(enum_declaration
  name: (identifier) @name
  interfaces: (super_interfaces (type_list [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type . (_) @base)
  ])))
(interface_declaration
  name: (identifier) @name
  (extends_interfaces (type_list [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type . (_) @base)
  ])))

((block_comment) @comment (#match? @comment "^/[*][*]"))
