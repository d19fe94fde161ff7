"""Real Helix in a terminal, with the real model. Helix has no ghost text: suggestions are entries of its completion menu."""

import re
import sys
from pathlib import Path

from support.editors import HELIX, LOOP_LINE, REPOSITORY, STOCK, SUGGESTED, TYPED, workspace
from support.samples import LONG_BODY, at_cursor
from support.weft import wait_until

# What editors/helix gives to every user, with the default servers, none of which is on this machine's path here.
LANGUAGES = (REPOSITORY / "editors" / "helix" / "languages.toml").read_text(encoding="utf-8")
# The line `return ` in `available`.
RETURN_LINE = 37
LABEL = f"{TYPED}{SUGGESTED} · weft"


def open_loop(editors, root: Path):
    """Helix in the empty line of `total_value_cents`, in insert mode."""
    helix = editors.helix(root, STOCK, LANGUAGES)
    helix.wait_for("class Item")
    helix.type(f"{LOOP_LINE}ggA")
    helix.wait_for("INS")
    return helix


def saved(helix, root: Path) -> str:
    helix.keys("Escape")
    helix.type(":w")
    helix.keys("Enter")
    helix.wait_for("written")
    return (root / STOCK).read_text(encoding="utf-8")


def test_the_menu_has_the_suggestion_with_a_preview_and_tab_and_enter_take_it(open_editors, tmp_path):
    root = workspace(tmp_path)
    helix = open_loop(open_editors(), root)
    helix.type(TYPED)
    helix.wait_for(LABEL, capture="menu")
    helix.keys("Tab")
    # The preview stands beside the menu, without the indentation that all of it has.
    helix.wait_for(re.compile(rf"[ │]{re.escape(TYPED + SUGGESTED)}\n"), capture="preview")
    helix.keys("Enter")
    helix.wait_until_gone("· weft")
    assert f"            {TYPED}{SUGGESTED}\n        return total\n" in saved(helix, root)
    helix.keep("saved")


def test_what_weft_setup_writes_is_enough(open_editors, tmp_path):
    root = workspace(tmp_path)
    helix = open_editors().as_set_up(HELIX, "helix", root, STOCK)
    helix.wait_for("class Item")
    helix.type(f"{LOOP_LINE}ggA")
    helix.wait_for("INS")
    helix.type(TYPED)
    helix.wait_for(LABEL, capture="menu")


def test_several_lines_are_one_entry(open_editors, tmp_path):
    root = workspace(tmp_path)
    text, cursor = at_cursor(LONG_BODY)
    (root / "words.py").write_text(text)
    # However slow the machine is, the answer is waited for.
    patient = LANGUAGES.replace('args = ["lsp"]', 'args = ["lsp"]\nconfig = { answerWithinMs = 0 }')
    helix = open_editors().helix(root, "words.py", patient)
    helix.wait_for("def count_words")
    helix.type(f"{text[:cursor].count(chr(10)) + 1}ggA")
    helix.wait_for("INS")
    helix.type("for")
    helix.wait_for(re.compile(r"· weft \+\d"), capture="menu")
    helix.keys("Tab")
    helix.wait_for(re.compile(r"weft \+\d.*\n.* weft", re.DOTALL), capture="preview")
    helix.keys("Enter")
    helix.wait_until_gone("· weft")
    helix.keys("Escape")
    helix.type(":w")
    helix.keys("Enter")
    helix.wait_for("written", capture="taken")
    written = (root / "words.py").read_text()
    # Valid code: the indentation of each line is the model's own.
    compile(written, "words.py", "exec")
    assert written.startswith(f"{text[:cursor]}for ") and written.endswith(text[cursor:])
    assert written.count("\n") > text.count("\n")


def test_the_menu_comes_back_after_engine_and_server_were_killed(open_editors, make_weft, tmp_path):
    weft = make_weft()
    root = workspace(tmp_path)
    helix = open_loop(open_editors(weft), root)
    helix.type(TYPED)
    helix.wait_for(LABEL)
    weft.engine().kill()
    helix.keys("Escape")
    helix.type(f"{RETURN_LINE}ggA")
    helix.type("self._c")
    helix.wait_for(re.compile(r"_counts\..+ · weft"), capture="after-the-engine")
    assert len(weft.engine_processes()) == 1
    # Without its server Helix goes on, and its own command brings the server back.
    helix.keys("Escape")
    helix.children("lsp")[0].kill()
    wait_until(lambda: not helix.children("lsp"), "the end of the server")
    saved(helix, root)
    helix.type(":lsp-restart weft")
    helix.keys("Enter")
    wait_until(lambda: helix.children("lsp"), "another server")


def beside_names(names: str, line: int) -> str:
    """languages.toml with another server behind Weft, as every language with a server of its own has it."""
    script = Path(__file__).parent / "support" / "names_server.py"
    weft = '{ name = "weft", only-features = ["completion", "code-action", "workspace-command"] }'
    return f"""
[language-server.names]
command = "{sys.executable}"
args = ["{script}", "{names}", "{line}"]

[language-server.weft]
command = "weft"
args = ["lsp"]

[[language]]
name = "python"
language-servers = [{weft}, "names"]
"""


def test_the_names_of_another_server_stand_first_and_none_comes_twice(open_editors, tmp_path):
    root = workspace(tmp_path)
    helix = open_editors().helix(root, STOCK, beside_names("total_value_cents,total", 0))
    # Its diagnostic says that the other server is there: one that comes later is not asked.
    helix.wait_for("● 1")
    helix.type(f"{LOOP_LINE}ggA")
    helix.wait_for("INS")
    helix.type(TYPED)
    screen = helix.wait_for(lambda it: LABEL in it and re.search(r" total_value_cents +variable", it), capture="two-servers")
    rows = screen.splitlines()
    menu = [row for row in rows if " variable" in row or "· weft" in row]
    # Theirs first, then the one of Weft's; what they have Weft does not offer again.
    assert "· weft" in menu[-1] and sum("· weft" in row for row in menu) == 1, screen
    assert sum(bool(re.search(r"\btotal +variable", row)) for row in menu) == 1, screen


def test_fix_and_explain_are_offered_where_another_server_finds_fault(open_editors, tmp_path):
    root = workspace(tmp_path)
    helix = open_editors().helix(root, STOCK, beside_names("total", RETURN_LINE - 1))
    helix.wait_for("class Item")
    helix.type(f"{RETURN_LINE}gg")
    helix.wait_for("a fault of the names server")
    helix.type(" a")
    screen = helix.wait_for("Weft: fix", capture="actions")
    assert "Weft: explain" in screen and "Weft: write tests" in screen
