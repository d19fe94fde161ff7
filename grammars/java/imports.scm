; What is imported: @module, @name, @glob; @statement is the whole statement.

(import_declaration [(identifier) (scoped_identifier)] @module (asterisk) @glob) @statement
(import_declaration (scoped_identifier scope: (_) @module name: (_) @name) .) @statement
(import_declaration (identifier) @name .) @statement
