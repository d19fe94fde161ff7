--- `:Weft chat [QUESTION]`: a conversation beside the code.
local M = { about = "open a chat; with a question: ask it at once. Lines in front (:'<,'>) are what it is about" }

function M.run(arguments)
  require("weft.chat").open(arguments)
end

return M
