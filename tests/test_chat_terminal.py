"""`weft chat` in a real terminal, as a person uses it."""

import os
import re
import shutil
from pathlib import Path

import pytest

from support.terminal import Terminal


@pytest.fixture
def talk(weft, fixtures, tmp_path, request):
    root = tmp_path / "harbor"
    shutil.copytree(fixtures / "chat", root)
    (root / "questions.toml").unlink()
    (root / ".git").mkdir()
    captures = Path(os.environ.get("WEFT_CAPTURES") or tmp_path / "captures") / request.node.name
    terminal = Terminal([weft.binary, "chat"], root, weft.environment, captures)
    terminal.wait_for("Ctrl-D ends")
    yield terminal
    terminal.end()


def test_a_mention_is_completed_answered_and_the_conversation_kept(talk, weft):
    talk.type("What is the value of MAX_BERTHS? @lim")
    talk.keys("Tab")
    talk.wait_for("@harbor/limits.py", capture="completed")
    talk.keys("Enter")
    screen = talk.wait_for(re.compile(r"tokens/s"), capture="answered")
    assert "37" in screen.split("limits.py")[-1]
    talk.keys("C-d")
    talk.wait_until_ended()
    assert "MAX_BERTHS" in weft.run("chat", "--list").stdout


def test_an_answer_is_stopped_with_control_c_and_the_conversation_goes_on(talk):
    talk.type("Tell a long story about a harbour, in 2000 words.")
    talk.keys("Enter")
    talk.wait_for(re.compile(r"2000 words\.\n+[^\n]*\w{3,}.*\n?", re.DOTALL))
    talk.keys("C-c")
    talk.wait_for(lambda screen: screen.rstrip().endswith(">"), capture="stopped")
    talk.type("/he")
    talk.keys("Tab", "Enter")
    talk.wait_for("/explain", capture="help")
    # What was asked before is in the history.
    talk.keys("Up", "Up")
    talk.wait_for(re.compile(r"> Tell a long story[^\n]*\s*$"))


def test_what_cannot_be_sent_says_why(talk):
    talk.type("see @missing.py")
    talk.keys("Enter")
    talk.wait_for(re.compile(r"weft: .*missing\.py"), capture="why")
