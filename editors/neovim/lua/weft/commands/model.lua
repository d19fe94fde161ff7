--- `:Weft model [NAME]`: which model completes, and another one for this Neovim.
local compat = require("weft.compat")
local config = require("weft.config")

local M = { about = "the models; with a name: complete with that one from now on" }

--- What `weft models list` prints, as lines; nil where it cannot be run.
local function listed()
  local done = vim.fn.systemlist({ config.options.cmd[1], "models", "list" })
  return vim.v.shell_error == 0 and done or nil
end

--- The names of the models that Weft knows.
function M.complete()
  local names = {}
  for index, line in ipairs(listed() or {}) do
    local name = line:match("^(%S+)")
    if index > 1 and name then
      table.insert(names, name)
    end
  end
  return names
end

local function say()
  local lines = listed()
  if not lines then
    vim.notify("Weft: `weft models list` failed; :checkhealth weft says why.", vim.log.levels.ERROR)
    return
  end
  local client = compat.clients()[1]
  local chosen = config.options.init_options.model
  vim.list_extend(lines, { "", chosen and ("This Neovim asks for " .. chosen .. ".") or "`weft doctor` says which one is used." })
  if client then
    compat.request(client, "weft/why", vim.empty_dict(), function(_, answer)
      for _, trace in ipairs(type(answer) == "table" and answer.last or {}) do
        if type(trace.model) == "string" then
          table.insert(lines, "The last answer came from " .. trace.model .. ".")
          break
        end
      end
      require("weft.window").open("Weft models", lines)
    end, 0)
  else
    require("weft.window").open("Weft models", lines)
  end
end

function M.run(arguments)
  local name = arguments.fargs[1]
  if not name then
    say()
    return
  end
  if not config.is_set then
    local text = "Weft: the plugin did not start this server (no setup). Set WEFT_MODEL, or init_options in vim.lsp.config."
    vim.notify(text, vim.log.levels.WARN)
    return
  end
  config.options.init_options = vim.tbl_extend("force", config.options.init_options, { model = name })
  require("weft.attach").restart()
  vim.api.nvim_echo({ { "Weft: completing with " .. name } }, false, {})
end

return M
