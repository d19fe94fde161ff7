"""Chat over the language server, with the real model: questions whose answers stand in a mentioned file, sessions, edits."""

import os
import re
import shutil
import tomllib

import pytest

from support.chat import Chat
from support.editor import Editor


@pytest.fixture
def workspace(fixtures, tmp_path):
    folder = tmp_path / "harbor"
    shutil.copytree(fixtures / "chat", folder)
    (folder / "questions.toml").unlink()
    return folder


@pytest.fixture
async def chat(weft, workspace):
    async with Editor.started(weft, root=workspace) as editor:
        await editor.request("weft/index", {"wait": True})
        yield Chat(editor)


async def test_an_answer_streams_and_is_kept(chat):
    sent = await chat.send("What is the value of MAX_BERTHS? @harbor/limits.py")
    assert sent.answer["state"] == "done", sent.answer
    assert "37" in sent.answer["text"]
    assert [it["kind"] for it in sent.progress if it["kind"] in ("started", "text")][0] == "started"
    assert "".join(it["text"] for it in sent.progress if it["kind"] == "text") == sent.answer["text"]
    started = next(it for it in sent.progress if it["kind"] == "started")
    assert [it["title"] for it in started["attachments"]] == ["harbor/limits.py"]
    assert started["attachments"][0]["uri"].endswith("/harbor/limits.py")
    stats = sent.answer["stats"]
    assert stats["promptTokens"] > 100 and stats["tokens"] > 0 and stats["firstTokenMs"] > 0

    more = await chat.send("And the value of GRACE_MINUTES?", session=sent.answer["sessionId"])
    assert more.answer["stats"]["cachedTokens"] > stats["promptTokens"] / 2, "the conversation is evaluated once"
    kept = await chat.request("weft/chat/session", {"id": sent.answer["sessionId"]})
    assert [it["role"] for it in kept["messages"]] == ["user", "assistant", "user", "assistant"]
    assert kept["messages"][1]["text"] == sent.answer["text"]
    assert kept["title"].startswith("What is the value of MAX_BERTHS")


async def test_what_went_along_is_handed_out_as_it_was_sent(chat, workspace):
    file = workspace / "harbor/limits.py"
    before = file.read_text()
    sent = await chat.send("Say only: yes. @harbor/limits.py")
    of = {"sessionId": sent.answer["sessionId"], "messageId": sent.answer["messageId"]}
    file.write_text("SECRET = 'written later'\n")
    attached = await chat.request("weft/chat/attachment", {**of, "index": 0})
    started = next(it for it in sent.progress if it["kind"] == "started")
    told = {key: value for key, value in started["attachments"][0].items() if key != "tokens"}
    assert {**attached, **told} == attached, "it says the same as the message"
    assert attached["tokens"] > 0
    assert (attached["path"], attached["language"], attached["cut"]) == ("harbor/limits.py", "python", "")
    assert attached["text"].strip() == before.strip()
    assert "counted from 0" in await chat.refused("weft/chat/attachment", {**of, "index": 1})
    other = await chat.send("Say only: no")
    elsewhere = {**of, "sessionId": other.answer["sessionId"]}
    assert "no such message" in await chat.refused("weft/chat/attachment", {**elsewhere, "index": 0})


async def test_sessions_are_listed_renamed_exported_and_deleted(chat):
    sent = await chat.send("Say only: yes")
    session = sent.answer["sessionId"]
    await chat.request("weft/chat/rename", {"id": session, "title": "A short talk"})
    listed = await chat.request("weft/chat/sessions", {"query": "short talk"})
    assert [it["id"] for it in listed["sessions"]] == [session]
    exported = await chat.request("weft/chat/export", {"id": session})
    assert "# A short talk" in exported["markdown"] and "Say only: yes" in exported["markdown"]
    await chat.request("weft/chat/delete", {"id": session})
    assert "deleted" in await chat.refused("weft/chat/session", {"id": session})


