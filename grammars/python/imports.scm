; What is imported, wherever in the file: @module, @name, @alias, @glob; @statement is the whole statement.

(import_statement name: (dotted_name) @module) @statement
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @alias)) @statement

(import_from_statement module_name: (_) @module name: (dotted_name) @name) @statement
(import_from_statement
  module_name: (_) @module
  name: (aliased_import name: (dotted_name) @name alias: (identifier) @alias)) @statement
(import_from_statement module_name: (_) @module (wildcard_import) @glob) @statement
