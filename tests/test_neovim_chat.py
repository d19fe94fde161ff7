"""Chat documents and edits in real Neovim, with the plugin and the real model: what a user types and sees."""

import re
import shutil

import pytest

from support.editors import NEOVIM, NEOVIM_0_10, NEOVIM_0_11, PLUGIN, REPOSITORY
from support.weft import wait_until

INIT = f"""
vim.opt.runtimepath:prepend("{PLUGIN}")
require("weft").setup({{ ghost_text = false, window = "split" }})
"""


@pytest.fixture
def harbor(tmp_path):
    root = tmp_path / "harbor"
    shutil.copytree(REPOSITORY / "fixtures" / "chat", root)
    (root / "questions.toml").unlink()
    (root / ".git").mkdir()
    return root


def command(neovim, text: str) -> None:
    neovim.keys("Escape")
    neovim.type(f":{text}")
    neovim.keys("Enter")


@pytest.mark.parametrize("variable", [NEOVIM, NEOVIM_0_11], ids=["0.12", "0.11"])
def test_a_question_is_asked_with_the_menu_and_the_answer_streams_into_the_document(open_editors, harbor, variable):
    neovim = open_editors().neovim(variable, harbor, "harbor/storage.py", INIT)
    neovim.wait_for("class BookingStore")
    command(neovim, "Weft chat")
    neovim.wait_for("## You", capture="the-document")
    # The cursor stands where the question goes, in insert mode.
    neovim.wait_for("-- INSERT --")
    neovim.type("What is the value of MAX_BERTHS? @lim")
    neovim.wait_for(re.compile(r"harbor/limits\.py"), capture="menu")
    neovim.keys("C-n")
    neovim.keys("C-y")
    neovim.wait_for("MAX_BERTHS? @harbor/limits.py")
    neovim.keys("Escape", "Enter")
    neovim.wait_for(re.compile(r"## Weft"), capture="answering")
    screen = neovim.wait_for(lambda screen: "prompt tokens" in screen, capture="answer")
    assert "37" in screen
    # The server is the one of the code: no second one for the folder of chats.
    assert len(neovim.children("lsp")) == 1


def test_a_question_in_the_command_is_sent_at_once_and_its_answer_can_be_stopped(open_editors, harbor):
    neovim = open_editors().neovim(NEOVIM, harbor, "harbor/limits.py", INIT)
    neovim.wait_for("MAX_BERTHS = 37")
    command(neovim, "Weft chat Tell a long story about a harbour, in 2000 words.")
    neovim.wait_for(re.compile(r"## Weft.*tokens\)\*.*harbou?r", re.DOTALL | re.IGNORECASE))
    command(neovim, "Weft stop")
    neovim.wait_for("*stopped", capture="stopped")


def test_an_edit_is_shown_accepted_and_undone(open_editors, harbor):
    neovim = open_editors().neovim(NEOVIM, harbor, "harbor/limits.py", INIT)
    neovim.wait_for("MAX_BERTHS = 37")
    before = (harbor / "harbor" / "limits.py").read_text()
    command(neovim, "3Weft edit Change the value of MAX_BERTHS to 40. Change nothing else.")
    neovim.wait_for(re.compile(r"^\+MAX_BERTHS = 40", re.MULTILINE), capture="proposal")
    # Nothing is touched before it is accepted.
    assert (harbor / "harbor" / "limits.py").read_text() == before
    command(neovim, "Weft accept")
    neovim.wait_for("accepted")
    command(neovim, "wincmd p")
    command(neovim, "w")
    wait_until(lambda: "MAX_BERTHS = 40" in (harbor / "harbor" / "limits.py").read_text(), "the accepted edit")
    neovim.keep("accepted")
    neovim.keys("u")
    command(neovim, "w")
    wait_until(lambda: (harbor / "harbor" / "limits.py").read_text() == before, "one undo takes it back")


def test_omni_completion_has_the_mentions_where_neovim_has_no_menu_of_its_own(open_editors, harbor):
    neovim = open_editors().neovim(NEOVIM_0_10, harbor, "harbor/storage.py", INIT)
    neovim.wait_for("class BookingStore")
    command(neovim, "Weft chat")
    neovim.wait_for("## You")
    neovim.wait_for("-- INSERT --")
    neovim.type("What is the value of MAX_BERTHS? @limits")
    neovim.keys("C-x", "C-o")
    neovim.wait_for("MAX_BERTHS? @harbor/limits.py", capture="omni")
    neovim.keys("C-y")
    neovim.keys("Escape", "Enter")
    screen = neovim.wait_for(lambda screen: "prompt tokens" in screen, capture="answer")
    assert "37" in screen


def test_a_chat_can_be_in_a_float(open_editors, harbor):
    init = INIT.replace('window = "split"', 'window = "float"')
    neovim = open_editors().neovim(NEOVIM_0_11, harbor, "harbor/storage.py", init)
    neovim.wait_for("class BookingStore")
    command(neovim, "Weft chat")
    neovim.wait_for(re.compile(r"╭─+╮.*## You.*╰─+╯", re.DOTALL), capture="float")
