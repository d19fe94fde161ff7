"""Real Helix in a terminal, with the real model. Helix has no ghost text: suggestions are entries of its completion menu."""

import re
from pathlib import Path

from support.editors import LOOP_LINE, REPOSITORY, STOCK, SUGGESTED, TYPED, workspace
from support.weft import wait_until

# What editors/helix gives to every user, with the default servers, none of which is on this machine's path here.
LANGUAGES = (REPOSITORY / "editors" / "helix" / "languages.toml").read_text(encoding="utf-8")
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


def test_several_lines_are_one_entry(open_editors, tmp_path):
    root = workspace(tmp_path)
    (root / "words.py").write_text(WORDS)
    helix = open_editors().helix(root, "words.py", LANGUAGES)
    helix.wait_for("def count_words")
    helix.type("4ggA ")
    helix.wait_for(re.compile(r"· weft \+\d"), capture="menu")
    helix.keys("Tab")
    helix.keep("preview")
    helix.keys("Enter")
    helix.wait_until_gone("· weft")
    helix.keys("Escape")
    helix.type(":w")
    helix.keys("Enter")
    helix.wait_for("written")
    text = (root / "words.py").read_text()
    inserted = text.removeprefix(WORDS.split("    for line in", 1)[0])
    compile(text, "words.py", "exec")
    assert inserted.count("\n") > WORDS.split("    for line in", 1)[1].count("\n") + 1, text


def test_the_menu_comes_back_after_engine_and_server_were_killed(open_editors, make_weft, tmp_path):
    weft = make_weft()
    root = workspace(tmp_path)
    helix = open_loop(open_editors(weft), root)
    helix.type(TYPED)
    helix.wait_for(LABEL)
    weft.engine().kill()
    helix.keys("Escape")
    helix.type("o")
    helix.type("price = item.price_")
    helix.keys("Escape")
    helix.type("opr")
    helix.keys("C-u")
    helix.type(TYPED)
    helix.wait_for(f"{TYPED}{SUGGESTED[:6]}", capture="after-the-engine")
    assert len(weft.engine_processes()) == 1
    # Without its server Helix goes on, and its own command brings the server back.
    helix.keys("Escape")
    helix.children("lsp")[0].kill()
    wait_until(lambda: not helix.children("lsp"), "the end of the server")
    saved(helix, root)
    helix.type(":lsp-restart weft")
    helix.keys("Enter")
    wait_until(lambda: helix.children("lsp"), "another server")




WORDS = '''def count_words(lines):
    """Returns how often each word is in the lines."""
    counts = {}
    for line in lines:
    return counts
'''
