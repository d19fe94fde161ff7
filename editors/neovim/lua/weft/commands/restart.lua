--- `:Weft restart`: ends `weft lsp` and starts it again.
local M = { about = "end the language server and start it again" }

function M.run()
  if not require("weft.config").is_set then
    local text = "Weft: the plugin did not start this server (no setup). Neovim's own command does it: :lsp restart weft"
    vim.notify(text, vim.log.levels.WARN)
    return
  end
  require("weft.attach").restart()
  vim.api.nvim_echo({ { "Weft: starting again" } }, false, {})
end

return M
