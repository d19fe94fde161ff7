; @definition.<kind> is the whole definition, @name its name. The first pattern that matches a name gives the kind; further
; ones may add @base and @type. A @comment directly above a definition documents it, with an @attribute in between or not.

(impl_item body: (declaration_list
  (function_item name: (identifier) @name) @definition.method))
(trait_item body: (declaration_list
  (function_item name: (identifier) @name) @definition.method))
(trait_item body: (declaration_list
  (function_signature_item name: (identifier) @name) @definition.method))

(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.struct
(enum_item name: (type_identifier) @name) @definition.enum
(enum_variant name: (identifier) @name) @definition.variant
(trait_item name: (type_identifier) @name) @definition.trait
(type_item name: (type_identifier) @name type: (_) @type) @definition.type
(associated_type name: (type_identifier) @name) @definition.type
(const_item name: (identifier) @name type: (_) @type) @definition.constant
(static_item name: (identifier) @name type: (_) @type) @definition.constant
(mod_item name: (identifier) @name) @definition.module
(field_declaration name: (field_identifier) @name type: (_) @type) @definition.field
(macro_definition name: (identifier) @name) @definition.macro

(impl_item type: (type_identifier) @name) @definition.impl
(impl_item type: (generic_type type: (type_identifier) @name)) @definition.impl
(impl_item type: (scoped_type_identifier name: (type_identifier) @name)) @definition.impl
(impl_item type: (reference_type type: (type_identifier) @name)) @definition.impl
(impl_item type: (primitive_type) @name) @definition.impl

(impl_item
  trait: [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type type: (_) @base)
  ]
  type: [
    (type_identifier) @name
    (generic_type type: (type_identifier) @name)
    (scoped_type_identifier name: (type_identifier) @name)
    (reference_type type: (type_identifier) @name)
    (primitive_type) @name
  ])
(trait_item
  name: (type_identifier) @name
  bounds: (trait_bounds [
    (type_identifier) @base
    (scoped_type_identifier) @base
    (generic_type type: (_) @base)
  ]))

(function_item name: (identifier) @name return_type: (_) @type)
(function_signature_item name: (identifier) @name return_type: (_) @type)

(line_comment outer: (outer_doc_comment_marker)) @comment
(block_comment outer: (outer_doc_comment_marker)) @comment
(attribute_item) @attribute
