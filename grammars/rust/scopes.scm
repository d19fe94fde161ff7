; @scope: a region with names of its own. @block: a body that belongs to a header.

(source_file) @scope
(mod_item) @scope
(function_item) @scope
(function_signature_item) @scope
(closure_expression) @scope
(struct_item) @scope
(enum_item) @scope
(union_item) @scope
(trait_item) @scope
(impl_item) @scope
(type_item) @scope
(block) @scope
(match_arm) @scope
(if_expression) @scope
(for_expression) @scope
(while_expression) @scope
(macro_definition) @scope

(block) @block
(match_block) @block
(declaration_list) @block
(field_declaration_list) @block
(enum_variant_list) @block
