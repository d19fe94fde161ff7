--- The plugin's public side: `setup`, `status`, and what keys can be mapped to. It must not know extmarks or the protocol.
local M = {}

--- Turns Weft on: starts `weft lsp` for each file, shows ghost text, maps the keys. `:help weft-setup` has the options.
---@param options? table
function M.setup(options)
  if vim.fn.has("nvim-0.9") == 0 then
    vim.notify("Weft needs Neovim 0.9 or newer; this is an older one, so nothing was turned on.", vim.log.levels.ERROR)
    return
  end
  require("weft.config").set(options or {})
  require("weft.attach").enable()
  require("weft.keys").map()
end

--- One short word for the statusline; empty where Weft has nothing to do with the buffer.
---@return string
function M.status()
  return require("weft.status").text(vim.api.nvim_get_current_buf())
end

--- Whether ghost text is on the screen.
---@return boolean
function M.visible()
  return require("weft.ghost").visible()
end

--- Takes the suggestion, or its first word or line. Returns whether there was one.
---@param part? "all"|"word"|"line"
---@return boolean
function M.accept(part)
  return require("weft.ghost").accept(part or "all")
end

--- Shows another suggestion; the first call asks for more of them.
---@param step? integer 1 for the next, -1 for the one before
function M.cycle(step)
  require("weft.ghost").cycle(step or 1)
end

--- Takes the ghost text away until something is typed.
function M.dismiss()
  require("weft.ghost").dismiss()
end

return M