async def test_an_edited_question_replaces_what_followed(chat):
    first = await chat.send("Say only: one")
    session = first.answer["sessionId"]
    again = await chat.send("Say only: two", session=session, replaces=first.answer["messageId"])
    kept = await chat.request("weft/chat/session", {"id": session})
    assert [it["text"] for it in kept["messages"] if it["role"] == "user"] == ["Say only: two"]
    await chat.send("", session=session, replaces=again.answer["messageId"], regenerate=True)
    kept = await chat.request("weft/chat/session", {"id": session})
    assert [it["text"] for it in kept["messages"] if it["role"] == "user"] == ["Say only: two"]


async def test_a_stopped_answer_keeps_what_came(chat):
    running = chat.begin("Count from 1 to 200 in words, one a line.")
    await running.until(lambda it: it["kind"] == "text")
    started = next(it for it in running.progress if it["kind"] == "started")
    await running.stop()
    kept = await chat.request("weft/chat/session", {"id": started["sessionId"]})
    assert kept["messages"][-1]["state"] == "stopped"
    assert kept["messages"][-1]["text"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("see @missing.py", ["missing.py"]),
        ("see @../../etc/passwd", ["passwd"]),
        ("/nonsense", ["nonsense"]),
        ("   ", ["empty"]),
    ],
)
async def test_what_cannot_be_sent_says_why_and_is_not_kept(chat, text, words):
    before = await chat.request("weft/chat/sessions", {})
    message = await chat.refused("weft/chat/send", {"text": text})
    assert all(word in message for word in words), message
    assert await chat.request("weft/chat/sessions", {}) == before


async def test_what_is_typed_is_completed_and_resolved(chat):
    menu = await chat.request("weft/chat/complete", {"text": "see @lim", "offset": 8})
    assert menu["start"] == 4 and menu["end"] == 8
    assert "@harbor/limits.py " in [it["insertText"] for it in menu["items"]]
    commands = await chat.request("weft/chat/complete", {"text": "/ex", "offset": 3})
    assert [it["label"] for it in commands["items"]] == ["/explain"]
    found = await chat.request("weft/chat/resolve", {"text": "what of @overstay_fee and @nothing_like_it?"})
    assert [it["title"] for it in found["attachments"]] == ["overstay_fee in harbor/limits.py, lines 10 to 14"]
    assert [it["mention"] for it in found["problems"]] == ["@nothing_like_it"]
    assert 0 < found["tokens"] < found["budget"]


async def test_help_needs_no_model(chat):
    sent = await chat.send("/help")
    assert "/explain" in sent.answer["text"] and sent.answer["sessionId"] == ""


async def test_the_models_are_known(chat):
    models = (await chat.request("weft/models", None))["models"]
    assert [it["name"] for it in models if it["installed"]]
    assert "weft models pull" in await chat.refused("weft/useModel", {"name": "no-such-model"})


async def test_completion_goes_on_during_an_answer(chat):
    running = chat.begin("Count from 1 to 200 in words, one a line.")
    await running.until(lambda it: it["kind"] == "text")
    document = chat.editor.open("def add(first, second):\n    return ", name="harbor/sums.py")
    items = await document.complete(len(document.text))
    assert items, "ghost text while the answer is written"
    assert not running.is_done(), "the answer goes on"
    await running.stop()


def questions(fixtures):
    return tomllib.loads((fixtures / "chat" / "questions.toml").read_text(encoding="utf-8"))["question"]


@pytest.mark.parametrize("mentioned", [True, False])
async def test_questions_are_answered_from_the_mentioned_file(chat, fixtures, record_property, mentioned):
    """With the small model, or with that of WEFT_QUESTIONS_MODEL, which must be in WEFT_TEST_MODELS."""
    model = os.environ.get("WEFT_QUESTIONS_MODEL")
    missed = []
    for question in questions(fixtures):
        text = f"{question['ask']} {question['mention']}" if mentioned else question["ask"]
        sent = await chat.send(text, **({"model": model} if model else {}))
        if not re.search(question["answer"], sent.answer["text"], re.IGNORECASE):
            missed.append(question["ask"])
    right = len(questions(fixtures)) - len(missed)
    how = "with the mention" if mentioned else "without it"
    record_property(f"questions answered {how}, of 20", f"{right}; not: {missed}" if mentioned else right)
    assert (right >= 12) if mentioned else (right <= 4), missed
