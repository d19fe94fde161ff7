(abstract_class_declaration) @scope
(interface_declaration) @scope
(enum_declaration) @scope
(type_alias_declaration) @scope
(internal_module) @scope
(module) @scope
(function_signature) @scope
(method_signature) @scope

(interface_body) @block
(enum_body) @block
((type_alias_declaration value: (object_type) @block) @header)
(object_type) @block
