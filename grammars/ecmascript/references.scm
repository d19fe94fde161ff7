; What JavaScript and TypeScript share.

(import_statement source: (string (string_fragment) @reference.import))
(export_statement source: (string (string_fragment) @reference.import))
(import_clause (identifier) @reference.import)
(import_specifier name: (identifier) @reference.import)
(import_specifier alias: (identifier) @ignore)
(namespace_import (identifier) @ignore)
(call_expression
  function: (identifier) @_require
  arguments: (arguments . (string (string_fragment) @reference.import))
  (#eq? @_require "require"))

(call_expression function: (identifier) @reference.call)
(call_expression function: (member_expression property: (property_identifier) @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression constructor: (member_expression property: (property_identifier) @reference.call))
(decorator (identifier) @reference.call)

; Names that are given here.
(function_declaration name: (identifier) @ignore)
(generator_function_declaration name: (identifier) @ignore)
(function_expression name: (identifier) @ignore)
(method_definition name: (_) @ignore)
(variable_declarator name: (identifier) @ignore)
(arrow_function parameter: (identifier) @ignore)
(array_pattern (identifier) @ignore)
(object_pattern (rest_pattern (identifier) @ignore))
(pair_pattern value: (identifier) @ignore)
(for_in_statement kind: _ left: (identifier) @ignore)
(catch_clause parameter: (identifier) @ignore)
(pair key: (property_identifier) @ignore)

(identifier) @reference.name
(shorthand_property_identifier) @reference.name
(property_identifier) @reference.name
(private_property_identifier) @reference.name
