; What JavaScript and TypeScript share.

(program) @scope
(function_declaration) @scope
(function_expression) @scope
(generator_function) @scope
(generator_function_declaration) @scope
(arrow_function) @scope
(method_definition) @scope
(class_declaration) @scope
(class) @scope
(class_static_block) @scope
(statement_block) @scope
(for_statement) @scope
(for_in_statement) @scope
(catch_clause) @scope
(switch_body) @scope

(statement_block) @block
(class_body) @block
(switch_body) @block

; A body that is not closed yet may look like an object: no statement begins with one.
((if_statement consequence: (expression_statement . (object) @block)) @header)
((else_clause (expression_statement . (object) @block)) @header)
((for_statement body: (expression_statement . (object) @block)) @header)
((for_in_statement body: (expression_statement . (object) @block)) @header)
((while_statement body: (expression_statement . (object) @block)) @header)
