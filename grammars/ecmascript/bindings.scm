; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(variable_declarator name: (identifier) @name value: (_) @value) @binding.local
