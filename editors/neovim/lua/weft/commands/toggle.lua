--- `:Weft toggle`: suggestions off, and on again. The server stays, so that on is at once.
local M = { about = "suggestions off or on again" }

function M.run()
  local attach = require("weft.attach")
  attach.wanted = not attach.wanted
  require("weft.ghost").dismiss()
  if attach.wanted and require("weft.config").is_set then
    attach.start_all()
  end
  if vim.lsp.inline_completion then
    for _, client in ipairs(require("weft.compat").clients()) do
      if not require("weft.config").is_set then
        vim.lsp.inline_completion.enable(attach.wanted, { client_id = client.id })
      end
    end
  end
  require("weft.status").redraw()
  vim.api.nvim_echo({ { attach.wanted and "Weft is on" or "Weft is off" } }, false, {})
end

return M
