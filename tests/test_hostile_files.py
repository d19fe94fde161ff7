"""Model files that are broken or made to break a reader: each is a message, and `weft lsp` and the engine stay or come back."""

import os
import struct

import pytest

from support.editor import Editor
from support.gguf import text, tiny
from support.samples import SUM
from support.weft import MODEL_WITHOUT_FIM, SMALL_MODEL

SMALLEST = "SmolLM2-135M-Instruct.Q4_1.gguf"


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) >= 1
    return content.replace(old, new, 1)


def number(key: str, value: int) -> bytes:
    return text(key) + struct.pack("<II", 4, value)


# The header and the first weights; the others are zeros, which take no room on the disk.
HEAD_BYTES = 4 << 20


def broken(head: bytes) -> dict[str, bytes]:
    """A dozen ways in which the head of a real model's file is wrong. From `no-heads` on it can be read."""
    layers = number("llama.block_count", 30)
    heads = number("llama.attention.head_count", 9)
    width = number("llama.embedding_length", 576)
    vocabulary = number("llama.vocab_size", 49152)
    return {
        "page": b"<!DOCTYPE html>" + head[15:],
        "many-tensors": head[:8] + struct.pack("<Q", 1 << 40) + head[16:],
        "many-keys": head[:16] + struct.pack("<Q", 1 << 62) + head[24:],
        "long-key": head[:24] + struct.pack("<Q", 1 << 63) + head[32:],
        "no-heads": replaced(head, heads, number("llama.attention.head_count", 0)),
        "wrong-width": replaced(head, width, number("llama.embedding_length", 577)),
        # This one passes every check, and ends llama.cpp's process.
        "no-layers": replaced(head, layers, number("llama.block_count", 0)),
        "many-layers": replaced(head, layers, number("llama.block_count", 1 << 31)),
        "huge-width": replaced(head, width, number("llama.embedding_length", (1 << 32) - 1)),
        "other-vocabulary": replaced(head, vocabulary, number("llama.vocab_size", 7)),
        "other-architecture": replaced(head, text("llama"), text("lamma")),
        "zeros": head,
    }


@pytest.fixture(scope="module")
def folder(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    with (models / SMALLEST).open("rb") as file:
        head = file.read(HEAD_BYTES)
    size = (models / SMALLEST).stat().st_size
    for name, content in broken(head).items():
        (folder / f"{name}.gguf").write_bytes(content)
        os.truncate(folder / f"{name}.gguf", size)
    (folder / "cut-in-the-header.gguf").write_bytes(head[:100_000])
    (folder / "cut-in-the-weights.gguf").write_bytes(head)
    (folder / "no-weights.gguf").write_bytes(tiny("no model"))
    [small] = models.glob("*0.5b*.gguf")
    (folder / small.name).symlink_to(small)
    # One that completes code, so that an editor has it loaded.
    with small.open("rb") as file:
        head = file.read(2 * HEAD_BYTES)
    head = replaced(head, number("qwen2.block_count", 24), number("qwen2.block_count", 0))
    (folder / "coder-no-layers.gguf").write_bytes(head)
    os.truncate(folder / "coder-no-layers.gguf", small.stat().st_size)
    yield folder
    for path in folder.iterdir():
        path.unlink()


def test_each_is_a_message_and_the_next_request_is_answered(make_weft, folder, record_property):
    weft = make_weft(WEFT_MODELS=str(folder))
    crashes = []
    for path in sorted(folder.glob("*.gguf")):
        if SMALL_MODEL in path.name:
            continue
        shown = weft.run("models", "show", path.stem)
        assert shown.returncode == 0 and "panicked" not in shown.stderr, f"{path.stem}: {shown.stderr}"
        before = weft.engine()
        chat = weft.run("chat", "--model", path.stem, "hi")
        assert chat.returncode in (0, 1), f"{path.stem}: {chat.returncode}\n{chat.stderr}"
        assert "panicked" not in chat.stderr
        # Weights of zeros are a model, if a bad one, and llama.cpp counts the tokens itself.
        if path.stem not in ("zeros", "other-vocabulary"):
            assert chat.returncode == 1 and chat.stderr.strip(), path.stem
            assert path.stem in chat.stderr or "engine" in chat.stderr, f"{path.stem}: {chat.stderr}"
        if before and not before.is_alive():
            crashes.append(path.stem)
    record_property("files that ended the engine's process", ", ".join(crashes) or "none")
    assert crashes, "nothing here shows that the engine may die"
    again = weft.run("chat", "--model", SMALL_MODEL, "Say hello.")
    assert again.returncode == 0, again.stderr


async def test_an_editor_survives_them(make_weft, folder):
    for name in ["cut-in-the-weights", "no-weights", "wrong-width", "many-layers"]:
        async with Editor.started(make_weft(name, WEFT_MODELS=str(folder), WEFT_MODEL=name)) as editor:
            document = editor.open(SUM)
            assert await document.complete(len(SUM)) == []
            trace = await editor.trace(document)
            assert trace["outcome"] == "empty" and trace["reason"], name
            document.insert(0, "#\n")
            assert await document.complete(len(document.text)) == [], "it still answers"


async def test_an_editor_is_told_when_a_file_ends_the_engine(make_weft, folder):
    weft = make_weft(WEFT_MODELS=str(folder), WEFT_MODEL="coder-no-layers")
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) == []
        await editor.message("the engine stopped")
        document.insert(0, "#\n")
        assert await document.complete(len(document.text)) == []
        assert (await editor.trace(document))["reason"], "it still answers"
    chat = weft.run("chat", "--model", "no-layers", "hi")
    assert chat.returncode == 1 and "the engine stopped" in chat.stderr
    again = weft.run("chat", "--model", SMALL_MODEL, "Say hello.")
    assert again.returncode == 0, again.stderr


def test_a_model_without_a_header_that_says_enough_is_no_crash(make_weft, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "empty.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 0))
    weft = make_weft(WEFT_MODELS=str(folder), WEFT_MODEL="empty")
    assert weft.run("models", "show", "empty").returncode == 0
    done = weft.run("chat", "hi")
    assert done.returncode == 1 and "empty" in done.stderr
    assert MODEL_WITHOUT_FIM not in done.stderr
