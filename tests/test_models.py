"""Models that are missing or cannot fill in the middle: a clear reason and what to do, never a crash."""

import asyncio

import pytest

from support.editor import Editor
from support.samples import SUM
from support.weft import MODEL_WITHOUT_FIM, SMALL_MODEL, wait_until


async def test_a_missing_model_is_silence_with_a_reason_and_a_command(make_weft, empty_models):
    async with Editor.started(make_weft(WEFT_MODELS=str(empty_models))) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        trace = await editor.trace(document)
        assert trace["outcome"] == "empty"
        assert "model" in trace["reason"].lower()
        await editor.message("weft models pull", SMALL_MODEL)
        count = len(editor.messages)
        document.insert(0, "#\n")
        assert await document.complete(len(document.text)) == []
        assert len(editor.messages) == count, "it is said once, not at every key"


async def test_weft_why_tells_it_outside_the_editor(make_weft, empty_models):
    weft = make_weft(WEFT_MODELS=str(empty_models))
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        trace = await editor.trace(document)
        # The server keeps it on a thread of its own.
        told = lambda: trace["reason"] in weft.run("why").stdout
        await asyncio.to_thread(wait_until, told, f"weft why to tell: {trace['reason']}")


async def test_a_model_without_fim_tokens_is_refused_with_one_that_has_them(make_weft):
    async with Editor.started(make_weft(WEFT_MODEL=MODEL_WITHOUT_FIM)) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        trace = await editor.trace(document)
        assert trace["outcome"] == "empty"
        assert "fill-in-the-middle" in trace["reason"].lower()
        await editor.message("fill-in-the-middle", "qwen2.5-coder")


async def test_an_unknown_model_is_named_in_the_reason(make_weft):
    async with Editor.started(make_weft(WEFT_MODEL="no-such-model")) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        await editor.message("no-such-model")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WEFT_MODEL": MODEL_WITHOUT_FIM}, ["fill-in-the-middle", "qwen2.5-coder"]),
        ({"WEFT_MODEL": "no-such-model"}, ["no-such-model", "weft models"]),
    ],
)
def test_the_command_line_says_the_same(make_weft, tmp_path, environment, words):
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    done = make_weft(**environment).run("complete", f"{path}:8:12")
    assert done.returncode != 0
    assert all(word in done.stderr.lower() for word in words), done.stderr
    assert done.stdout == ""


def test_a_missing_model_on_the_command_line(make_weft, tmp_path, empty_models):
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    done = make_weft(WEFT_MODELS=str(empty_models)).run("complete", f"{path}:8:12")
    assert done.returncode != 0
    assert f"weft models pull {SMALL_MODEL}" in done.stderr


def test_a_damaged_model_file_is_an_error_and_no_crash(make_weft, tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "damaged.gguf").write_bytes(b"GGUF" + bytes(1000))
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    done = make_weft(WEFT_MODELS=str(folder), WEFT_MODEL="damaged").run("complete", f"{path}:8:12")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert "panicked" not in done.stderr


async def test_a_pull_in_the_middle_of_a_session_needs_no_restart(make_weft, models, tmp_path):
    """What the message told the user to do works at once."""
    folder = tmp_path / "arriving"
    folder.mkdir()
    async with Editor.started(make_weft(WEFT_MODELS=str(folder))) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        [file] = models.glob("*0.5b*.gguf")
        (folder / file.name).symlink_to(file)
        document.insert(0, "#\n")
        assert await asyncio.wait_for(document.complete(len(document.text)), 120)


def test_models_list_show_path(weft, models):
    listed = weft.run("models", "list")
    assert listed.returncode == 0
    assert SMALL_MODEL in listed.stdout
    assert "qwen2.5-coder-1.5b" in listed.stdout, "what can be pulled is listed too"
    shown = weft.run("models", "show", SMALL_MODEL)
    assert shown.returncode == 0
    assert "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32" in shown.stdout
    path = weft.run("models", "path", SMALL_MODEL)
    assert path.returncode == 0
    assert path.stdout.strip() == str(next(models.glob("*0.5b*.gguf")))


def test_models_that_are_not_there(weft, make_weft, empty_models):
    for command in ["show", "path", "rm", "pull"]:
        done = weft.run("models", command, "no-such-model")
        assert done.returncode != 0, command
        assert "no-such-model" in done.stderr, command
    done = make_weft(WEFT_MODELS=str(empty_models)).run("models", "path", SMALL_MODEL)
    assert done.returncode != 0
    assert done.stdout == ""
    assert f"weft models pull {SMALL_MODEL}" in done.stderr


def test_removing_a_model(make_weft, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.gguf").write_bytes(b"GGUF")
    weft = make_weft(WEFT_MODELS=str(folder))
    done = weft.run("models", "rm", "mine")
    assert done.returncode == 0, done.stderr
    assert list(folder.glob("*.gguf")) == []
