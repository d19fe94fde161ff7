--- `:checkhealth weft`: what Weft needs, whether it is there, and what to do where it is not. It must not change anything.
local compat = require("weft.compat")
local config = require("weft.config")

local M = {}

local health = vim.health
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local warn = health.warn or health.report_warn
local bad = health.error or health.report_error
local info = health.info or health.report_info

--- `weft doctor`, each of its lines as a finding.
local function doctor(program)
  start("weft doctor")
  local lines = vim.fn.systemlist({ program, "doctor" })
  for _, line in ipairs(lines) do
    local mark, text = line:match("^(%S+)%s+(.*)$")
    if mark == "✓" then
      ok(text)
    elseif mark == "✗" then
      bad(text)
    elseif mark == "!" or mark == "⚠" then
      warn(text)
    elseif line ~= "" then
      info(line)
    end
  end
end

function M.check()
  start("Neovim")
  local version = tostring(vim.version())
  if vim.fn.has("nvim-0.9") == 0 then
    bad(version .. " is too old: Weft needs 0.9 or newer")
    return
  end
  ok(version)
  if config.is_set then
    ok("require('weft').setup() was called")
  else
    info("require('weft').setup() was not called: the plugin only brings :Weft and this page")
  end
  start("The program")
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    bad(
      ("`%s` is not on the PATH"):format(program),
      { "run `cargo xtask demo` in Weft's checkout: it builds weft and says where it is", "or name it: setup({ cmd = { '/path/to/weft', 'lsp' } })" }
    )
    return
  end
  ok(vim.fn.exepath(program) .. ": " .. (vim.fn.systemlist({ program, "--version" })[1] or "no version"))
  start("The server")
  local clients = compat.clients()
  if #clients == 0 then
    warn("no server runs in this Neovim", { "open a file, then look again", ":Weft log has its messages" })
  end
  for _, client in ipairs(clients) do
    ok(("server %d serves %s"):format(client.id, client.config.root_dir or "single files"))
    if compat.draws_natively(client, 0) then
      info("Neovim draws the ghost text itself (vim.lsp.inline_completion); accepting words and lines is the plugin's")
    end
  end
  doctor(program)
end

return M
