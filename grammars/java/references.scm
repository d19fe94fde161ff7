; @reference.<kind> is the name itself, @ignore a name that is no use of one. Of several patterns that match one place
; the first in this file counts.

(import_declaration (scoped_identifier) @reference.import)
(import_declaration (identifier) @reference.import)
(package_declaration (_) @ignore)

(method_invocation name: (identifier) @reference.call)
(object_creation_expression type: (type_identifier) @reference.call)
(object_creation_expression type: (generic_type (type_identifier) @reference.call))
(annotation name: (identifier) @reference.call)
(marker_annotation name: (identifier) @reference.call)

; Names that are given here.
(class_declaration name: (identifier) @ignore)
(record_declaration name: (identifier) @ignore)
(interface_declaration name: (identifier) @ignore)
(annotation_type_declaration name: (identifier) @ignore)
(enum_declaration name: (identifier) @ignore)
(enum_constant name: (identifier) @ignore)
(method_declaration name: (identifier) @ignore)
(constructor_declaration name: (identifier) @ignore)
(compact_constructor_declaration name: (identifier) @ignore)
(annotation_type_element_declaration name: (identifier) @ignore)
(element_value_pair key: (identifier) @ignore)
(variable_declarator name: (identifier) @ignore)
(formal_parameter name: (identifier) @ignore)
(inferred_parameters (identifier) @ignore)
(lambda_expression parameters: (identifier) @ignore)
(catch_formal_parameter name: (identifier) @ignore)
(enhanced_for_statement name: (identifier) @ignore)
(resource name: (identifier) @ignore)
(type_pattern (identifier) @ignore)
(instanceof_expression name: (identifier) @ignore)
(record_pattern_component (identifier) @ignore)
(type_parameter (type_identifier) @ignore)
(labeled_statement . (identifier) @ignore)
(break_statement (identifier) @ignore)
(continue_statement (identifier) @ignore)

(type_identifier) @reference.type
(identifier) @reference.name
