"""Real Emacs in a terminal, with the real model: ghost text, chat and edits by lsp-mode, the completion menu by Eglot."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.editors import EMACS, LOOP_LINE, REPOSITORY, STOCK, SUGGESTED, TYPED, workspace
from support.weft import wait_until

WEFT_EL = REPOSITORY / "editors" / "emacs" / "weft.el"
INIT = f"""
(require 'lsp-mode)
(load "{WEFT_EL}")
(add-hook 'prog-mode-hook #'lsp)
"""


@pytest.fixture
def harbor(tmp_path):
    root = tmp_path / "harbor"
    shutil.copytree(REPOSITORY / "fixtures" / "chat", root)
    (root / "questions.toml").unlink()
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=60)
    return root


def command(emacs, name: str, answer: str | None = None) -> None:
    """M-x NAME, and an answer to what it asks."""
    emacs.keys("M-x")
    emacs.wait_for(re.compile(r"^M-x", re.MULTILINE))
    emacs.type(name)
    emacs.keys("Enter")
    if answer is not None:
        emacs.type(answer)
        emacs.keys("Enter")


def open_loop(editors, root: Path):
    """Emacs in the loop of `total_value_cents`, where `total` was typed."""
    emacs = editors.emacs(root, STOCK, INIT)
    emacs.wait_for("[weft]")
    type_in_loop(emacs)
    return emacs


def type_in_loop(emacs) -> None:
    emacs.keys("M-g", "g")
    emacs.type(str(LOOP_LINE))
    # An empty line has nothing to be killed but its end.
    emacs.keys("Enter", "C-e")
    emacs.type("x")
    emacs.keys("C-a", "C-k")
    emacs.type(" " * 12 + TYPED)


def saved(emacs, root: Path) -> str:
    emacs.keys("C-x", "C-s")
    emacs.wait_for(re.compile(r"^Wrote ", re.MULTILINE))
    return (root / STOCK).read_text(encoding="utf-8")


def test_weft_el_is_compiled_without_a_warning(tmp_path):
    copy = tmp_path / "weft.el"
    shutil.copy(WEFT_EL, copy)
    strict = "(setq byte-compile-error-on-warn t)"
    words = [os.environ[EMACS], "-Q", "--batch", "--eval", strict, "-f", "batch-byte-compile", copy]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and copy.with_suffix(".elc").is_file(), done.stderr


def test_ghost_text_in_emacs_appears_while_typing_and_tab_takes_it(open_editors, tmp_path):
    root = workspace(tmp_path)
    emacs = open_loop(open_editors(), root)
    emacs.wait_for(TYPED + SUGGESTED, capture="ghost-text")
    emacs.keys("Tab")
    # The cursor stands behind what was taken.
    emacs.type("  # taken")
    assert f"            {TYPED}{SUGGESTED}  # taken\n        return total\n" in saved(emacs, root)
    emacs.keep("saved")


def test_a_word_is_taken_and_what_follows_is_suggested_again(open_editors, tmp_path):
    root = workspace(tmp_path)
    emacs = open_loop(open_editors(), root)
    emacs.wait_for(TYPED + SUGGESTED)
    emacs.keys("M-Right")
    emacs.wait_for(TYPED + SUGGESTED, capture="one-word-taken")
    emacs.keys("C-g")
    assert f"            {TYPED} +=\n" in saved(emacs, root)


def test_a_killed_server_is_told_in_emacs_and_comes_back(open_editors, tmp_path):
    emacs = open_loop(open_editors(), workspace(tmp_path))
    emacs.wait_for(TYPED + SUGGESTED)
    killed = emacs.children("lsp")
    assert len(killed) == 1
    killed[0].kill()
    emacs.wait_for("Do you want to restart it", capture="server-killed")
    emacs.keys("y")
    wait_until(lambda: [it.pid for it in emacs.children("lsp")] not in ([], [killed[0].pid]), "another server")
    emacs.wait_for("[weft]")
    type_in_loop(emacs)
    emacs.wait_for(TYPED + SUGGESTED, capture="another-server")


def test_a_question_is_asked_in_emacs_and_answered_in_the_document(open_editors, harbor):
    emacs = open_editors().emacs(harbor, "harbor/storage.py", INIT)
    emacs.wait_for("[weft]")
    command(emacs, "weft-chat", "")
    emacs.wait_for("## You", capture="the-document")
    emacs.type("What is the value of MAX_BERTHS? @limits")
    emacs.keys("C-M-i")
    emacs.wait_for("MAX_BERTHS? @harbor/limits.py", capture="mention")
    emacs.keys("C-c", "C-c")
    screen = emacs.wait_for(lambda screen: "prompt tokens" in screen, capture="answer")
    assert "37" in screen
    assert len(emacs.children("lsp")) == 1


def test_an_edit_in_emacs_is_shown_accepted_and_undone(open_editors, harbor):
    emacs = open_editors().emacs(harbor, "harbor/limits.py", INIT)
    path = harbor / "harbor" / "limits.py"
    before = path.read_text()
    emacs.wait_for("[weft]")
    # The first line is the region.
    emacs.keys("M-g", "g")
    emacs.type("3")
    emacs.keys("Enter", "C-Space", "C-n")
    command(emacs, "weft-edit", "Change the value of MAX_BERTHS to 40. Change nothing else.")
    emacs.wait_for("## Block 1")
    emacs.keys("C-x", "1")
    emacs.wait_for(re.compile(r"^ *\+MAX_BERTHS = 40", re.MULTILINE), capture="proposal")
    assert path.read_text() == before, "nothing is touched before it is accepted"
    emacs.keys("C-c", "C-a")
    emacs.wait_for("accepted", capture="accepted")
    emacs.keys("C-x", "b")
    emacs.type("limits.py")
    emacs.keys("Enter")
    emacs.wait_for("MAX_BERTHS = 40")
    emacs.keys("C-x", "C-s")
    wait_until(lambda: "MAX_BERTHS = 40" in path.read_text(), "the accepted edit")
    emacs.keys("C-/")
    emacs.keys("C-x", "C-s")
    wait_until(lambda: path.read_text() == before, "one undo takes it back")


def test_emacs_says_why_and_turns_suggestions_off(open_editors, tmp_path):
    emacs = open_loop(open_editors(), workspace(tmp_path))
    emacs.wait_for(TYPED + SUGGESTED)
    emacs.keys("C-g")
    command(emacs, "weft-why")
    emacs.wait_for("showed a suggestion", capture="why")
    command(emacs, "weft-toggle")
    emacs.wait_for("[weft off")
    command(emacs, "weft-toggle")
    emacs.wait_for("[weft]")


def test_eglot_has_the_suggestion_in_the_menu(open_editors, tmp_path):
    root = workspace(tmp_path)
    init = f"""
(load "{WEFT_EL}")
(setq completions-format 'one-column)
"""
    emacs = open_editors().emacs(root, STOCK, init)
    emacs.wait_for("class Item")
    command(emacs, "weft-eglot")
    emacs.wait_for("Connected!")
    type_in_loop(emacs)
    emacs.keys("C-M-i")
    emacs.wait_for(TYPED + SUGGESTED, capture="menu")
    assert f"            {TYPED}{SUGGESTED}\n        return total\n" in saved(emacs, root)
