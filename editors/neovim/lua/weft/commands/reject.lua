--- `:Weft reject`: forgets the proposal in this window.
local M = { about = "forget the proposal in this window" }

function M.run()
  require("weft.chat").act("Weft: reject")
end

return M
