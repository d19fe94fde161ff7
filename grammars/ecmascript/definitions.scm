; What JavaScript and TypeScript share. @body is given where the grammar has no field of that name. The first pattern that
; matches a name gives the kind; further ones may add @base and @type.

(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(method_definition name: (_) @name) @definition.method

; A function that is given its name by a variable, wherever it stands.
(variable_declarator
  name: (identifier) @name
  value: (arrow_function body: (_) @body)) @definition.function
(variable_declarator
  name: (identifier) @name
  value: (function_expression body: (_) @body)) @definition.function

(variable_declarator
  name: (identifier) @name
  value: (class body: (_) @body)) @definition.class

; Variables only where other files could see them.
(program
  (lexical_declaration kind: "const"
    (variable_declarator name: (identifier) @name) @definition.constant))
(program
  (export_statement
    declaration: (lexical_declaration kind: "const"
      (variable_declarator name: (identifier) @name) @definition.constant)))
(program
  (lexical_declaration
    (variable_declarator name: (identifier) @name) @definition.variable))
(program
  (export_statement
    declaration: (lexical_declaration
      (variable_declarator name: (identifier) @name) @definition.variable)))
(program
  (variable_declaration
    (variable_declarator name: (identifier) @name) @definition.variable))

; A function that becomes a property of something at the top level, as in `exports.load = function () {}`.
(program
  (expression_statement
    (assignment_expression
      left: (member_expression property: (property_identifier) @name)
      right: [
        (function_expression body: (_) @body)
        (arrow_function body: (_) @body)
      ]) @definition.function))

; A @comment directly above a definition documents it, with an @attribute in between or not.
(comment) @comment
(decorator) @attribute
