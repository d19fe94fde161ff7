--- `:Weft NAME`: each command is a module in `lua/weft/commands/` with `run(arguments)`, `about`, and perhaps `complete(lead)`.
--- It must not know any of them by name, so that one more is one more file.
local M = {}

--- The commands that are there, sorted.
---@return string[]
function M.names()
  local names = {}
  for _, path in ipairs(vim.api.nvim_get_runtime_file("lua/weft/commands/*.lua", true)) do
    local name = vim.fn.fnamemodify(path, ":t:r")
    if not vim.tbl_contains(names, name) then
      table.insert(names, name)
    end
  end
  table.sort(names)
  return names
end

--- Runs `:Weft NAME …`; without a name it says which there are.
---@param arguments table as nvim_create_user_command gives them
function M.run(arguments)
  local name = arguments.fargs[1]
  if not name then
    local lines = {}
    for _, known in ipairs(M.names()) do
      table.insert(lines, (":Weft %-8s %s"):format(known, require("weft.commands." .. known).about))
    end
    vim.api.nvim_echo({ { table.concat(lines, "\n") } }, false, {})
    return
  end
  if not vim.tbl_contains(M.names(), name) then
    local text = "Weft: there is no command `%s`; there are %s."
    vim.notify(text:format(name, table.concat(M.names(), ", ")), vim.log.levels.ERROR)
    return
  end
  arguments.fargs = vim.list_slice(arguments.fargs, 2)
  require("weft.commands." .. name).run(arguments)
end

--- Completes a command line `Weft …` up to the cursor.
---@param line string
---@return string[]
function M.complete(line)
  local words = vim.split(line:gsub("^.-Weft!?%s*", "", 1), "%s+")
  local lead = words[#words]
  local candidates = M.names()
  if #words > 1 then
    if not vim.tbl_contains(candidates, words[1]) then
      return {}
    end
    local complete = require("weft.commands." .. words[1]).complete
    candidates = complete and complete(lead) or {}
  end
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

return M
