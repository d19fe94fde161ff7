--- Ghost text on the screen, by extmarks. It must not know where the text comes from.
local M = {}

local namespace = vim.api.nvim_create_namespace("weft")
local has_inline = vim.fn.has("nvim-0.10") == 1

vim.api.nvim_set_hl(0, "WeftGhostText", { default = true, link = "Comment" })
vim.api.nvim_set_hl(0, "WeftHint", { default = true, link = "NonText" })

function M.clear(bufnr)
  if bufnr and vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

--- Virtual text knows no tab stops.
local function without_tabs(text, bufnr)
  return (text:gsub("\t", (" "):rep(vim.bo[bufnr].tabstop)))
end

--- Shows a suggestion at the cursor.
---@param bufnr integer
---@param row integer from 0
---@param column integer in bytes
---@param text string
---@param replaces integer how many bytes after the cursor give way to it
---@param hint? string shown behind it
function M.show(bufnr, row, column, text, replaces, hint)
  M.clear(bufnr)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]
  if not line or column > #line then
    return
  end
  local after = without_tabs(line:sub(column + 1), bufnr)
  local stays = without_tabs(line:sub(column + replaces + 1), bufnr)
  local lines = {}
  for part in vim.gsplit(without_tabs(text, bufnr), "\n", { plain = true }) do
    table.insert(lines, { { part, "WeftGhostText" } })
  end
  -- What stands after the cursor moves behind the last line of the suggestion; an overlay can show that, text in line cannot.
  local overlay = after ~= "" and (not has_inline or replaces > 0 or #lines > 1)
  if overlay then
    if stays ~= "" then
      table.insert(lines[#lines], { stays, "Normal" })
    end
    local width = 0
    for _, chunk in ipairs(lines[1]) do
      width = width + vim.fn.strdisplaywidth(chunk[1])
    end
    local bare = vim.fn.strdisplaywidth(after) - width
    if bare > 0 then
      table.insert(lines[1], { (" "):rep(bare), "Normal" })
    end
  end
  if hint then
    table.insert(lines[#lines], { hint, "WeftHint" })
  end
  local below = vim.list_slice(lines, 2)
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row, column, {
    virt_text = lines[1],
    virt_lines = #below > 0 and below or nil,
    virt_text_pos = (overlay or not has_inline) and "overlay" or "inline",
    hl_mode = "combine",
  })
end

return M
