"""Real Neovim in a terminal, with the real model: what a user types and sees.

Neovim 0.12 draws ghost text itself, from the page of Lua in docs/editors/neovim.md; 0.10 and 0.11 do with our plugin.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.editors import (
    LOOP_LINE,
    NEOVIM,
    NEOVIM_0_10,
    NEOVIM_0_11,
    PLUGIN,
    REPOSITORY,
    STOCK,
    SUGGESTED,
    TYPED,
    workspace,
)
from support.samples import LONG_BODY, at_cursor
from support.weft import wait_until

PLUGIN_INIT = f"""
vim.opt.runtimepath:prepend("{PLUGIN}")
require("weft").setup()
vim.o.statusline = "%f %= [%{{v:lua.require'weft'.status()}}]"
"""


def page_of_lua() -> str:
    """The configuration that the documentation gives for Neovim 0.12, as it stands there."""
    page = (REPOSITORY / "docs" / "editors" / "neovim.md").read_text(encoding="utf-8")
    return re.search(r"```lua\n(.*?)```", page, re.DOTALL).group(1)


def open_loop(editors, variable: str, root: Path, init: str):
    """Neovim in the loop of `total_value_cents`, where `total` was typed."""
    neovim = editors.neovim(variable, root, STOCK, init)
    neovim.wait_for("class Item")
    attached(neovim)
    type_in_loop(neovim)
    return neovim


def attached(neovim) -> None:
    """Waits until the server serves the buffer: Neovim's own ghost text asks at the next change only."""
    served = "local it = vim.lsp.get_clients({ bufnr = 0 })[1]; return it ~= nil and it.initialized == true"
    neovim.type(f":lua print(vim.wait(60000, function() {served} end, 20) and 'served' or 'not so')")
    neovim.keys("Enter")
    neovim.wait_for(re.compile(r"^served$", re.MULTILINE))


def type_in_loop(neovim) -> None:
    neovim.type(f"{LOOP_LINE}GS")
    neovim.wait_for("INSERT")
    neovim.type(TYPED)


def saved(neovim, root: Path) -> str:
    neovim.keys("Escape")
    neovim.type(":w")
    neovim.keys("Enter")
    neovim.wait_for("written")
    return (root / STOCK).read_text(encoding="utf-8")


@pytest.mark.parametrize("version", ["0.12 native", "0.12 plugin", "0.11 plugin", "0.10 plugin"])
def test_ghost_text_appears_while_typing_and_tab_takes_it(open_editors, tmp_path, version):
    number, how = version.split()
    variable = {"0.12": NEOVIM, "0.11": NEOVIM_0_11, "0.10": NEOVIM_0_10}[number]
    root = workspace(tmp_path)
    neovim = open_loop(open_editors(), variable, root, page_of_lua() if how == "native" else PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED, capture="ghost-text")
    neovim.keys("Tab")
    assert f"            {TYPED}{SUGGESTED}\n        return total\n" in saved(neovim, root)
    neovim.keep("saved")


