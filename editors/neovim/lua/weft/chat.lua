--- Chat documents and proposals: asked for, shown in a window of their own, answered. It must not know what is in them: the server
--- writes and reads them.
local compat = require("weft.compat")
local config = require("weft.config")

local M = {}

--- Buffers of Weft's own documents, each with the number of the client that showed it.
M.shown_by = {}

--- What the next document that is shown is for, where `:Weft chat` asked for it.
---@type "question"|"answer"|nil
M.asks_next = nil

--- The client that serves a buffer, or any; tells the user where there is none.
local function client_of(bufnr)
  local client = compat.clients(bufnr)[1] or compat.clients()[1]
  if not client then
    vim.notify("Weft is not running for this buffer. :checkhealth weft says what is missing.", vim.log.levels.WARN)
  end
  return client
end

--- Runs a command of the server; a failure is shown.
local function execute(client, command, argument)
  local params = { command = command, arguments = { argument } }
  compat.request(client, "workspace/executeCommand", params, function(failure)
    if failure then
      require("weft.attach").show({ type = 2, message = "Weft: " .. (failure.message or vim.inspect(failure)) })
    end
  end, 0)
end

--- Lines as the protocol's range; nil where the command had none.
local function lines_of(arguments)
  if arguments.range == 0 then
    return nil
  end
  return { start = { line = arguments.line1 - 1, character = 0 }, ["end"] = { line = arguments.line2, character = 0 } }
end

--- Opens a chat about the current buffer. With a question it is sent at once.
---@param arguments table as nvim_create_user_command gives them
function M.open(arguments)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of(bufnr)
  if not client then
    return
  end
  local question = table.concat(arguments.fargs, " ")
  local argument = { text = question, send = question ~= "", selection = lines_of(arguments) }
  if compat.clients(bufnr)[1] and not M.shown_by[bufnr] then
    argument.textDocument = { uri = vim.uri_from_bufnr(bufnr) }
  end
  M.asks_next = question == "" and "question" or "answer"
  execute(client, "weft.chat.open", argument)
end

--- Proposes an edit of the lines, or of the definition around the cursor; asks for the instruction where none is given.
---@param arguments table as nvim_create_user_command gives them
function M.edit(arguments)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of(bufnr)
  if not client then
    return
  end
  local place = require("weft.attach").place(client).position
  local range = lines_of(arguments) or { start = place, ["end"] = place }
  local function propose(instruction)
    if not instruction or vim.trim(instruction) == "" then
      return
    end
    local document = { uri = vim.uri_from_bufnr(bufnr) }
    execute(client, "weft.edit", { textDocument = document, range = range, kind = "edit", instruction = instruction })
  end
  local given = table.concat(arguments.fargs, " ")
  if given ~= "" then
    propose(given)
  else
    vim.ui.input({ prompt = "Weft, what is to change? " }, propose)
  end
end

--- Sends the question at the cursor of a chat document, or stops its answer.
---@param command "weft.chat.send"|"weft.chat.stop"
function M.tell(command)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of(bufnr)
  if not client then
    return
  end
  local argument = vim.empty_dict()
  if M.shown_by[bufnr] then
    argument = { textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
    argument.position = require("weft.attach").place(client).position
    if command == "weft.chat.send" then
      M.follow(bufnr)
    end
  end
  execute(client, command, argument)
end

--- Takes the one code action of this title.
---@param title string
function M.act(title)
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title == title
    end,
  })
end

--- `window/showDocument`: a window beside the code.
function M.show(params, context)
  if params.external then
    local default = vim.lsp.handlers["window/showDocument"]
    return default and default(nil, params, context) or { success = false }
  end
  local bufnr = vim.uri_to_bufnr(params.uri)
  -- Before it is loaded, so that it gets the server that shows it and not one for its own folder.
  M.shown_by[bufnr] = context.client_id
  vim.fn.bufload(bufnr)
  vim.bo[bufnr].buflisted = true
  local window = vim.fn.bufwinid(bufnr)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
  else
    M.window(bufnr)
  end
  if vim.bo[bufnr].filetype == "" then
    vim.bo[bufnr].filetype = "markdown"
  end
  require("weft.attach").start(bufnr)
  M.dress(bufnr, context.client_id)
  if params.selection then
    local place = params.selection.start
    local last = vim.api.nvim_buf_line_count(bufnr)
    pcall(vim.api.nvim_win_set_cursor, 0, { math.min(place.line + 1, last), place.character })
  end
  local asks, shown_in = M.asks_next, vim.api.nvim_get_current_win()
  M.asks_next = nil
  if asks == "answer" then
    M.follow(bufnr)
  elseif asks == "question" then
    -- Not while the command line is still being left.
    vim.schedule(function()
      if vim.api.nvim_win_is_valid(shown_in) then
        vim.api.nvim_set_current_win(shown_in)
        vim.cmd("startinsert!")
      end
    end)
  end
  return { success = true }
