"""Chat documents, code actions and commands, with the real model: what an editor without a panel can do."""

import shutil

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from support.editor import Editor

FIGURES = "prompt tokens,"


@pytest.fixture
def workspace(fixtures, tmp_path):
    folder = tmp_path / "harbor"
    shutil.copytree(fixtures / "chat", folder)
    (folder / "questions.toml").unlink()
    return folder


@pytest.fixture
async def harbor(weft, workspace):
    async with Editor.started(weft, root=workspace) as editor:
        await editor.index()
        yield editor


async def opened(editor, question=""):
    await editor.command("weft.chat.open")
    document = await editor.shown()
    if question:
        document.insert(document.text.rindex("\n"), question)
    return document


def answered(times):
    """The text has so many answers with their figures, and a place for the next question."""
    return lambda text: text.count(FIGURES) == times and text.endswith("\n\n## You\n\n")


async def asked(editor, question):
    document = await opened(editor, question)
    await editor.command("weft.chat.send", {"textDocument": {"uri": document.uri}})
    await document.until(answered(1), "the answer")
    return document


async def test_a_question_is_written_with_the_menu_and_its_answer_streams_into_the_document(harbor):
    document = await opened(harbor, "What is the value of MAX_BERTHS? @lim")
    menu = await document.menu(document.text.rindex("@lim") + 4)
    item = menu["@harbor/limits.py"]
    document.apply([item.text_edit])
    assert document.text.endswith("MAX_BERTHS? @harbor/limits.py \n")
    before = document.version

    await document.act("Weft: send", len(document.text))
    await document.until(answered(1), "the answer")
    question, answer = document.text.split("\n\n## Weft\n\n")
    assert "37" in answer and "*with harbor/limits.py" in answer
    assert question.startswith("<!-- weft: session ") and "writing" not in document.text
    assert document.version > before + 3, "in pieces"

    document.insert(len(document.text), "And the value of GRACE_MINUTES?")
    await document.act("Weft: send", len(document.text))
    await document.until(answered(2), "the second answer")
    session = question.split("session ")[1].split(" ")[0]
    kept = await harbor.request("weft/chat/session", {"id": session})
    assert [it["role"] for it in kept["messages"]] == ["user", "assistant"] * 2


async def test_an_earlier_question_is_sent_again_and_replaces_what_followed(harbor):
    document = await asked(harbor, "Say only: one")
    document.insert(len(document.text), "Say only: two")
    await document.act("Weft: send", len(document.text))
    await document.until(answered(2), "the second answer")
    document.insert(len(document.text), "a draft")

    at = document.text.index("Say only: one")
    document.replace(at, at + len("Say only: one"), "Say only: three")
    await document.act("Weft: send", at)
    await document.until(lambda text: text.count(FIGURES) == 1, "the new answer")
    assert "Say only: two" not in document.text
    assert document.text.endswith("## You\n\na draft"), "what was not sent is not lost"
    session = document.text.split("session ")[1].split(" ")[0]
    kept = await harbor.request("weft/chat/session", {"id": session})
    assert [it["text"] for it in kept["messages"] if it["role"] == "user"] == ["Say only: three"]


async def test_a_stopped_answer_keeps_what_came_though_the_user_types_and_edits_are_refused(harbor):
    document = await opened(harbor, "Tell a long story about a harbour and its ships, in 2000 words.")
    await harbor.command("weft.chat.send", {"textDocument": {"uri": document.uri}})
    await document.until(lambda text: "## Weft" in text and len(text.split("## Weft")[-1]) > 80, "the beginning")
    assert "Weft: stop" in await document.actions(len(document.text))
    with pytest.raises(JsonRpcException, match="being written"):
        await harbor.command("weft.chat.send", {"textDocument": {"uri": document.uri}})
    harbor.refuse_edits = 2
    document.replace(document.text.index("*Write"), document.text.index("*Write"), "My notes.\n\n")
    await document.until(lambda text: len(text.split("## Weft")[-1]) > 240, "more")
    await harbor.command("weft.chat.stop", {"textDocument": {"uri": document.uri}})
    await document.until(answered(1), "the end")
    assert "*stopped · " in document.text and "My notes." in document.text
    written = document.text.split("## Weft\n\n")[1].split("\n\n*stopped")[0]
    session = document.text.split("session ")[1].split(" ")[0]
    kept = await harbor.request("weft/chat/session", {"id": session})
    assert kept["messages"][-1]["state"] == "stopped"
    # Only a code block that was open is closed below it.
    assert written.removesuffix("```").strip() == kept["messages"][-1]["text"].strip(), "nothing is lost or doubled"


