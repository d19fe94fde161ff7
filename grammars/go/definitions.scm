; @definition.<kind> is the whole definition, @name its name, @body its body where the grammar has no field of that
; name. The first pattern that matches a name gives the kind; further ones may add @base and @type, and @container, the
; type that a method is of. A @comment directly above a definition documents it.

(function_declaration name: (identifier) @name) @definition.function
(method_declaration name: (field_identifier) @name) @definition.method
(method_elem name: (field_identifier) @name) @definition.method

(type_spec
  name: (type_identifier) @name
  type: (struct_type (field_declaration_list) @body)) @definition.struct
(type_spec
  name: (type_identifier) @name
  type: (interface_type)) @definition.trait
(type_spec name: (type_identifier) @name) @definition.type
(type_alias name: (type_identifier) @name type: (_) @type) @definition.type

(field_declaration name: (field_identifier) @name type: (_) @type) @definition.field

(source_file (const_declaration (const_spec (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.variable)))

(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @container
    (generic_type type: (type_identifier) @container)
    (pointer_type (type_identifier) @container)
    (pointer_type (generic_type type: (type_identifier) @container))
  ]))
  name: (field_identifier) @name)
(function_declaration name: (identifier) @name result: (_) @type)
(method_declaration name: (field_identifier) @name result: (_) @type)
(method_elem name: (field_identifier) @name result: (_) @type)
(type_spec
  name: (type_identifier) @name
  type: [
    (type_identifier)
    (qualified_type)
    (generic_type)
    (pointer_type)
    (slice_type)
    (array_type)
    (map_type)
    (channel_type)
    (function_type)
  ] @type)
(source_file (const_declaration (const_spec (identifier) @name type: (_) @type)))
(source_file (var_declaration (var_spec name: (identifier) @name type: (_) @type)))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name type: (_) @type))))

; What is embedded.
(type_spec
  name: (type_identifier) @name
  type: (struct_type (field_declaration_list (field_declaration
    !name
    type: [
      (type_identifier) @base
      (qualified_type) @base
      (generic_type type: (_) @base)
    ]))))
(type_spec
  name: (type_identifier) @name
  type: (interface_type (type_elem . [
    (type_identifier) @base
    (qualified_type) @base
    (generic_type type: (_) @base)
  ] .)))

(comment) @comment
