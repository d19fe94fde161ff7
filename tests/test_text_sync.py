"""The server's text is the editor's text: encodings, line ends, big files, many changes, odd versions.

Nothing shows the server's text directly, so each test ends where only the right text gives the right
continuation (support/samples.py).
"""

import asyncio

import pytest

from support.editor import Editor
from support.samples import copying, many_lines
from support.weft import PATIENCE_SECONDS

ENCODINGS = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_edits_after_characters_of_every_width(weft, encoding):
    line = 'log("é漢🦀👩‍🚀", secret_total_11111())\n'
    async with Editor.started(weft, [encoding]) as editor:
        document = editor.open(line + "total = secret_total_")
        start = document.text.index("11111")
        document.replace(start, start + 5, "74529")
        start = document.text.index("🦀")
        document.replace(start, start + 1, "🐢🐢")
        document.insert(document.text.index("é"), "ü")
        [item] = await document.complete(len(document.text))
        assert item.insert_text.startswith("74529")


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_the_cursor_and_the_range_count_in_the_agreed_units(weft, encoding):
    async with Editor.started(weft, [encoding]) as editor:
        before = copying(63948, name='names = {"漢🦀🦀": 1}; total')
        document = editor.open(before + "\n")
        [item] = await document.complete(len(before))
        assert item.insert_text.startswith("63948")
        if item.range:
            assert item.range.start == document.position(len(before))
        document.accept(item, len(before))
        assert document.text == before + item.insert_text + "\n"


async def test_crlf_stays_crlf(editor):
    text = "def add(a, b):\r\n    return a + b\r\n\r\n\r\ndef multiply(a, b):\r\n    return \r\n\r\n\r\nprint(add(1, 2))\r\n"
    document = editor.open(text)
    cursor = text.index("return \r\n") + len("return ")
    document.insert(text.index("add(1"), "multiply(3, 4), ")
    [item] = await document.complete(cursor)
    assert item.insert_text == "a * b"
    document.accept(item, cursor)
    assert "return a * b\r\n" in document.text
    multi = "def count(words):\r\n    result = {}\r\n    for word in words:\r\n        "
    document = editor.open(multi + "\r\n    return result\r\n", "multi.py")
    [item] = await document.complete(len(multi))
    inserted = item.insert_text
    assert inserted.count("\n") == inserted.count("\r\n"), f"mixed line ends in {inserted!r}"


async def test_a_position_past_the_end_of_a_line_is_its_end(editor):
    text = copying(92745) + "\n"
    document = editor.open(text)
    cursor = len(text) - 1
    request = document.position(cursor)
    request.character += 500
    document.position = lambda offset: request
    [item] = await document.complete(cursor)
    assert item.insert_text.startswith("92745")


async def test_a_file_of_100_000_lines(weft):
    # A small prompt: what is tried is the server, not how fast the model reads.
    async with Editor.started(weft, options={"promptTokens": 300, "leastProbability": 0}) as editor:
        text = many_lines(100_000)
        document = editor.open(text)
        middle = text.index('log("entry 50000")')
        question = "\n\n" + copying(86413)
        document.insert(middle, question + "\n\n\n")
        [item] = await document.complete(middle + len(question))
        assert item.insert_text.startswith("86413")
        document.replace(0, text.index('log("entry 49990")'), "")
        number = document.text.index("86413")
        document.replace(number, number + 5, "29657")
        [item] = await document.complete(document.text.index(question[-20:]) + 20)
        assert item.insert_text.startswith("29657")


async def test_2000_changes_in_order_while_requests_hang(weft):
    """Every character of a text is typed as a change of its own; every tenth asks and is not waited for."""
    question = "\n\n\n" + copying(59137)
    lines = many_lines(110)
    text = lines + "#" * (2000 - len(lines) - len(question)) + question
    async with Editor.started(weft, options={"promptTokens": 150}) as editor:
        document = editor.open("")
        requests = []
        for typed, character in enumerate(text):
            document.insert(typed, character)
            if typed % 10 == 9:
                requests.append(document.request(typed + 1))
        assert document.version == 2001
        assert document.text == text
        [item] = await document.complete(len(text))
        assert item.insert_text.startswith("59137")
        settled = await asyncio.wait_for(asyncio.gather(*requests, return_exceptions=True), PATIENCE_SECONDS)
        assert len(settled) == 200


async def test_changes_in_the_middle_and_deletions_in_order(editor):
    """The number grows digit by digit in front of what was typed before, between noise that goes again."""
    text = "def secret_total_():\n    return 1\n\n\ntotal = secret_total_"
    document = editor.open(text)
    place = text.index("():")
    for digit in reversed("47281"):
        document.insert(place, digit)
        for _ in range(20):
            document.insert(place, "noise")
            document.replace(place, place + 5, "")
    [item] = await document.complete(len(document.text))
    assert item.insert_text.startswith("47281")


async def test_versions_may_skip_and_a_change_may_be_the_whole_text(editor):
    document = editor.open("nothing\n")
    document.set_all(copying(11111))
    start = document.text.index("11111")
    document.replace(start, start + 5, "83265", versions=40)
    [item] = await document.complete(len(document.text))
    assert item.insert_text.startswith("83265")
    assert (await editor.trace(document))["version"] == 42


async def test_a_document_closed_and_opened_again_has_the_new_text(editor):
    document = editor.open(copying(11111))
    await document.complete(len(document.text))
    document.close()
    document = editor.open(copying(95172))
    [item] = await document.complete(len(document.text))
    assert item.insert_text.startswith("95172")
