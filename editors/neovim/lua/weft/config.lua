--- The options, with their defaults. It must not act on them.
local M = {}

--- What holds until `setup` says otherwise.
local defaults = {
  --- The language server's command line.
  cmd = { "weft", "lsp" },
  --- What `weft lsp` is told at its start, such as `{ model = "qwen2.5-coder-0.5b" }`.
  init_options = {},
  --- A file or folder with one of these names is the root of a workspace.
  root_markers = { ".git" },
  --- Whether a buffer is Weft's to complete. Buffers without a file are never asked for.
  filter = function(_)
    return true
  end,
  --- Whether the plugin draws ghost text. Leave it on with Neovim's own inline completion: where that is on, nothing is drawn twice.
  ghost_text = true,
  --- Where chats and proposals open: "vsplit", "split", "tab", "float" or "current".
  window = "vsplit",
  --- Keys in insert mode; false for one maps nothing, false for all maps none.
  keys = {
    accept = "<Tab>",
    accept_word = "<M-Right>",
    accept_line = "<M-C-Right>",
    next = "<M-n>",
    previous = "<M-p>",
    dismiss = "<C-]>",
  },
}

M.options = vim.deepcopy(defaults)

--- Whether `setup` was called.
M.is_set = false

--- Puts the user's options over the defaults. A wrong one is named and left out.
---@param given table
function M.set(given)
  local known = {}
  for name, value in pairs(given) do
    local default = defaults[name]
    if default == nil then
      M.complain(("there is no option `%s`. `:help weft-setup` lists them"):format(name))
    elseif type(value) ~= type(default) and not (name == "keys" and value == false) then
      M.complain(("the option `%s` is a %s, not a %s; the default holds"):format(name, type(default), type(value)))
    else
      known[name] = value
    end
  end
  if known.keys == false then
    known.keys = {
      accept = false,
      accept_word = false,
      accept_line = false,
      next = false,
      previous = false,
      dismiss = false,
    }
  end
  M.options = vim.tbl_deep_extend("force", vim.deepcopy(defaults), known)
  -- Lists are taken whole.
  for _, name in ipairs({ "cmd", "root_markers" }) do
    M.options[name] = known[name] or defaults[name]
  end
  M.is_set = true
end

function M.complain(text)
  vim.notify("Weft: " .. text .. ".", vim.log.levels.WARN)
end

return M
