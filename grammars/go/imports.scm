; What is imported: @module, @alias, @glob; @statement is the whole import.

(import_spec name: (dot) @glob path: (_ (_) @module)) @statement
(import_spec name: [(package_identifier) (blank_identifier)] @alias path: (_ (_) @module)) @statement
(import_spec !name path: (_ (_) @module)) @statement