end

--- Buffers whose windows follow the answer that is being written: until the cursor is moved away from the last line.
local follows = {}

local function follow(bufnr)
  local last = vim.api.nvim_buf_line_count(bufnr)
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    pcall(vim.api.nvim_win_set_cursor, window, { last, 0 })
  end
end

--- Lets the windows of a chat document follow its answer.
function M.follow(bufnr)
  if follows[bufnr] == nil then
    vim.api.nvim_buf_attach(bufnr, false, {
      on_lines = function()
        if follows[bufnr] then
          vim.schedule(function()
            if follows[bufnr] and vim.api.nvim_buf_is_valid(bufnr) then
              follow(bufnr)
            end
          end)
        end
      end,
      on_detach = function()
        follows[bufnr] = nil
      end,
    })
    local function look()
      if vim.api.nvim_win_get_cursor(0)[1] < vim.api.nvim_buf_line_count(bufnr) - 1 then
        follows[bufnr] = false
      end
    end
    -- Who types writes the next question and must not be moved.
    vim.api.nvim_create_autocmd("CursorMoved", { buffer = bufnr, callback = look })
    vim.api.nvim_create_autocmd("InsertEnter", {
      buffer = bufnr,
      callback = function()
        follows[bufnr] = false
      end,
    })
  end
  follows[bufnr] = true
  follow(bufnr)
end

--- Opens a buffer as the option `window` says.
function M.window(bufnr)
  local how = config.options.window
  if how == "float" then
    local width, height = math.floor(vim.o.columns * 0.8), math.floor(vim.o.lines * 0.8)
    vim.api.nvim_open_win(bufnr, true, {
      relative = "editor",
      width = width,
      height = height,
      col = math.floor((vim.o.columns - width) / 2),
      row = math.floor((vim.o.lines - height) / 2 - 1),
      border = "rounded",
    })
    return
  end
  local commands = { vsplit = "vsplit", split = "split", tab = "tab split", current = "" }
  local command = commands[how] or "vsplit"
  if command ~= "" then
    vim.cmd(command)
  end
  vim.api.nvim_win_set_buf(0, bufnr)
end

--- 'omnifunc' of a chat document: what the server has found for the word before the cursor, as it comes.
---@param findstart integer
function M.omnifunc(findstart)
  local client = compat.clients(vim.api.nvim_get_current_buf())[1]
  if not client then
    return findstart == 1 and -1 or {}
  end
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local line = vim.api.nvim_get_current_line()
  compat.request(client, "textDocument/completion", require("weft.attach").place(client), function(_, answer)
    local items, start = {}, nil
    for _, item in ipairs(type(answer) == "table" and answer.items or {}) do
      start = item.textEdit.range.start.character
      table.insert(items, { word = item.textEdit.newText, abbr = item.label, menu = item.detail, dup = 1 })
    end
    local here = vim.api.nvim_win_get_cursor(0)[1] == row and vim.api.nvim_get_current_line() == line
    if start and here and vim.fn.mode():sub(1, 1) == "i" then
      vim.fn.complete(compat.byte_column(line, start, client.offset_encoding) + 1, items)
    end
  end, 0)
  -- The menu opens when the answer is there.
  return -2
end

--- What a chat document's buffer has besides: wrapped lines, Enter to send, the menu of `@` and `/`.
function M.dress(bufnr, client_id)
  vim.wo.wrap = true
  vim.wo.linebreak = true
  vim.keymap.set("n", "<CR>", function()
    M.tell("weft.chat.send")
  end, { buffer = bufnr, desc = "Weft: send the question at the cursor" })
  -- That of Markdown completes the tags of HTML, and Neovim's for language servers drops what only has the word in its middle.
  vim.bo[bufnr].omnifunc = "v:lua.require'weft.chat'.omnifunc"
  -- Where a completion plugin is there, its own source of LSP shows them.
  local has_plugin = package.loaded["cmp"] or package.loaded["blink.cmp"]
  if has_plugin or not (vim.lsp.completion and vim.lsp.completion.get) then
    return
  end
  vim.lsp.completion.enable(true, client_id, bufnr, {})
  -- The first entry is not taken before it is chosen.
  pcall(function()
    vim.bo[bufnr].completeopt = "menuone,noselect,noinsert"
  end)
  -- Neovim asks at the mark itself only, when nothing is known yet of what is wanted.
  vim.api.nvim_create_autocmd("TextChangedI", {
    buffer = bufnr,
    callback = function()
      local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
      if before:match("@[^%s@]+$") or before:match("^/%w*$") then
        vim.lsp.completion.get()
      end
    end,
  })
end

return M
