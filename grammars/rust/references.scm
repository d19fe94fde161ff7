; @reference.<kind> is the name itself, @ignore a name that is no use of one. Of several patterns that match one place
; the first in this file counts.

(use_declaration argument: (_) @reference.import)
(extern_crate_declaration name: (identifier) @reference.import)

(call_expression function: (identifier) @reference.call)
(call_expression function: (scoped_identifier name: (identifier) @reference.call))
(call_expression function: (field_expression field: (field_identifier) @reference.call))
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression function: (generic_function
  function: (scoped_identifier name: (identifier) @reference.call)))
(call_expression function: (generic_function
  function: (field_expression field: (field_identifier) @reference.call)))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier name: (identifier) @reference.call))
(struct_expression name: (type_identifier) @reference.call)
(struct_expression name: (scoped_type_identifier name: (type_identifier) @reference.call))

; Names that are given here.
(function_item name: (identifier) @ignore)
(function_signature_item name: (identifier) @ignore)
(struct_item name: (type_identifier) @ignore)
(union_item name: (type_identifier) @ignore)
(enum_item name: (type_identifier) @ignore)
(enum_variant name: (identifier) @ignore)
(trait_item name: (type_identifier) @ignore)
(type_item name: (type_identifier) @ignore)
(associated_type name: (type_identifier) @ignore)
(type_binding name: (type_identifier) @ignore)
(type_parameter name: (type_identifier) @ignore)
(const_parameter name: (identifier) @ignore)
(const_item name: (identifier) @ignore)
(static_item name: (identifier) @ignore)
(mod_item name: (identifier) @ignore)
(macro_definition name: (identifier) @ignore)
(field_declaration name: (field_identifier) @ignore)
(field_initializer field: (field_identifier) @ignore)
(parameter pattern: (identifier) @ignore)
(parameter pattern: (mut_pattern (identifier) @ignore))
(closure_parameters (identifier) @ignore)
(let_declaration pattern: (identifier) @ignore)
(let_declaration pattern: (mut_pattern (identifier) @ignore))
(for_expression pattern: (identifier) @ignore)
(lifetime (identifier) @ignore)
(label (identifier) @ignore)
((type_identifier) @ignore (#eq? @ignore "_"))

; In a pattern a name that begins with a small letter is bound, any other is a constant or a variant.
(tuple_struct_pattern type: (identifier) @reference.type)
(struct_pattern type: (type_identifier) @reference.type)
((tuple_pattern (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((tuple_struct_pattern (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((slice_pattern (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((ref_pattern (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((reference_pattern (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((captured_pattern . (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((match_pattern . (identifier) @ignore) (#match? @ignore "^[a-z_]"))
((match_pattern (mut_pattern (identifier) @ignore)) (#match? @ignore "^[a-z_]"))

(type_identifier) @reference.type
(identifier) @reference.name
(field_identifier) @reference.name
