"""textDocument/inlineCompletion with the real model: asked, accepted, typed through, cancelled, superseded."""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from support.editor import AUTOMATIC, INVOKED, REQUEST_CANCELLED, Editor
from support.samples import LONG_BODY, SUM, SUM_REST, at_cursor, copying
from support.weft import PATIENCE_SECONDS, wait_until


async def started_engine(editor):
    """The engine, with the model in memory."""
    document = editor.open(SUM, "warm.py")
    assert await document.complete(len(SUM))
    return editor.weft.engine()


async def computing(engine, start: float) -> None:
    """Waits until the engine is in the middle of a request: it has computed for a while."""
    await asyncio.to_thread(wait_until, lambda: engine.busy_seconds() > start + 0.2, "work on the request")


@pytest.mark.parametrize("kind", [AUTOMATIC, INVOKED])
async def test_a_suggestion_is_shown_and_traced(editor, kind):
    document = editor.open(SUM, version=7)
    items = await document.complete(len(SUM), kind)
    assert items[0].insert_text == SUM_REST
    trace = await editor.trace(document)
    assert trace["outcome"] == "shown"
    assert trace["reason"] is None
    assert trace["source"] == "engine"
    assert trace["tokens"] > 0
    assert trace["total_ms"] >= trace["prompt_ms"] >= 0
    assert (await editor.why())[0] == trace, "the newest is the first"


async def test_automatic_gives_one_and_invoked_several_different_suggestions(editor):
    text, cursor = at_cursor(LONG_BODY)
    document = editor.open(text)
    assert len(await document.complete(cursor, AUTOMATIC)) == 1
    several = [item.insert_text for item in await document.complete(cursor, INVOKED)]
    assert len(several) > 1
    assert len(set(several)) == len(several)


async def test_a_suggestion_is_plain_text_at_the_cursor(editor):
    """Editors assume it: a range on one line that holds the cursor, and no snippet."""
    document = editor.open(SUM + "\n")
    cursor = len(SUM)
    for item in await document.complete(cursor, INVOKED):
        assert isinstance(item.insert_text, str) and item.insert_text
        if item.range:
            assert item.range.start == document.position(cursor)
            assert item.range.end.line == item.range.start.line


async def test_after_accepting_the_next_request_sees_the_accepted_text(editor):
    text = copying(48213)
    document = editor.open(text)
    [item] = await document.complete(len(text))
    assert item.insert_text.startswith("48213")
    cursor = document.accept(item, len(text))
    # Not the same line again: a suggestion that repeats the line above is dropped.
    document.insert(cursor, "\nagain = secret_total_")
    [item] = await document.complete(cursor + len("\nagain = secret_total_"))
    assert item.insert_text.startswith("48213")


async def test_typing_through_a_suggestion_asks_no_engine(editor):
    document = editor.open(SUM)
    cursor = len(SUM)
    [shown] = await document.complete(cursor)
    for typed in range(1, len(SUM_REST)):
        document.insert(cursor, SUM_REST[typed - 1])
        cursor += 1
        [item] = await document.complete(cursor)
        start = document.offset(item.range.start) if item.range else cursor
        assert document.text[:start] + item.insert_text == SUM + shown.insert_text
        trace = await editor.trace(document)
        assert (trace["source"], trace["tokens"]) == ("memory", 0)


async def test_typing_something_else_asks_the_engine_again(editor):
    document = editor.open(SUM)
    await document.complete(len(SUM))
    document.insert(len(SUM), "(")
    await document.complete(len(SUM) + 1)
    assert (await editor.trace(document))["source"] == "engine"


async def test_the_same_question_again_is_answered_from_memory(editor):
    document = editor.open(SUM)
    first = await document.complete(len(SUM))
    assert [it.insert_text for it in await document.complete(len(SUM))] == [it.insert_text for it in first]
    newest, before, *_ = await editor.why()
    assert (newest["source"], before["source"]) == ("memory", "engine")


async def test_a_cancelled_request_says_so_and_stops_the_engine(editor):
    text, cursor = at_cursor("# Cancelled before it is done.\n" + LONG_BODY)
    document = editor.open(text)
    engine = await started_engine(editor)
    start = await asyncio.to_thread(engine.wait_until_idle)
    request = document.request(cursor, INVOKED, request_id="to-be-cancelled")
    await computing(engine, start)
    editor.client.cancel_request(types.CancelParams(id="to-be-cancelled"))
    with pytest.raises(JsonRpcException) as error:
        await asyncio.wait_for(request, PATIENCE_SECONDS)
    assert error.value.code == REQUEST_CANCELLED
    trace = await editor.trace(document)
    assert (trace["outcome"], trace["reason_code"]) == ("empty", "cancelled")
    stopped = await asyncio.to_thread(engine.wait_until_idle)
    assert await document.complete(cursor, INVOKED), "the next request is served"
    whole = await asyncio.to_thread(engine.wait_until_idle)
    assert stopped - start < (whole - stopped) / 2, "the engine went on after the cancellation"


