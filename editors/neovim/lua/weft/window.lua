--- A window with text that is read and closed again with `q`. It must not be written to a file.
local M = {}

---@param name string shown as the buffer's name
---@param lines string[]
---@param filetype? string
function M.open(name, lines, filetype)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].modifiable = false
  pcall(vim.api.nvim_buf_set_name, bufnr, name)
  -- Lines that are wrapped take several.
  local rows = 1
  for _, line in ipairs(lines) do
    rows = rows + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / vim.o.columns))
  end
  local height = math.min(rows, math.floor(vim.o.lines / 2))
  vim.cmd(("botright %dsplit"):format(math.max(height, 3)))
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.wo[0].number = false
  vim.wo[0].relativenumber = false
  vim.wo[0].wrap = true
  vim.wo[0].linebreak = true
  if filetype then
    vim.bo[bufnr].filetype = filetype
  end
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, nowait = true, desc = "Weft: close" })
end

return M
