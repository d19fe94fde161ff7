; @reference.<kind> is the name itself, @ignore a name that is no use of one. Of several patterns that match one place
; the first in this file counts.

(import_statement name: (dotted_name) @reference.import)
(import_statement name: (aliased_import name: (dotted_name) @reference.import))
(import_statement name: (aliased_import alias: (identifier) @ignore))
(import_from_statement module_name: (_) @reference.import)
(import_from_statement name: (dotted_name) @reference.import)
(import_from_statement name: (aliased_import name: (dotted_name) @reference.import))
(import_from_statement name: (aliased_import alias: (identifier) @ignore))

(call function: (identifier) @reference.call)
(call function: (attribute attribute: (identifier) @reference.call))
(decorator (identifier) @reference.call)
(decorator (attribute attribute: (identifier) @reference.call))

(type_alias_statement left: (type (identifier) @ignore))
(type (identifier) @reference.type)
(type (attribute attribute: (identifier) @reference.type))
(type (generic_type (identifier) @reference.type))
(type (binary_operator (identifier) @reference.type))
(class_definition superclasses: (argument_list (identifier) @reference.type))
(class_definition superclasses: (argument_list (attribute attribute: (identifier) @reference.type)))

; Names that are bound here.
(function_definition name: (identifier) @ignore)
(class_definition name: (identifier) @ignore)
(parameters (identifier) @ignore)
(lambda_parameters (identifier) @ignore)
(typed_parameter (identifier) @ignore)
(default_parameter name: (identifier) @ignore)
(typed_default_parameter name: (identifier) @ignore)
(parameters (list_splat_pattern (identifier) @ignore))
(parameters (dictionary_splat_pattern (identifier) @ignore))
(typed_parameter (list_splat_pattern (identifier) @ignore))
(typed_parameter (dictionary_splat_pattern (identifier) @ignore))
(keyword_argument name: (identifier) @ignore)
(assignment left: (identifier) @ignore)
(pattern_list (identifier) @ignore)
(tuple_pattern (identifier) @ignore)
(list_pattern (identifier) @ignore)
(named_expression name: (identifier) @ignore)
(for_statement left: (identifier) @ignore)
(for_in_clause left: (identifier) @ignore)
(as_pattern_target (identifier) @ignore)
(global_statement (identifier) @ignore)
(nonlocal_statement (identifier) @ignore)

(identifier) @reference.name
