; What JavaScript and TypeScript share: @module, @name, @alias, @glob; @statement is the whole statement, @public says that it
; exports what it imports.

(import_statement "import" . source: (string (string_fragment) @module)) @statement
((import_statement
  (import_clause (identifier) @alias)
  source: (string (string_fragment) @module)) @statement
  (#set! name "default"))
(import_statement
  (import_clause (namespace_import (identifier) @alias))
  source: (string (string_fragment) @module)) @statement
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @name !alias)))
  source: (string (string_fragment) @module)) @statement
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @name alias: (_) @alias)))
  source: (string (string_fragment) @module)) @statement

(export_statement
  "export" @public
  (export_clause (export_specifier name: (_) @name !alias))
  source: (string (string_fragment) @module)) @statement
(export_statement
  "export" @public
  (export_clause (export_specifier name: (_) @name alias: (_) @alias))
  source: (string (string_fragment) @module)) @statement
(export_statement "export" @public "*" @glob source: (string (string_fragment) @module)) @statement
(export_statement
  "export" @public
  (namespace_export (_) @alias)
  source: (string (string_fragment) @module)) @statement

; CommonJS.
((variable_declarator
  name: (identifier) @alias
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) @statement
  (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @name)
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) @statement
  (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern (pair_pattern key: (property_identifier) @name value: (identifier) @alias))
  value: (call_expression
    function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) @statement
  (#eq? @_require "require"))
