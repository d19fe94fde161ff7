(class_declaration name: (identifier) @name) @definition.class
(field_definition property: (_) @name) @definition.field
