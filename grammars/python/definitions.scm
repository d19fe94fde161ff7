; @definition.<kind> is the whole definition, @name its name, @header where its signature begins. The first pattern that
; matches a name gives the kind; further ones may add @doc, @base and @type.

(class_definition
  body: (block
    (decorated_definition
      definition: (function_definition name: (identifier) @name) @header) @definition.method))
(class_definition
  body: (block
    (function_definition name: (identifier) @name) @definition.method))
(class_definition
  body: (block
    (expression_statement
      (assignment left: (identifier) @name) @definition.field)))

(decorated_definition
  definition: (function_definition name: (identifier) @name) @header) @definition.function
(function_definition name: (identifier) @name) @definition.function
(decorated_definition
  definition: (class_definition name: (identifier) @name) @header) @definition.class
(class_definition name: (identifier) @name) @definition.class
(type_alias_statement left: (type (identifier) @name) right: (type) @type) @definition.type

; A name in capitals is a constant by convention (PEP 8).
(module
  (expression_statement
    (assignment left: (identifier) @name) @definition.constant)
  (#match? @name "^_*[A-Z][A-Z0-9_]*$"))
(module
  (expression_statement
    (assignment left: (identifier) @name) @definition.variable))
(module
  (expression_statement
    (assignment left: (pattern_list (identifier) @name)) @definition.variable))
(module
  (if_statement (block (expression_statement
    (assignment left: (identifier) @name) @definition.variable))))
(module
  (try_statement (block (expression_statement
    (assignment left: (identifier) @name) @definition.variable))))
(module
  (try_statement (except_clause (block (expression_statement
    (assignment left: (identifier) @name) @definition.variable)))))

(function_definition name: (identifier) @name return_type: (type) @type)
(function_definition
  name: (identifier) @name
  body: (block . (expression_statement (string (string_content) @doc))))
(class_definition
  name: (identifier) @name
  body: (block . (expression_statement (string (string_content) @doc))))

(class_definition
  name: (identifier) @name
  superclasses: (argument_list [
    (identifier) @base
    (attribute) @base
    (subscript value: (_) @base)
  ]))

(class_definition
  body: (block (expression_statement
    (assignment left: (identifier) @name type: (type) @type))))
; The string after a field documents it (PEP 257).
(class_definition
  body: (block
    (expression_statement (assignment left: (identifier) @name))
    .
    (expression_statement (string (string_content) @doc))))
(module (expression_statement (assignment left: (identifier) @name type: (type) @type)))
