; @scope: a region with names of its own. @block: a body that belongs to a header.

(program) @scope
(class_declaration) @scope
(interface_declaration) @scope
(enum_declaration) @scope
(record_declaration) @scope
(annotation_type_declaration) @scope
(method_declaration) @scope
(constructor_declaration) @scope
(compact_constructor_declaration) @scope
(lambda_expression) @scope
(block) @scope
(for_statement) @scope
(enhanced_for_statement) @scope
(try_with_resources_statement) @scope
(catch_clause) @scope
(switch_block) @scope

(block) @block
(constructor_body) @block
(class_body) @block
(interface_body) @block
(enum_body) @block
(annotation_type_body) @block
(switch_block) @block