async def test_what_cannot_be_sent_is_said_below_the_question(harbor):
    document = await opened(harbor, "see @missing.py")
    for _ in range(2):
        await document.act("Weft: send", len(document.text))
        await document.until(lambda text: "Not sent" in text and "missing.py" in text.split("Not sent")[1], "why")
    assert document.text.count("> **Not sent:** ") == 1
    assert "new session" in document.text
    at = document.text.index("@missing.py")
    document.replace(at, at + len("@missing.py"), "Say only: yes")
    await document.act("Weft: send", at)
    await document.until(answered(1), "the answer")
    assert "Not sent" not in document.text


async def test_commands_that_need_no_model_are_answered_in_the_document(harbor):
    document = await opened(harbor, "/help")
    await harbor.command("weft.chat.send")
    await document.until(lambda text: "/explain" in text and text.endswith("## You\n\n"), "the help")


async def test_a_chat_opened_from_code_begins_with_the_place(harbor, workspace):
    path = workspace / "harbor" / "limits.py"
    code = harbor.open(path.read_text(encoding="utf-8"), name="harbor/limits.py")
    selection = {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}
    argument = {"textDocument": {"uri": code.uri}, "selection": selection, "text": "Why"}
    await harbor.command("weft.chat.open", argument)
    document = await harbor.shown()
    assert document.text.endswith("## You\n\nWhy @harbor/limits.py:2-3 \n")


async def test_there_is_no_ghost_text_in_a_chat_document(harbor):
    document = await opened(harbor, "def add(a, b")
    assert await document.complete(len(document.text)) == []
    assert (await harbor.trace(document))["reason_code"] == "chat_document"


async def test_the_code_actions_of_code(harbor):
    code = harbor.open("def add(first, second):\n    return first\n", name="harbor/sums.py")
    always = ["Weft: explain", "Weft: document", "Weft: write tests", "Weft: edit…"]
    assert list(await code.actions(5)) == always
    where = types.Range(types.Position(1, 4), types.Position(1, 10))
    problem = types.Diagnostic(range=where, message="second is not used")
    assert list(await code.actions(30, [problem])) == ["Weft: explain", "Weft: fix", *always[1:]]


async def test_lenses_stand_above_functions_where_they_are_wanted(weft, workspace):
    text = "class Pier:\n    @property\n    def berths(self):\n        def inner():\n            return 1\n        return inner()\n\n\nLIMIT = 1\n"
    asked = types.CodeLensParams(text_document=types.TextDocumentIdentifier(uri=(workspace / "harbor" / "pier.py").as_uri()))
    async with Editor.started(weft, root=workspace, options={"codeLens": True}) as editor:
        code = editor.open(text, name="harbor/pier.py")
        lenses = await editor.client.text_document_code_lens_async(asked)
        places = [(it.range.start.line, it.command.title) for it in lenses]
        titles = ["Weft: explain", "document", "tests", "edit…"]
        assert places == [(line, title) for line in (0, 1) for title in titles]
        # What a lens does is what the code action does: here it asks about the whole function.
        explain = lenses[4].command
        await editor.command(explain.command, explain.arguments[0])
        document = await editor.shown()
        assert "\n/explain @harbor/pier.py:2-6" in document.text
        await document.until(answered(1), "the answer")
        assert code.text == text
    async with Editor.started(weft, root=workspace) as editor:
        editor.open(text, name="harbor/pier.py")
        assert not await editor.client.text_document_code_lens_async(asked)


async def test_explain_asks_in_a_chat_document(harbor, workspace):
    text = (workspace / "harbor" / "limits.py").read_text(encoding="utf-8")
    code = harbor.open(text, name="harbor/limits.py")
    await code.act("Weft: explain", text.index("def overstay_fee") + 6)
    document = await harbor.shown()
    assert "\n/explain @harbor/limits.py:" in document.text
    await document.until(answered(1), "the answer")


async def test_an_edit_is_asked_for_shown_and_accepted(harbor):
    before = "def add(first, second):\n    return first - second\n\n\ndef other():\n    return 1\n"
    code = harbor.open(before, name="harbor/sums.py")
    await code.act("Weft: edit…", 5)
    question = await harbor.shown()
    assert "harbor/sums.py" in question.text
    question.insert(len(question.text) - 1, "return the sum: use + instead of -")
    await question.act("Weft: send", len(question.text))
    proposal = await harbor.shown()
    assert "```diff" in proposal.text and code.text == before, "nothing changes before it is accepted"
    at = proposal.text.index("```diff") + 3
    offered = ["Weft: accept all", "Weft: accept this block", "Weft: reject"]
    assert [it for it in await proposal.actions(at) if it in offered] == offered

    await proposal.act("Weft: accept all", at)
    assert "return first + second" in code.text and code.text.endswith("def other():\n    return 1\n")
    await proposal.until(lambda text: "## Block 1: accepted\n" in text, "the mark")
    assert await proposal.actions(at) == {}


