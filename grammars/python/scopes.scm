; @scope: a region with names of its own. @block: a body that belongs to a header.

(module) @scope
(function_definition) @scope
(class_definition) @scope
(lambda) @scope
(list_comprehension) @scope
(set_comprehension) @scope
(dictionary_comprehension) @scope
(generator_expression) @scope

(block) @block
