--- What differs between Neovim 0.9 and 0.12, behind one name each. It must not hold anything else.
local M = {}

local has_methods = vim.fn.has("nvim-0.11") == 1

--- Weft's clients, or those of one buffer.
---@param bufnr? integer
function M.clients(bufnr)
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  return get({ name = "weft", bufnr = bufnr })
end

--- Sends a request; returns its number, or nil where the server is gone.
function M.request(client, method, params, handler, bufnr)
  local ok, id
  -- Changes that wait for their debounce are sent first, of a buffer by its number only: 0 means none to Neovim there.
  if bufnr == 0 then
    bufnr = vim.api.nvim_get_current_buf()
  end
  if has_methods then
    ok, id = client:request(method, params, handler, bufnr)
  else
    ok, id = client.request(method, params, handler, bufnr)
  end
  return ok and id or nil
end

function M.cancel(client, id)
  if has_methods then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

function M.notify(client, method, params)
  if has_methods then
    return client:notify(method, params)
  end
  return client.notify(method, params)
end

function M.stop(client, force)
  if has_methods then
    client:stop(force)
  else
    client.stop(force)
  end
end

function M.is_stopped(client)
  if has_methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

--- Whether Neovim itself draws Weft's ghost text in a buffer.
function M.draws_natively(client, bufnr)
  local native = vim.lsp.inline_completion
  if not native then
    return false
  end
  return native.is_enabled({ bufnr = bufnr }) or native.is_enabled({ client_id = client.id })
end

--- The byte column of a position of the protocol.
---@param line string
---@param character integer
---@param encoding string
function M.byte_column(line, character, encoding)
  if encoding == "utf-8" then
    return math.min(character, #line)
  end
  if vim.fn.has("nvim-0.11") == 1 then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local ok, column = pcall(vim.str_byteindex, line, character, encoding == "utf-16")
  return ok and column or #line
end

--- The file of the LSP client's log.
function M.log_path()
  local log = vim.lsp.log
  if log and log.get_filename then
    return log.get_filename()
  end
  return vim.lsp.get_log_path()
end

return M
