--- What Weft is doing, in a word for the statusline and in sentences for `:Weft why`. It must not ask the server anything.
local compat = require("weft.compat")

local M = {}

local problem
local loading
local last_message
local pending = 0
local trouble

--- Something that keeps Weft from working; nil takes it back.
function M.set_problem(text)
  problem = text
end

--- The last message of the server, in full.
function M.remember(text)
  last_message = text
end

function M.last_message()
  return last_message
end

--- How many requests are on their way.
function M.asked(change)
  pending = math.max(pending + change, 0)
  M.redraw()
end

--- The server ended: nothing is on its way any more.
function M.forget()
  pending, loading = 0, nil
  M.redraw()
end

--- The end of a request. Reasons that are a fault stay until a request works again.
function M.trace(trace)
  local faults = { no_model = "no model", no_fim = "wrong model", error = "error" }
  local code = type(trace) == "table" and trace.reason_code or nil
  local harmless = code == "superseded" or code == "cancelled" or code == "outdated"
  if not harmless then
    trouble = code and faults[code] or nil
    M.redraw()
  end
end

--- The model is being loaded.
function M.progress(result)
  local value = type(result) == "table" and result.value or {}
  if type(value) ~= "table" then
    return
  end
  loading = value.kind ~= "end" and (value.percentage or loading or 0) or nil
  M.redraw()
end

function M.redraw()
  vim.schedule(function()
    vim.cmd("redrawstatus")
  end)
end

---@param bufnr integer
---@return string
function M.text(bufnr)
  if not require("weft.attach").wanted then
    return "weft off"
  end
  if problem then
    return "weft: " .. problem
  end
  if #compat.clients(bufnr) == 0 then
    return ""
  end
  if loading then
    return ("weft: loading %d%%"):format(loading)
  end
  if trouble then
    return "weft: " .. trouble
  end
  return pending > 0 and "weft …" or "weft"
end

return M
