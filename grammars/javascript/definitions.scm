(class_declaration name: (identifier) @name) @definition.class
(field_definition property: (_) @name) @definition.field

(class_declaration name: (identifier) @name (class_heritage [(identifier) (member_expression)] @base))
(variable_declarator
  name: (identifier) @name
  value: (class (class_heritage [(identifier) (member_expression)] @base)))
