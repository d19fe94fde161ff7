--- Ghost text: asked for while somebody types, kept while what is typed is what it says, taken as a whole or in parts.
--- It must not wait for the user to pause: the server knows better when to ask the model.
local compat = require("weft.compat")
local config = require("weft.config")
local draw = require("weft.draw")
local status = require("weft.status")
local suggestion = require("weft.suggestion")

local M = {}

local AUTOMATIC, INVOKED = 2, 1

--- One keystroke fires several events.
local SETTLE_MILLISECONDS = 20

--- How long after a failure the server is asked again.
local FAILED_MILLISECONDS = 500

--- The suggestions that are there, and the place that they are for.
---@class weft.Shown
---@field bufnr integer
---@field row integer
---@field column integer
---@field before string the line before that place
---@field after string the line after it
---@field items { text: string, replaces: integer }[]
---@field index integer the one on the screen
---@field invoked boolean whether the user asked for more than one
local shown

--- The request on its way.
local pending

--- The place that was asked for last, and the one where the user wants silence.
local asked_at, dismissed_at

--- The place that was asked for again after the engine failed there: once is enough.
local failed_at

local timer

--- Where the cursor is, as a text to compare.
local function place(bufnr)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  return ("%d %d %d %d"):format(bufnr, tick, cursor[1], cursor[2]), cursor[1] - 1, cursor[2]
end

local function is_inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == "i"
end

--- The client that completes a buffer here; nil where there is none or Neovim draws itself.
local function client_of(bufnr)
  if not require("weft.attach").wanted then
    return nil
  end
  for _, client in ipairs(compat.clients(bufnr)) do
    if not compat.is_stopped(client) and not compat.draws_natively(client, bufnr) then
      return client
    end
  end
end

local function drop_pending()
  if pending then
    local gone = pending
    pending = nil
    status.asked(-1)
    local client = vim.lsp.get_client_by_id(gone.client_id)
    if client then
      compat.cancel(client, gone.id)
    end
  end
end

local function hide()
  if shown then
    draw.clear(shown.bufnr)
    shown = nil
  end
end

--- What is left of a suggestion at the cursor; nil where it no longer fits.
local function left_of(item, bufnr, row, column)
  if not shown or shown.bufnr ~= bufnr or row < shown.row or (row == shown.row and column < shown.column) then
    return nil
  end
  local first = vim.api.nvim_buf_get_lines(bufnr, shown.row, shown.row + 1, false)[1] or ""
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
  if first:sub(1, shown.column) ~= shown.before or line:sub(column + 1) ~= shown.after then
    return nil
  end
  local typed = vim.api.nvim_buf_get_text(bufnr, shown.row, shown.column, row, column, {})
  return suggestion.rest(item.text, table.concat(typed, "\n"))
end

--- Draws what is left of the suggestion, or of another one that still fits. Returns whether there is one.
local function redraw(bufnr, row, column)
  if not shown then
    return false
  end
  local count = #shown.items
  for step = 0, count - 1 do
    local index = (shown.index - 1 + step) % count + 1
    local item = shown.items[index]
    local rest = left_of(item, bufnr, row, column)
    if rest then
      shown.index = index
      local hint = shown.invoked and count > 1 and ("  (%d/%d)"):format(index, count) or nil
      draw.show(bufnr, row, column, rest, item.replaces, hint)
      return true
    end
  end
  hide()
  return false
end

--- Asks the server; `done` gets what it answered for a place that is still the cursor's.
local function ask(bufnr, kind, done)
  local client = client_of(bufnr)
  if not client then
    return
  end
  drop_pending()
  local at, row, column = place(bufnr)
  asked_at = at
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local this = { client_id = client.id }
  local id = compat.request(client, "textDocument/inlineCompletion", params, function(_, result)
    if pending ~= this then
      return
    end
    pending = nil
    status.asked(-1)
    -- An answer for a text that has changed is none.
    if vim.api.nvim_get_current_buf() ~= bufnr or not is_inserting() or place(bufnr) ~= at then
      return
    end
    local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
    local items = suggestion.items(result, line, row, column, function(text, character)
      return compat.byte_column(text, character, client.offset_encoding)
    end)
    done(items, { bufnr = bufnr, row = row, column = column, line = line })
  end, bufnr)
  if id then
    this.id = id
    pending = this
    status.asked(1)
  end
end

