; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(formal_parameter type: (_) @type name: (identifier) @name) @binding.parameter
