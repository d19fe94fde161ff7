"""Chat documents and edits in real Helix, with the real model: by its own commands, menu and code actions."""

import re
import shutil

import pytest

from support.editors import REPOSITORY
from support.weft import wait_until

LANGUAGES = (REPOSITORY / "editors" / "helix" / "languages.toml").read_text(encoding="utf-8")


@pytest.fixture
def harbor(tmp_path):
    root = tmp_path / "harbor"
    shutil.copytree(REPOSITORY / "fixtures" / "chat", root)
    (root / "questions.toml").unlink()
    (root / ".git").mkdir()
    return root


def normal(helix) -> None:
    """Leaves insert mode. What is typed right behind Escape would be read as Alt and that key, so the mode is waited for."""
    if " INS " in helix.screen():
        helix.keys("Escape")
        helix.wait_for(" NOR ")


def command(helix, text: str) -> None:
    normal(helix)
    helix.type(f":{text}")
    helix.keys("Enter")


def act(helix, title: str) -> None:
    """Takes a code action from Helix's menu."""
    normal(helix)
    helix.type(" a")
    # In the menu nothing follows a title; the document has some of them in its text.
    screen = helix.wait_for(re.compile(rf" {re.escape(title)}$", re.MULTILINE), capture="actions")
    # The menu has them below each other, and the first is chosen.
    titles = re.findall(r" (Weft: [a-z …]+[a-z…])$", screen, re.MULTILINE)
    helix.keys(*["Tab"] * titles.index(title), "Enter")


def test_a_chat_document_is_opened_written_sent_and_answered(open_editors, harbor):
    helix = open_editors().helix(harbor, "harbor/storage.py", LANGUAGES)
    helix.wait_for("class BookingStore")
    command(helix, "lsp-workspace-command weft.chat.open")
    helix.wait_for("## You", capture="the-document")
    helix.type("iWhat is the value of MAX_BERTHS? @lim")
    helix.wait_for("harbor/limits.py", capture="menu")
    helix.keys("Tab", "Enter")
    helix.wait_for("MAX_BERTHS? @harbor/limits.py")
    act(helix, "Weft: send")
    helix.wait_for("## Weft", capture="answering")
    screen = helix.wait_for(lambda screen: "prompt tokens" in screen, capture="answer")
    assert "37" in screen


def test_an_edit_is_asked_for_shown_accepted_and_undone(open_editors, harbor):
    helix = open_editors().helix(harbor, "harbor/limits.py", LANGUAGES)
    path = harbor / "harbor" / "limits.py"
    before = path.read_text()
    helix.wait_for("MAX_BERTHS = 37")
    helix.type("3ggx")
    act(helix, "Weft: edit…")
    helix.wait_for("Say below what is to change", capture="asked")
    helix.type("iChange the value of MAX_BERTHS to 40. Change nothing else.")
    helix.wait_for(re.compile(r"nothing else\..* INS ", re.DOTALL))
    act(helix, "Weft: send")
    helix.wait_for(re.compile(r"\+MAX_BERTHS = 40"), capture="proposal")
    assert path.read_text() == before, "nothing is touched before it is accepted"
    act(helix, "Weft: accept all")
    helix.wait_for("accepted", capture="accepted")
    command(helix, "open harbor/limits.py")
    helix.wait_for("MAX_BERTHS = 40")
    command(helix, "w")
    wait_until(lambda: "MAX_BERTHS = 40" in path.read_text(), "the accepted edit")
    helix.type("u")
    command(helix, "w")
    wait_until(lambda: path.read_text() == before, "one undo takes it back")