async def test_a_code_block_of_a_chat_is_applied_to_its_file(harbor):
    code = harbor.open("def add(first, second):\n    return first\n", name="harbor/sums.py")
    document = await opened(harbor, "```python\ndef add(first, second):\n    return first + second\n```\n")
    await document.act("Weft: apply", document.text.index("def add"))
    proposal = await harbor.shown()
    await proposal.act("Weft: reject", 0)
    await proposal.until(lambda text: "## Block 1: rejected\n" in text, "the mark")
    assert code.text == "def add(first, second):\n    return first\n"


async def test_a_code_block_is_applied_without_any_model(make_weft, empty_models, workspace):
    weft = make_weft(WEFT_MODELS=str(empty_models))
    async with Editor.started(weft, root=workspace) as harbor:
        await harbor.index()
        code = harbor.open("def add(first, second):\n    return first\n", name="harbor/sums.py")
        document = await opened(harbor, "```python\ndef add(first, second):\n    return first + second\n```\n")
        await document.act("Weft: apply", document.text.index("def add"))
        proposal = await harbor.shown()
        await proposal.act("Weft: accept all", proposal.text.index("first + second"))
        assert code.text == "def add(first, second):\n    return first + second\n"


TWO = "def add(first, second):\n    return first\n\n\ndef half(number):\n    return number\n"
BETTER = "def add(first, second):\n    return first + second\n\n\ndef half(number):\n    return number / 2\n"


async def test_blocks_of_a_proposal_are_accepted_and_rejected_one_by_one(harbor):
    code = harbor.open(TWO, name="harbor/sums.py")
    document = await opened(harbor, f"```python\n{BETTER}```\n")
    await document.act("Weft: apply", document.text.index("def add"))
    proposal = await harbor.shown()
    second = proposal.text.index("number / 2")
    await proposal.act("Weft: accept this block", second)
    assert code.text == TWO.replace("return number\n", "return number / 2\n")
    await proposal.until(lambda text: "## Block 2: accepted" in text, "the mark")
    # What is left can be decided still, where its lines are now.
    code.insert(0, "import math\n\n\n")
    await proposal.act("Weft: reject", proposal.text.index("first + second"))
    await proposal.until(lambda text: "## Block 1: rejected" in text, "the mark of the other")
    assert code.text == "import math\n\n\n" + TWO.replace("return number\n", "return number / 2\n")


@pytest.mark.parametrize("kind", ["fix", "document", "tests"])
async def test_what_a_code_action_proposes_is_sound_or_refused_with_a_reason(harbor, kind):
    before = "def total(prices):\n    result = 0\n    for price in prices:\n        result += prise\n    return result\n"
    code = harbor.open(before, name="harbor/sums.py")
    at = before.index("prise")
    place = {"line": 3, "character": len(before[:at].rsplit("\n", 1)[1])}
    where = {"start": place, "end": {"line": 3, "character": place["character"] + 5}}
    params = {"textDocument": {"uri": code.uri}, "range": where, "kind": kind}
    if kind == "fix":
        params["problems"] = [{"range": where, "message": "undefined name 'prise'"}]
    try:
        proposal = await harbor.request("weft/edit/propose", params)
    except JsonRpcException as error:
        # A small model may write nothing that can be used; then it is said, and nothing has changed.
        assert len(str(error)) > 20 and code.text == before
        return
    assert code.text == before, "nothing changes before it is accepted"
    target = code if proposal["uri"] == code.uri else None
    for block in proposal["blocks"]:
        assert block["oldText"] != block["newText"]
    if kind == "fix":
        assert target and "result += price" in proposal["diff"], proposal["diff"]
    accepted = await harbor.request("weft/edit/accept", {"id": proposal["id"]})
    assert accepted["applied"] and accepted["left"] == 0
    if target:
        compile(code.text, "sums.py", "exec")
    if kind == "document":
        assert '"""' in code.text and "for price in prices" in code.text


async def test_suggestions_are_turned_off_and_on(harbor):
    code = harbor.open("def add(first, second):\n    return ", name="harbor/sums.py")
    place = {"textDocument": {"uri": code.uri}}
    for argument in [None, place]:
        assert (await harbor.command("weft.toggle", argument))["on"] is False
        assert await code.complete(len(code.text)) == []
        assert (await harbor.trace(code))["reason_code"] == "off"
        await harbor.command("weft.why")
        await harbor.message("suggestions are off here")
        assert (await harbor.command("weft.toggle", argument))["on"] is True
    assert await code.complete(len(code.text))


async def test_a_wrong_command_or_argument_is_said(harbor):
    for name, argument, words in [
        ("weft.nothing", None, "no command"),
        ("weft.useModel", {"name": "no-such-model"}, "weft models pull"),
        ("weft.edit", {"kind": "fix"}, "textDocument"),
        ("weft.edit.accept", {"id": "edit-99"}, "no such proposal"),
    ]:
        with pytest.raises(JsonRpcException, match=words):
            await harbor.command(name, argument)
