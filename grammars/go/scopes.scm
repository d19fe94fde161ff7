; @scope: a region with names of its own. @block: a body that belongs to a header. @header: what the header begins
; with, where that is not the block's parent.

(source_file) @scope
(function_declaration) @scope
(method_declaration) @scope
(func_literal) @scope
(type_declaration) @scope
(block) @scope
(if_statement) @scope
(for_statement) @scope
(expression_case) @scope
(type_case) @scope
(communication_case) @scope

(block) @block
((type_declaration (type_spec type: (struct_type (field_declaration_list) @block))) @header)
(field_declaration_list) @block
