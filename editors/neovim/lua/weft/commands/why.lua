--- `:Weft why`: what the last requests did, and why some showed nothing.
local compat = require("weft.compat")
local status = require("weft.status")

local M = { about = "why the last requests showed something or nothing" }

--- How many requests are listed.
local LISTED = 12

--- One request in a line.
local function line_of(trace)
  local file = vim.fn.fnamemodify(vim.uri_to_fname(trace.uri), ":t")
  if trace.outcome == "shown" then
    local from = trace.source == "engine" and "" or (", from " .. trace.source)
    return ("shown    %5d ms  %s%s"):format(math.floor(trace.total_ms + 0.5), file, from)
  end
  return ("nothing  %5d ms  %s: %s"):format(math.floor(trace.total_ms + 0.5), file, trace.reason)
end

local function open(lines)
  local message = status.last_message()
  if message then
    vim.list_extend(lines, { "", "The last message of the server:" })
    vim.list_extend(lines, vim.split(message, "\n", { plain = true }))
  end
  require("weft.window").open("Weft why", lines)
end

function M.run()
  local client = compat.clients(vim.api.nvim_get_current_buf())[1] or compat.clients()[1]
  if not client then
    open({ "Weft is not running for this buffer. :checkhealth weft says what is missing." })
    return
  end
  compat.request(client, "weft/why", vim.empty_dict(), function(failure, answer)
    if failure or type(answer) ~= "table" then
      open({ "The server did not answer: " .. vim.inspect(failure) })
      return
    end
    local lines = { "The last requests, newest first. `weft why` in a terminal has more of each.", "" }
    for index, trace in ipairs(answer.last) do
      if index > LISTED then
        break
      end
      table.insert(lines, line_of(trace))
    end
    if #answer.last == 0 then
      table.insert(lines, "Nothing was asked yet.")
    end
    open(lines)
  end, 0)
end

return M
