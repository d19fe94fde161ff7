--- `:Weft send`: sends the question at the cursor of a chat document.
local M = { about = "send the question at the cursor of a chat" }

function M.run()
  require("weft.chat").tell("weft.chat.send")
end

return M