async def test_a_superseded_request_shows_nothing_and_stops_for_the_newer_one(editor):
    long, cursor = at_cursor("# Superseded before it is done.\n" + LONG_BODY)
    # The newer request, at the end of the text, is done after a few tokens.
    text = long + "\n\n" + copying(60319)
    document = editor.open(text)
    engine = await started_engine(editor)
    start = await asyncio.to_thread(engine.wait_until_idle)
    old = document.request(cursor, INVOKED)
    await computing(engine, start)
    document.insert(0, "#")
    [newer] = await document.complete(len(text) + 1)
    assert newer.insert_text.startswith("60319")
    stopped = await asyncio.to_thread(engine.wait_until_idle)
    assert await document.complete(cursor + 1, INVOKED)
    whole = await asyncio.to_thread(engine.wait_until_idle)
    assert stopped - start < whole - stopped, "the engine went on with the old request"
    try:
        answer = await asyncio.wait_for(old, PATIENCE_SECONDS)
        assert list(answer.items) == []
    except JsonRpcException as error:
        assert error.code in (REQUEST_CANCELLED, types.LSPErrorCodes.ServerCancelled, types.LSPErrorCodes.ContentModified)
    trace = await editor.trace(document, version=1)
    assert (trace["outcome"], trace["reason_code"]) == ("empty", "superseded")


async def test_many_requests_while_typing_leave_only_the_last_one_shown(editor):
    before = "def multiply(a, b):\n    return "
    document = editor.open(before)
    requests = []
    for typed, character in enumerate("a * "):
        document.insert(len(before) + typed, character)
        requests.append(document.request(len(before) + typed + 1))
    answers = await asyncio.wait_for(asyncio.gather(*requests, return_exceptions=True), PATIENCE_SECONDS)
    shown = [index for index, it in enumerate(answers) if not isinstance(it, Exception) and it.items]
    assert shown == [len(requests) - 1]
    assert answers[-1].items[0].insert_text.startswith("b")


async def test_two_documents_do_not_supersede_each_other(editor):
    first = editor.open(copying(58391), "first.py")
    second = editor.open(copying(27164), "second.py")
    answers = await asyncio.gather(first.complete(len(first.text)), second.complete(len(second.text)))
    assert [it[0].insert_text[:5] for it in answers] == ["58391", "27164"]


@pytest.mark.parametrize(
    ("language", "name", "text", "expected"),
    [
        ("rust", "lib.rs", "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\nfn multiply(a: i32, b: i32) -> i32 {\n    ", "a * b"),
        ("go", "main.go", "func add(a, b int) int {\n\treturn a + b\n}\n\nfunc multiply(a, b int) int {\n\treturn ", "a * b"),
        ("typescript", "a.ts", "const add = (a: number, b: number) => a + b;\nconst multiply = (a: number, b: number) => ", "a * b"),
        ("javascript", "a.js", "function add(a, b) {\n  return a + b;\n}\n\nfunction multiply(a, b) {\n  return ", "a * b"),
        ("java", "A.java", "class A {\n  int add(int a, int b) {\n    return a + b;\n  }\n\n  int multiply(int a, int b) {\n    return ", "a * b"),
        ("plaintext", "notes.txt", copying(31856), "31856"),
    ],
)
async def test_every_language_and_none(editor, language, name, text, expected):
    document = editor.open(text, name, language)
    items = await document.complete(len(text))
    assert items[0].insert_text.startswith(expected)


async def test_nothing_is_repeated_that_stands_after_the_cursor(editor):
    before, after = "def multiply(a, b):\n    result = (a * ", ")\n    return result\n"
    document = editor.open(before + after)
    [item] = await document.complete(len(before))
    document.accept(item, len(before))
    assert document.text == before + "b" + after


async def test_a_document_that_was_never_opened_is_no_crash(editor):
    document = editor.open(SUM)
    document.close()
    try:
        assert await document.complete(len(SUM)) == []
    except JsonRpcException as error:
        assert error.code != REQUEST_CANCELLED
    again = editor.open(SUM)
    assert await again.complete(len(SUM))


async def test_the_default_log_holds_no_code(weft):
    marker = "zanzibar_4711"
    async with Editor.started(weft) as editor:
        text = copying(4711, f"# {marker}\n")
        document = editor.open(text)
        await document.complete(len(text))
        assert not any(marker in it.message for it in editor.client.log_messages + editor.messages)
    for path in weft.home.rglob("*"):
        if path.is_file():
            assert marker.encode() not in path.read_bytes(), f"{path} holds the user's code"
