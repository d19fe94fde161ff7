"""Memory: what a model needs is said before it is loaded, is what it takes, and what does not fit is reduced or refused."""

import pytest

from support.api import Server
from support.editor import Editor
from support.samples import SUM
from support.weft import MODEL_WITHOUT_FIM, SMALL_MODEL, wait_until


def shown(weft, model: str) -> dict:
    return weft.json("models", "show", model, "--json")


def resident_bytes(weft) -> int:
    return weft.engine().process.memory_info().rss


@pytest.mark.parametrize("model", [MODEL_WITHOUT_FIM, SMALL_MODEL])
def test_the_estimate_is_what_the_engine_takes(make_weft, place, model, record_property):
    """After a completion, where the model has them, and a chat, which has a context of its own."""
    weft = make_weft(WEFT_MODEL=model)
    estimate = shown(weft, model)
    assert estimate["fits"] and estimate["exact"] and estimate["reduced"] == []
    weft.run("complete", place)
    chat = weft.run("chat", "Write a Python class for a bank account.")
    assert chat.returncode == 0, chat.stderr
    ratio = estimate["needs_bytes"] / resident_bytes(weft)
    record_property(f"estimated over resident memory of {model}", f"{ratio:.3f}")
    assert 0.97 < ratio < 1.15, f"{estimate['needs_bytes']} estimated, {resident_bytes(weft)} resident"
    # What was measured while it wrote is what is expected from then on.
    wait_until(lambda: shown(weft, model).get("speed_from") == "as it wrote here last", "the speed on file")
    assert shown(weft, model)["tokens_per_second"] > 0


def test_show_says_what_is_needed_and_how_quick_it_is(make_weft):
    weft = make_weft()
    text = weft.run("models", "show", SMALL_MODEL).stdout
    assert "needs about" in text and "that are free for models" in text
    assert "on the CPU" in text or "layers on the GPU" in text
    assert "tokens/s, by how quickly memory is read here" in text and "(10 are needed)" in text
    # What is not here is judged by what the catalogue knows.
    large = make_weft(WEFT_MEMORY_MB="4000").run("models", "show", "qwen2.5-coder-32b").stdout
    assert "does not fit" in large and "by what the catalogue knows" in large
    assert "would fit: weft models pull" in large
    assert "too slow" in large or "usable" in large
    unknown = weft.run("models", "show", "mellum").stdout
    assert "unknown until it is here" in unknown


def test_what_does_not_fit_is_reduced_in_the_stated_order_and_told(make_weft, place):
    """The weights have 491 MB, buffers and vocabulary about 190, the whole context 151."""
    whole = shown(make_weft(), SMALL_MODEL)["needs_bytes"]
    outcomes = {}
    for less in (0, 20, 90, 110, 118, 128, 140, 300):
        megabytes = str((whole - less * 1_000_000) // 1_000_000 + 1)
        found = shown(make_weft(WEFT_MEMORY_MB=megabytes), SMALL_MODEL)
        if found["fits"]:
            assert found["needs_bytes"] <= int(megabytes) * 1_000_000
            outcomes[less] = (found["context_tokens"], found["chat_context_tokens"], found["kv"])
    assert outcomes == {
        0: (4096, 8192, "f16"),
        20: (4096, 4096, "f16"),
        90: (2048, 2048, "f16"),
        110: (1024, 2048, "f16"),
        118: (2048, 2048, "q8_0"),
        128: (1024, 2048, "q8_0"),
    }

    tight = make_weft(WEFT_MEMORY_MB=str((whole - 128_000_000) // 1_000_000))
    done = tight.run("complete", place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "so that" in done.stderr and "completions have 1024 tokens of context, not 4096" in done.stderr
    chat = tight.run("chat", "Say hello.")
    assert chat.returncode == 0, chat.stderr
    told = tight.run("ps").stdout
    assert "so that" in told and "chats have 2048 tokens of context, not 8192" in told, told
    assert "eight bits" in told
    assert resident_bytes(tight) < whole - 80_000_000
    assert "eight bits" in (tight.home / "run" / "serve.log").read_text()


async def test_an_editor_is_told_what_was_reduced(make_weft):
    whole = shown(make_weft(), SMALL_MODEL)["needs_bytes"]
    tight = make_weft(WEFT_MEMORY_MB=str((whole - 90_000_000) // 1_000_000))
    async with Editor.started(tight) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM)) != []
        await editor.message("so that", "chats have 2048 tokens")


def test_what_cannot_fit_is_refused_with_a_smaller_one(make_weft, place, models):
    weft = make_weft(WEFT_MEMORY_MB="500")
    done = weft.run("complete", place)
    assert done.returncode == 1
    assert "it needs about" in done.stderr and "500 MB are available" in done.stderr
    assert f"{MODEL_WITHOUT_FIM} would fit" in done.stderr
    server = Server(make_weft("server", WEFT_MEMORY_MB="500"))
    try:
        answer = server.post("/v1/chat/completions", {"model": SMALL_MODEL, "messages": [{"role": "user", "content": "hi"}]})
        assert answer.status >= 400 and "would fit" in answer.text
    finally:
        server.end()


def test_a_model_that_nothing_has_is_told_when_the_configuration_is_read(make_weft):
    weft = make_weft(WEFT_MODEL=None)
    weft.home.mkdir(parents=True, exist_ok=True)
    (weft.home / "config.toml").write_text('[roles]\nchat = "qwen2.5-coder-0.5"\nembed = "hf:owner/repo:Q8_0"\n')
    problems = weft.json("config", "show", "--json")["problems"]
    assert len(problems) == 1, problems
    assert "`chat` in [roles] names the model `qwen2.5-coder-0.5`" in str(problems)
    assert "is `qwen2.5-coder-0.5b` meant?" in str(problems)
    assert "config.toml:2" in weft.run("doctor").stdout
