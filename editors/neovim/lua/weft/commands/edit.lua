--- `:Weft edit [INSTRUCTION]`: a change of the lines, or of the definition around the cursor, as a diff to be accepted.
local M = { about = "propose a change; nothing is touched before :Weft accept" }

function M.run(arguments)
  require("weft.chat").edit(arguments)
end

return M
