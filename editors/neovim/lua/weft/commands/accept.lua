--- `:Weft accept`: makes all changes of the proposal in this window.
local M = { about = "make all changes of the proposal in this window" }

function M.run()
  require("weft.chat").act("Weft: accept all")
end

return M
