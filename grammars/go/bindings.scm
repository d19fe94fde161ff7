; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(parameter_declaration name: (identifier) @name type: (_) @type) @binding.parameter
(variadic_parameter_declaration name: (identifier) @name type: (_) @type) @binding.parameter

(var_spec name: (identifier) @name) @binding.local
(var_spec name: (identifier) @name type: (_) @type)
(var_spec . name: (identifier) @name value: (expression_list . (_) @value .))
(const_spec (identifier) @name) @binding.local
(const_spec . (identifier) @name value: (expression_list . (_) @value .))
(short_var_declaration left: (expression_list (identifier) @name)) @binding.local
; Of `item, err := load()` the first name has the value.
(short_var_declaration
  left: (expression_list . (identifier) @name)
  right: (expression_list . (_) @value .))
(range_clause left: (expression_list (identifier) @name)) @binding.local
(receive_statement left: (expression_list (identifier) @name) right: (_) @value) @binding.local
(type_switch_statement alias: (expression_list (identifier) @name)) @binding.local
