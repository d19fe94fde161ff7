--- A suggestion as text: what is left of it when some was typed, and its first word or line. It must not touch a buffer.
local M = {}

--- What of a suggestion is still to come after `typed`; nil where something else was typed.
---@param text string
---@param typed string
---@return string?
function M.rest(text, typed)
  if #typed < #text and text:sub(1, #typed) == typed then
    return text:sub(#typed + 1)
  end
end

--- The part that a key takes. Blanks and line ends before a word or line belong to it.
---@param text string
---@param part "all"|"word"|"line"
---@return string
function M.first(text, part)
  if part == "word" then
    local word = vim.fn.matchstr(text, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])
    return word ~= "" and word or text
  elseif part == "line" then
    return text:match("^\n*[^\n]*")
  end
  return text
end

--- The answer to textDocument/inlineCompletion as texts to insert at the cursor.
---@param result any what the server answered
---@param line string the cursor's line
---@param row integer its number, from 0
---@param column integer the cursor's byte column
---@param byte_column fun(line: string, character: integer): integer
---@return { text: string, replaces: integer }[] `replaces`: how many bytes after the cursor give way to the text
function M.items(result, line, row, column, byte_column)
  local items, seen = {}, {}
  local given = type(result) == "table" and (result.items or result) or {}
  for _, item in ipairs(given) do
    local text = type(item.insertText) == "string" and item.insertText or nil
    local replaces = 0
    if text and item.range then
      local first, last = item.range.start, item.range["end"]
      if first.line ~= row or last.line ~= row then
        text = nil
      else
        text = M.rest(text, line:sub(byte_column(line, first.character) + 1, column))
        replaces = math.max(byte_column(line, last.character) - column, 0)
      end
    end
    text = text and text:gsub("\r\n", "\n")
    if text and text ~= "" and not seen[text] then
      seen[text] = true
      table.insert(items, { text = text, replaces = replaces })
    end
  end
  return items
end

return M
