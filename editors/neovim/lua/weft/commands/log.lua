--- `:Weft log`: opens what `weft lsp` wrote to stderr, where Neovim keeps it.
local M = { about = "open the log of Neovim's LSP client, which has Weft's messages" }

function M.run()
  local path = require("weft.compat").log_path()
  if vim.fn.filereadable(path) == 0 then
    vim.api.nvim_echo({ { "Weft: nothing was logged yet (" .. path .. ")" } }, false, {})
    return
  end
  vim.cmd.tabedit(vim.fn.fnameescape(path))
  vim.bo.modifiable = false
  vim.cmd("normal! G")
end

return M
