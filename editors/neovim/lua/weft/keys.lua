--- The keys of insert mode. A key does what it did before where there is no ghost text. It must not decide what a key means.
local config = require("weft.config")

local M = {}

--- What a key does, and whether it needs ghost text on the screen.
local actions = {
  accept = { "accept('all')", "Weft: take the suggestion", true },
  accept_word = { "accept('word')", "Weft: take one word", true },
  accept_line = { "accept('line')", "Weft: take one line", true },
  next = { "cycle(1)", "Weft: next suggestion", false },
  previous = { "cycle(-1)", "Weft: previous suggestion", false },
  dismiss = { "dismiss()", "Weft: take the suggestion away", true },
}

local mapped = {}

local function termcodes(keys)
  return vim.api.nvim_replace_termcodes(keys, true, true, true)
end

--- What a key was mapped to before, as a function that gives the keys to type.
local function fallback(key)
  local before = vim.fn.maparg(key, "i", false, true)
  if vim.tbl_isempty(before) or (before.desc or ""):match("^Weft: ") then
    return function()
      return termcodes(key)
    end
  end
  return function()
    if before.expr == 1 then
      local result = before.callback and before.callback() or vim.api.nvim_eval(before.rhs)
      result = type(result) == "string" and result or ""
      return before.replace_keycodes == 1 and termcodes(result) or result
    elseif before.callback then
      -- It may change the text, which must wait until the mapping is worked out.
      vim.schedule(before.callback)
      return ""
    elseif before.noremap == 0 then
      vim.api.nvim_feedkeys(termcodes(before.rhs), "mi", false)
      return ""
    end
    return termcodes(before.rhs)
  end
end

--- Whether an entry of the completion menu is chosen: then the key is the menu's.
local function menu_has_choice()
  return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ "selected" }).selected >= 0
end

--- Maps the keys of the options. A second call maps the new ones.
function M.map()
  for _, key in ipairs(mapped) do
    pcall(vim.keymap.del, "i", key)
  end
  mapped = {}
  for name, key in pairs(config.options.keys) do
    local action = actions[name]
    if not action then
      config.complain(("there is no key `%s`. `:help weft-keys` lists them"):format(name))
    elseif type(key) == "string" and key ~= "" then
      local call, description, needs_text = action[1], action[2], action[3]
      local before = fallback(key)
      vim.keymap.set("i", key, function()
        local ghost = require("weft.ghost")
        if menu_has_choice() or (needs_text and not ghost.visible()) then
          return before()
        end
        -- The text must not change while a mapping is worked out. What is taken is one step of undo.
        local undo = name:match("^accept") and "<C-g>u" or ""
        return termcodes(("%s<Cmd>lua require('weft').%s<CR>"):format(undo, call))
      end, { expr = true, replace_keycodes = false, silent = true, desc = description })
      table.insert(mapped, key)
    end
  end
end

return M