def test_a_suggestion_is_taken_word_by_word_and_undone(open_editors, tmp_path):
    root = workspace(tmp_path)
    neovim = open_loop(open_editors(), NEOVIM_0_11, root, PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.keys("M-Right")
    neovim.wait_for(TYPED + SUGGESTED, capture="one-word-taken")
    # What was taken is text, what was not is none.
    assert f"            {TYPED} +=\n" in saved(neovim, root)
    neovim.type("u:w")
    neovim.keys("Enter")
    wait_until(lambda: f"            {TYPED}\n" in (root / STOCK).read_text(), "the word undone")


def open_empty_body(editors, root: Path):
    """Neovim in an empty body that wants several lines."""
    text, cursor = at_cursor(LONG_BODY)
    (root / "words.py").write_text(text)
    # However slow the machine is, the whole answer is waited for.
    patient = PLUGIN_INIT.replace("setup()", "setup({ init_options = { answerWithinMs = 0 } })")
    neovim = editors.neovim(NEOVIM_0_11, root, "words.py", patient)
    neovim.wait_for("[weft")
    neovim.type(f"{text[:cursor].count(chr(10)) + 1}GA")
    return neovim


def ghost_lines(screen: str) -> int:
    """Lines of text in the loop of `count_words`, typed or not."""
    body = re.search(r"for line in lines:\n(.*?)    return counts\n", screen, re.DOTALL)
    return len([line for line in body.group(1).splitlines() if line.strip()]) if body else 0


def test_a_suggestion_is_taken_line_by_line(open_editors, tmp_path):
    root = workspace(tmp_path)
    neovim = open_empty_body(open_editors(), root)
    screen = neovim.wait_for(lambda screen: ghost_lines(screen) > 1, capture="several-lines")
    neovim.keys("M-C-Right")
    neovim.keep("one-line-taken")
    neovim.keys("Escape")
    taken = neovim.wait_for(lambda now: ghost_lines(now) == 1)
    # The first line of what was shown, and nothing else.
    line = re.search(r"for line in lines:\n(.*)\n", taken).group(1)
    assert line in screen


def test_another_suggestion_can_be_asked_for_and_taken_away(open_editors, tmp_path):
    root = workspace(tmp_path)
    neovim = open_empty_body(open_editors(), root)
    neovim.wait_for(lambda screen: ghost_lines(screen) > 0)
    neovim.keys("M-n")
    neovim.wait_for("(2/", capture="second-suggestion")
    neovim.keys("M-p")
    neovim.wait_for("(1/")
    neovim.keys("C-]")
    neovim.wait_for(lambda screen: ghost_lines(screen) == 0)


@pytest.mark.parametrize("variable, init", [(NEOVIM_0_11, PLUGIN_INIT), (NEOVIM, None)], ids=["0.11 plugin", "0.12 native"])
def test_ghost_text_comes_back_after_the_engine_was_killed(open_editors, make_weft, tmp_path, variable, init):
    weft = make_weft()
    root = workspace(tmp_path)
    # Where only one continuation is possible, the model is sure each time.
    (root / "secret.py").write_text("def secret_total_4711():\n    return 1\n")
    neovim = open_editors(weft).neovim(variable, root, "secret.py", init or page_of_lua())
    neovim.wait_for("def secret")
    attached(neovim)
    neovim.type("Gofirst = secret_")
    neovim.wait_for("first = secret_total_4711()")
    weft.engine().kill()
    neovim.keys("Escape")
    neovim.type("osecond = secret_")
    neovim.wait_for("second = secret_total_4711()", capture="after-the-kill")
    assert len(weft.engine_processes()) == 1


def test_ghost_text_comes_back_after_the_server_was_killed(open_editors, tmp_path):
    neovim = open_loop(open_editors(), NEOVIM_0_11, workspace(tmp_path), PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED)
    killed = neovim.children("lsp")
    assert len(killed) == 1
    killed[0].kill()
    neovim.wait_for("quit with", capture="server-killed")
    neovim.keys("Enter")
    wait_until(lambda: [it.pid for it in neovim.children("lsp")] not in ([], [killed[0].pid]), "another server")
    neovim.wait_for("[weft]")
    neovim.keys("C-u")
    neovim.type(TYPED)
    neovim.wait_for(TYPED + SUGGESTED, capture="another-server")


def test_native_neovim_goes_on_without_a_killed_server_and_a_command_brings_it_back(open_editors, tmp_path):
    root = workspace(tmp_path)
    neovim = open_loop(open_editors(), NEOVIM, root, page_of_lua())
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.children("lsp")[0].kill()
    neovim.wait_for("quit with", capture="server-killed")
    neovim.keys("Enter")
    assert f"            {TYPED}\n" in saved(neovim, root)
    # What docs/editors/neovim.md says to do.
    neovim.type(":edit")
    neovim.keys("Enter")
    wait_until(lambda: neovim.children("lsp"), "another server")
    type_in_loop(neovim)
    neovim.wait_for(TYPED + SUGGESTED, capture="another-server")


def test_a_missing_program_is_said_once_and_nothing_else_breaks(open_editors, tmp_path):
    root = workspace(tmp_path)
    neovim = open_editors().neovim(NEOVIM_0_11, root, STOCK, PLUGIN_INIT, path="/usr/bin:/bin")
    neovim.wait_for("no program `weft` on the PATH", capture="no-program")
    type_in_loop(neovim)
    assert f"            {TYPED}\n" in saved(neovim, root)
    neovim.wait_for("[weft: not installed]")
    neovim.type(":Weft why")
    neovim.keys("Enter")
    neovim.wait_for("not running", capture="why")


def test_special_buffers_and_commands_bring_no_error(open_editors, tmp_path):
    neovim = open_loop(open_editors(), NEOVIM_0_11, workspace(tmp_path), PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.keys("Tab", "Escape")
    # In each of these somebody can type, and none is a file.
    for command, appears in [("terminal", "term:"), ("help lsp", "lsp.txt"), ("copen", "Quickfix"), ("new", "[No Name]"), ("Explore", "Netrw Directory")]:
        neovim.type(f":{command}")
        neovim.keys("Enter")
        neovim.wait_for(appears)
        neovim.keys("i")
        neovim.type("some text")
        neovim.keys("Tab", "C-\\", "C-n")
        neovim.keys("Escape")
        neovim.type(f":silent! only | buffer! {STOCK}")
        neovim.keys("Enter")
        neovim.wait_for(f"{STOCK} ")
        neovim.wait_for("[weft]")
    neovim.type("q:i")
    neovim.type("some text")
    neovim.wait_for("[Command Line]")
    neovim.keys("Tab", "Escape")
    neovim.type(":quit")
    neovim.keys("Enter")
    neovim.wait_until_gone("[Command Line]")
    neovim.type(":messages")
    neovim.keys("Enter")
    screen = neovim.wait_for("Press ENTER", capture="messages")
    # Vim itself refuses typing where nothing may change; nothing of ours may add to that.
    assert not re.search(r"lua|stack traceback|E5108|weft", screen), screen


def test_checkhealth_finds_everything(open_editors, tmp_path):
    neovim = open_loop(open_editors(), NEOVIM_0_11, workspace(tmp_path), PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.keys("Escape")
    neovim.type(":checkhealth weft")
    neovim.keys("Enter")
    neovim.wait_for("weft doctor")
    neovim.type(":only")
    neovim.keys("Enter")
    screen = neovim.wait_for("serves", capture="checkhealth")
    assert "ERROR" not in screen, screen


def test_two_editors_share_one_engine(open_editors, make_weft, tmp_path):
    weft = make_weft()
    editors = open_editors(weft)
    root = workspace(tmp_path)
    first = open_loop(editors, NEOVIM, root, page_of_lua())
    second = open_loop(editors, NEOVIM_0_11, root, PLUGIN_INIT)
    first.wait_for(TYPED + SUGGESTED)
    second.wait_for(TYPED + SUGGESTED)
    assert len(weft.engine_processes()) == 1
    assert len(first.children("lsp")) == len(second.children("lsp")) == 1


@pytest.mark.parametrize("variable", [NEOVIM, NEOVIM_0_11])
def test_what_weft_setup_writes_is_enough(open_editors, tmp_path, variable):
    root = workspace(tmp_path)
    neovim = open_editors().as_set_up(variable, "neovim", root, STOCK)
    neovim.wait_for("class Item")
    type_in_loop(neovim)
    neovim.wait_for(TYPED + SUGGESTED, capture="ghost-text")
    neovim.keys("Tab", "Escape")
    neovim.type(":Weft why")
    neovim.keys("Enter")
    neovim.wait_for("shown", capture="why")


def test_suggestions_are_turned_off_and_on_and_the_models_are_listed(open_editors, tmp_path):
    neovim = open_loop(open_editors(), NEOVIM_0_11, workspace(tmp_path), PLUGIN_INIT)
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.keys("Escape")
    neovim.type(":Weft toggle")
    neovim.keys("Enter")
    neovim.wait_for("[weft off]")
    type_in_loop(neovim)
    neovim.keys("Escape")
    assert SUGGESTED not in neovim.screen()
    neovim.type(":Weft toggle")
    neovim.keys("Enter")
    neovim.wait_for("[weft]")
    type_in_loop(neovim)
    neovim.wait_for(TYPED + SUGGESTED)
    neovim.keys("Escape")
    neovim.type(":Weft model")
    neovim.keys("Enter")
    # The list goes on below the window's end.
    neovim.wait_for(re.compile(r"^qwen2\.5-coder-0\.5b .*Small and quick", re.MULTILINE), capture="models")


def test_the_help_has_every_command_and_its_tags_are_sound(tmp_path):
    text = (PLUGIN / "doc" / "weft.txt").read_text(encoding="utf-8")
    for command in (PLUGIN / "lua" / "weft" / "commands").glob("*.lua"):
        assert f":Weft {command.stem}" in text, command.stem
    doc = tmp_path / "doc"
    shutil.copytree(PLUGIN / "doc", doc)
    tags = f"helptags {doc}"
    # A tag that is there twice is an error of :helptags.
    words = [os.environ[NEOVIM], "--headless", "-u", "NONE", "-c", tags, "-c", f"set rtp^={tmp_path}", "-c", "help weft", "-c", "qa!"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not re.search(r"E\d+:", done.stderr), done.stderr
    made = {line.split("\t")[0] for line in (doc / "tags").read_text().splitlines()}
    assert {":Weft", "weft-status"} <= made
    linked = set(re.findall(r"\|(weft[\w-]*|:Weft)\|", text))
    assert linked <= made, linked - made
