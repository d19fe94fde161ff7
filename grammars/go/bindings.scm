; @binding.<kind> is what binds @name, with its @type and @value. What several patterns say of one name is added up; the
; first in the file gives the kind.

(parameter_declaration name: (identifier) @name type: (_) @type) @binding.parameter
