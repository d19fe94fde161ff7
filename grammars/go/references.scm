; @reference.<kind> is the name itself, @ignore a name that is no use of one. Of several patterns that match one place
; the first in this file counts.

(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @reference.import))

(call_expression function: (identifier) @reference.call)
(call_expression function: (selector_expression field: (field_identifier) @reference.call))
(composite_literal type: (type_identifier) @reference.call)
(composite_literal type: (qualified_type name: (type_identifier) @reference.call))
(composite_literal type: (generic_type type: (type_identifier) @reference.call))

; Names that are given here.
(function_declaration name: (identifier) @ignore)
(method_declaration name: (field_identifier) @ignore)
(method_elem name: (field_identifier) @ignore)
(type_spec name: (type_identifier) @ignore)
(type_alias name: (type_identifier) @ignore)
(type_parameter_declaration name: (identifier) @ignore)
(field_declaration name: (field_identifier) @ignore)
(parameter_declaration name: (identifier) @ignore)
(variadic_parameter_declaration name: (identifier) @ignore)
(const_spec name: (identifier) @ignore)
(var_spec name: (identifier) @ignore)
(short_var_declaration left: (expression_list (identifier) @ignore))
(range_clause left: (expression_list (identifier) @ignore))
(type_switch_statement alias: (expression_list (identifier) @ignore))

(qualified_type package: (package_identifier) @reference.name)
(type_identifier) @reference.type
(identifier) @reference.name
(field_identifier) @reference.name
