--- `:Weft stop`: stops the answer that is being written.
local M = { about = "stop the answer that is being written" }

function M.run()
  require("weft.chat").tell("weft.chat.stop")
end

return M
