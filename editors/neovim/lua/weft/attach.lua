--- Which buffers `weft lsp` serves, and its life: started, told what is looked at, started again when it dies.
--- It must not draw anything.
local compat = require("weft.compat")
local config = require("weft.config")
local status = require("weft.status")

local M = {}

local group = vim.api.nvim_create_augroup("weft", { clear = true })

--- Deaths in a short time, after which it stays down until the user says so.
local DEATHS_ALLOWED = 3
local WITHIN_SECONDS = 60

local deaths = {}
local told_missing = false
local stopping = {}

--- Whether suggestions are wanted at all (`:Weft toggle`).
M.wanted = true

--- Begins: buffers that are open, and each that comes.
function M.enable()
  vim.api.nvim_clear_autocmds({ group = group })
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback })
  end
  on("FileType", function(event)
    M.start(event.buf)
  end)
  on("BufEnter", function(event)
    M.start(event.buf)
    M.tell(event.buf, "textDocument/didFocus", M.document(event.buf))
  end)
  on({ "CursorHold" }, function(event)
    M.tell(event.buf, "weft/didMoveCursor", M.place)
  end)
  on("LspAttach", function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == "weft" then
      status.redraw()
      -- Whoever typed before the server was there waits for an answer.
      require("weft.ghost").attached()
    end
  end)
  if config.options.ghost_text then
    require("weft.ghost").watch(group)
  end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    M.start(bufnr)
  end
end

--- Whether a buffer is a file that somebody edits.
local function is_ours(bufnr)
  if not vim.api.nvim_buf_is_valid(bufnr) or not vim.api.nvim_buf_is_loaded(bufnr) then
    return false
  end
  local plain = vim.bo[bufnr].buftype == "" and vim.bo[bufnr].modifiable
  if not plain or vim.api.nvim_buf_get_name(bufnr) == "" then
    return false
  end
  local ok, wanted = pcall(config.options.filter, bufnr)
  return ok and wanted and true or false
end

--- The folder that a buffer's workspace is: the nearest with a marker, else that of its file.
local function root_of(bufnr)
  local folder = vim.fs.dirname(vim.api.nvim_buf_get_name(bufnr))
  local found = vim.fs.find(config.options.root_markers, { upward = true, path = folder })[1]
  return found and vim.fs.dirname(found) or folder
end

--- Starts the server for a buffer, or attaches the one that runs.
---@param bufnr integer
function M.start(bufnr)
  if not M.wanted or not is_ours(bufnr) or #compat.clients(bufnr) > 0 then
    return
  end
  -- A document of Weft's own belongs to the server that showed it, not to one for the folder that it is in.
  local shown_by = require("weft.chat").shown_by[bufnr]
  if shown_by and vim.lsp.get_client_by_id(shown_by) then
    vim.lsp.buf_attach_client(bufnr, shown_by)
    return
  end
  if M.gave_up() then
    return
  end
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    status.set_problem("not installed")
    if not told_missing then
      told_missing = true
      -- One line: more would stop the user at a prompt.
      local text = "Weft: no program `%s` on the PATH. :checkhealth weft says what to do"
      vim.notify(text:format(program), vim.log.levels.WARN)
    end
    return
  end
  status.set_problem(nil)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  -- Older versions do not know the method, but this plugin does.
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  vim.lsp.start({
    name = "weft",
    cmd = config.options.cmd,
    root_dir = root_of(bufnr),
    init_options = next(config.options.init_options) and config.options.init_options or nil,
    capabilities = capabilities,
    handlers = {
      ["weft/trace"] = function(_, trace)
        status.trace(trace)
        if type(trace) == "table" and trace.reason_code == "error" then
          require("weft.ghost").failed()
        end
      end,
      ["window/showMessage"] = function(_, message)
        M.show(message)
      end,
      ["window/showDocument"] = function(_, params, context)
        return require("weft.chat").show(params, context)
      end,
      ["$/progress"] = function(...)
        status.progress(select(2, ...))
        local default = vim.lsp.handlers["$/progress"]
        return default and default(...)
      end,
    },
    on_exit = function(_, _, client_id)
      vim.schedule(function()
        M.ended(client_id)
      end)
    end,
  }, { bufnr = bufnr })
end

--- A message of the server, on one line: more than that would stop the user at a prompt.
function M.show(message)
  local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }
  local text = message.message:gsub("%s+", " ")
  local mark = vim.fn.strdisplaywidth(text) > vim.o.columns - 14
  status.remember(message.message)
  if mark then
    text = vim.fn.strcharpart(text, 0, math.max(vim.o.columns - 36, 20)) .. "… (:Weft why has all)"
  end
  vim.notify(text, levels[message.type] or vim.log.levels.INFO)
end

--- Sends a notification about a buffer that Weft serves. `params` may be a function that makes them.
function M.tell(bufnr, method, params)
  for _, client in ipairs(compat.clients(bufnr)) do
    if not compat.is_stopped(client) then
      local made = type(params) == "function" and params(client) or params
      compat.notify(client, method, made)
    end
  end
end

--- A buffer as the protocol names it.
function M.document(bufnr)
  return { textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
end

--- Where the cursor is, as the protocol says it.
function M.place(client)
  return vim.lsp.util.make_position_params(0, client.offset_encoding)
end

--- Whether the server died so often that it stays down.
function M.gave_up()
  local now = os.time()
  deaths = vim.tbl_filter(function(at)
    return now - at < WITHIN_SECONDS
  end, deaths)
  return #deaths > DEATHS_ALLOWED
end

--- A server ended. One that was not asked to is started again.
function M.ended(client_id)
  require("weft.ghost").forget_client(client_id)
  status.forget()
  if stopping[client_id] then
    stopping[client_id] = nil
    return
  end
  if vim.v.exiting ~= vim.NIL then
    return
  end
  table.insert(deaths, os.time())
  if M.gave_up() then
    status.set_problem("stopped")
    local text = "Weft: the server ended %d times in a minute. See :Weft log, then :Weft restart"
    vim.notify(text:format(#deaths), vim.log.levels.ERROR)
    return
  end
  -- Until Neovim has forgotten the server that ended it would attach to that one.
  M.poll(function()
    return vim.lsp.get_client_by_id(client_id) == nil
  end, M.start_all)
end

--- Looks every few milliseconds, for what Neovim has no event for; after two seconds it goes on all the same.
function M.poll(is_so, after)
  local left = 100
  local function look()
    left = left - 1
    if is_so() or left <= 0 then
      after()
    else
      vim.defer_fn(look, 20)
    end
  end
  look()
end

--- Every buffer that is Weft's gets its server.
function M.start_all()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    M.start(bufnr)
  end
end

--- Ends every server of this Neovim; `after` runs when they are gone.
function M.stop(after)
  local clients = compat.clients()
  for _, client in ipairs(clients) do
    stopping[client.id] = true
    compat.stop(client)
  end
  M.poll(function()
    return #compat.clients() == 0
  end, function()
    for _, client in ipairs(compat.clients()) do
      compat.stop(client, true)
    end
    after()
  end)
end

--- Ends and starts again; what the user mended meanwhile counts.
function M.restart()
  deaths = {}
  told_missing = false
  M.stop(M.start_all)
end

return M
