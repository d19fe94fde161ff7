--- `:Weft apply`: proposes the code block at the cursor of a chat as a change of the file that it belongs to.
local M = { about = "propose the code block at the cursor as a change of its file" }

function M.run()
  require("weft.chat").act("Weft: apply")
end

return M
