--- Defines `:Weft`. It must load nothing else: who does not use Weft must not wait for it.
if vim.g.loaded_weft or vim.fn.has("nvim-0.9") == 0 then
  return
end
vim.g.loaded_weft = true

vim.api.nvim_create_user_command("Weft", function(arguments)
  require("weft.command").run(arguments)
end, {
  nargs = "*",
  bang = true,
  range = true,
  desc = "Weft: chat, edit, why, toggle, model and more",
  complete = function(_, line, cursor)
    return require("weft.command").complete(line:sub(1, cursor))
  end,
})