local function show(items, where, index, invoked)
  if #items == 0 then
    hide()
    return
  end
  hide()
  shown = {
    bufnr = where.bufnr,
    row = where.row,
    column = where.column,
    before = where.line:sub(1, where.column),
    after = where.line:sub(where.column + 1),
    items = items,
    index = index,
    invoked = invoked,
  }
  redraw(where.bufnr, where.row, where.column)
end

local function stop_timer()
  if timer then
    timer:stop()
  end
end

local function ask_soon()
  timer = timer or vim.loop.new_timer()
  timer:stop()
  timer:start(
    SETTLE_MILLISECONDS,
    0,
    vim.schedule_wrap(function()
      local bufnr = vim.api.nvim_get_current_buf()
      local at = place(bufnr)
      if not is_inserting() or at == dismissed_at or at == asked_at then
        return
      end
      ask(bufnr, AUTOMATIC, function(items, where)
        show(items, where, 1, false)
      end)
    end)
  )
end

--- The text or the cursor has changed.
local function changed()
  local bufnr = vim.api.nvim_get_current_buf()
  if not client_of(bufnr) then
    hide()
    return
  end
  local at, row, column = place(bufnr)
  if at ~= dismissed_at then
    dismissed_at = nil
  end
  local still = redraw(bufnr, row, column)
  -- One that was chosen among several stays; otherwise the server may have more by now.
  if not (still and shown.invoked) then
    ask_soon()
  end
end

--- Nobody writes here any more.
local function left()
  stop_timer()
  drop_pending()
  hide()
  asked_at, dismissed_at = nil, nil
end

--- A server is there now.
function M.attached()
  if config.options.ghost_text and is_inserting() then
    changed()
  end
end

--- The engine failed. It is started again with the next request, so one more is sent where nothing was typed since.
function M.failed()
  local at = asked_at
  vim.defer_fn(function()
    if at and at == asked_at and at ~= failed_at and is_inserting() then
      failed_at, asked_at = at, nil
      changed()
    end
  end, FAILED_MILLISECONDS)
end

--- Begins to watch what is typed.
---@param group integer the group of the autocommands
function M.watch(group)
  vim.api.nvim_create_autocmd({ "InsertEnter", "CursorMovedI", "TextChangedI", "TextChangedP" }, {
    group = group,
    callback = changed,
  })
  vim.api.nvim_create_autocmd({ "InsertLeave", "BufLeave", "WinLeave" }, { group = group, callback = left })
end

function M.visible()
  return shown ~= nil and shown.bufnr == vim.api.nvim_get_current_buf()
end

--- Takes the suggestion or a part of it.
---@param part "all"|"word"|"line"
---@return boolean
function M.accept(part)
  if not M.visible() then
    return false
  end
  local bufnr = shown.bufnr
  local _, row, column = place(bufnr)
  local item = shown.items[shown.index]
  local rest = left_of(item, bufnr, row, column)
  if not rest then
    hide()
    return false
  end
  local taken = suggestion.first(rest, part)
  local whole = taken == rest
  if whole then
    hide()
  end
  local lines = vim.split(taken, "\n", { plain = true })
  vim.api.nvim_buf_set_text(bufnr, row, column, row, column + (whole and item.replaces or 0), lines)
  local last = #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and column + last or last })
  changed()
  return true
end

--- Shows the next suggestion, or the one before. Where there is one only, or none, the server is asked for more.
---@param step integer
function M.cycle(step)
  local bufnr = vim.api.nvim_get_current_buf()
  local _, row, column = place(bufnr)
  if M.visible() and shown.invoked then
    shown.index = (shown.index - 1 + step) % #shown.items + 1
    redraw(bufnr, row, column)
    return
  end
  local before = M.visible() and left_of(shown.items[shown.index], bufnr, row, column) or nil
  stop_timer()
  dismissed_at = nil
  ask(bufnr, INVOKED, function(items, where)
    if #items == 0 then
      vim.api.nvim_echo({ { "Weft has nothing to suggest here (:Weft why)" } }, false, {})
    end
    local index = 1
    -- What was shown may be the beginning of the first: an answer in time is shown before it is whole.
    if items[1] and before and vim.startswith(items[1].text, before) then
      index = step % #items + 1
    end
    show(items, where, index, true)
  end)
end

--- Takes the ghost text away; nothing comes until something is typed.
function M.dismiss()
  stop_timer()
  drop_pending()
  hide()
  dismissed_at = place(vim.api.nvim_get_current_buf())
end

--- A server ended: it will not answer.
function M.forget_client(client_id)
  if pending and pending.client_id == client_id then
    pending = nil
  end
  asked_at = nil
end

return M
