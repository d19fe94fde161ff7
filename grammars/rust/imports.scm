; What is imported: @module, @name, @alias, @glob; @statement is the whole statement, @public says that it exports it, too.
; Of several patterns that match one thing the first counts. What stands in @inside is under the path that begins with
; @path. @import is a thing that has no name of its own.

(use_declaration (visibility_modifier) @public) @statement
(use_declaration) @statement
(scoped_use_list path: (_) @path list: (_) @inside)

(use_declaration argument: (scoped_identifier path: (_) @module name: (_) @name))
(use_declaration argument: (scoped_identifier !path name: (_) @name))
(use_declaration argument: (identifier) @name)
(use_list (scoped_identifier path: (_) @module name: (_) @name))
(use_list (identifier) @name)
(use_list (self) @import)

(use_as_clause path: (scoped_identifier path: (_) @module name: (_) @name) alias: (identifier) @alias)
(use_as_clause path: (scoped_identifier !path name: (_) @name) alias: (identifier) @alias)
(use_as_clause path: (identifier) @name alias: (identifier) @alias)
(use_as_clause path: [(super) (crate)] @module alias: (identifier) @alias)
(use_as_clause path: (self) alias: (identifier) @alias)

(use_wildcard (_) @module) @glob
(use_wildcard) @glob

(extern_crate_declaration (visibility_modifier) @public) @statement
(extern_crate_declaration name: (_) @module alias: (identifier) @alias) @statement
(extern_crate_declaration name: (_) @module !alias) @statement

(mod_item (visibility_modifier) @public !body) @statement
((mod_item name: (identifier) @module !body) @statement (#set! prefix "self::"))
