"""Remote engines: the program against stand-ins that speak with the official SDKs' types, and against another `weft serve`."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from support.editor import Editor
from support.more_providers import MORE_PROVIDERS, HuggingFace
from support.providers import KEY, PROVIDERS, Anthropic, Fault, Mistral, OpenAi, StandIn
from support.remote import texts
from support.samples import SUM, SUM_REST
from support.weft import SMALL_MODEL

SHORT = "timeouts = { connect = 5, first_token = 1, between_tokens = 1 }"


@contextlib.contextmanager
def standing_in(provider, pieces=("a", " * ", "b")):
    with StandIn(provider(), list(pieces)).running() as stand_in:
        yield stand_in


@pytest.mark.parametrize("provider", PROVIDERS + MORE_PROVIDERS, ids=lambda it: it.kind)
def test_ghost_text_and_an_answer(provider, remote, place):
    with standing_in(provider) as stand_in:
        weft = remote(stand_in.base_url, provider.kind)
        answer = weft.complete(place)
        assert (texts(answer), answer["model"]) == ([SUM_REST], "mine"), answer
        talk = weft.chat("What is a times b?")
        assert (talk["text"], talk["error"]) == ("a * b", None), talk
        assert talk["stats"]["promptTokens"] == 11, talk
        assert len(stand_in.requests) == 2


def test_native_filling_in_gets_the_code_around_the_cursor(remote, place):
    with standing_in(Mistral) as stand_in:
        remote(stand_in.base_url, "mistral").complete(place)
        [sent] = stand_in.requests
        assert sent.path == "/v1/fim/completions"
        assert sent.body["prompt"].endswith(SUM) and sent.body["suffix"] == "\n"


def test_a_template_goes_to_completions_as_one_text(remote, place):
    with standing_in(OpenAi) as stand_in:
        weft = remote(stand_in.base_url, "openai", more_model='fim = "qwen2.5-coder"')
        assert texts(weft.complete(place)) == [SUM_REST]
        [sent] = stand_in.requests
        assert sent.path == "/v1/completions"
        assert sent.body["prompt"] == f"<|fim_prefix|>{SUM}<|fim_suffix|>\n<|fim_middle|>"


def test_a_load_balancer_is_told_the_session(remote, place):
    with standing_in(OpenAi) as stand_in:
        weft = remote(stand_in.base_url, "openai")
        weft.complete(place)
        weft.chat("What is a times b?")
        sessions = [sent.headers["x-weft-session"] for sent in stand_in.requests]
        assert len(sessions[0]) == 32 and sessions[0] != sessions[1], "each process is a session"
        config = weft.weft.home / "config.toml"
        config.write_text(config.read_text().replace("[models.mine]", 'session_header = "none"\n[models.mine]'))
        weft.complete(place)
        assert "x-weft-session" not in stand_in.requests[-1].headers


def test_an_endpoint_at_hugging_face_gets_the_models_own_format(remote, place):
    with standing_in(HuggingFace) as stand_in:
        weft = remote(stand_in.base_url, "hugging-face", more_model='fim = "qwen2.5-coder"')
        assert texts(weft.complete(place)) == [SUM_REST]
        [sent] = stand_in.requests
        assert sent.path == "/generate_stream" and sent.body["inputs"].startswith("<|fim_prefix|>")


def test_a_chat_model_that_says_the_line_again_in_a_fence_is_understood(remote, place):
    with standing_in(Anthropic, ["```py", "thon\n    ret", "urn a * b\n", "```"]) as stand_in:
        answer = remote(stand_in.base_url, "anthropic").complete(place)
        assert texts(answer) == [SUM_REST], answer
        [sent] = stand_in.requests
        assert "<CURSOR>" in sent.body["messages"][0]["content"]


FAULTS = {
    "401": (Fault(401, {}, f'{{"error": {{"message": "bad key {KEY}"}}}}'), "auth"),
    "429": (Fault(429, {"Retry-After": "3600"}, '{"error": {"message": "slow down"}}'), "rate"),
    "500": (Fault(500, {}, '{"error": {"message": "oops"}}'), "overload"),
    "529": (Fault(529, {}, '{"error": {"type": "overloaded_error", "message": "busy"}}'), "overload"),
    "404": (Fault(404, {}, '{"error": {"message": "no such model"}}'), "bad_request"),
    "cut in an event": (Fault(manner="cut"), "network"),
    "stall": (Fault(manner="stall"), "timeout"),
    "slow drip": (Fault(manner="drip"), "timeout"),
    "junk": (Fault(body="data: {junk\n\n"), "unreadable"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda it: it.kind)
def test_a_fault_has_its_category_and_never_shows_the_key(provider, fault, remote, place):
    played, category = FAULTS[fault]
    with standing_in(provider) as stand_in:
        weft = remote(stand_in.base_url, provider.kind, f"{SHORT}\nretries = 0")
        stand_in.faults = [played]
        answer = weft.complete(place)
        assert (answer["engine_error"], texts(answer)) == (category, []), answer
        assert answer["reason"].startswith(("cloud", "the account at cloud", "there is no answer from cloud", "the answer of cloud"))
        stand_in.faults = [played]
        talk = weft.chat("What is a times b?")
        assert talk["error_category"] == category, talk
        assert len(stand_in.requests) == 2


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda it: it.kind)
def test_what_passes_is_tried_again(provider, remote, place):
    with standing_in(provider) as stand_in:
        stand_in.faults = [Fault(529, {"Retry-After": "0"}, "{}"), Fault(429, {"retry-after-ms": "1"}, "{}")]
        assert texts(remote(stand_in.base_url, provider.kind).complete(place)) == [SUM_REST]
        assert len(stand_in.requests) == 3


def test_another_model_stands_in_for_one_that_fails(remote, place):
    with standing_in(OpenAi) as stand_in:
        weft = remote(stand_in.base_url, "openai", "retries = 0", f'fallback = ["{SMALL_MODEL}"]')
        stand_in.faults = [Fault(500, {}, "{}"), Fault(401, {}, "{}")]
        answer = weft.complete(place)
        assert (texts(answer), answer["model"]) == ([SUM_REST], SMALL_MODEL), answer
        assert "mine: cloud cannot answer" in answer["fallback"]
        talk = weft.chat("Say yes.")
        assert talk["text"] and talk["error"] is None, talk
        assert any("does not accept the key" in note and SMALL_MODEL in note for note in talk["notes"]), talk


def test_a_change_of_the_address_counts_at_once(remote):
    with standing_in(OpenAi) as first, standing_in(OpenAi, ["a", " + ", "b"]) as second:
        weft = remote(first.base_url, "openai")
        assert weft.chat("One?")["text"] == "a * b"
        config = weft.weft.home / "config.toml"
        config.write_text(config.read_text().replace(first.base_url, second.base_url))
        assert weft.chat("Two?")["text"] == "a + b"


async def test_an_editor_session_follows_the_configuration(remote):
    with standing_in(OpenAi) as first, standing_in(OpenAi, ["a", " + ", "b"]) as second:
        weft = remote(first.base_url, "openai")
        async with Editor.started(weft.weft) as editor:
            document = editor.open(SUM)
            assert [it.insert_text for it in await document.complete(len(SUM))] == [SUM_REST]
            config = weft.weft.home / "config.toml"
            text = config.read_text().replace(first.base_url, second.base_url)
            config.write_text(text)
            other = editor.open(SUM, name="other.py")
            assert [it.insert_text for it in await other.complete(len(SUM))] == ["a + b"]
            config.write_text(text.replace("[roles]", "max_tokns = 5\n[roles]"))
            await editor.open(SUM, name="third.py").complete(len(SUM))
            await editor.message("config.toml:2", "max_tokens")


def test_another_weft_is_an_engine(weft, remote, place):
    weft.json("complete", place, "--json")
    engine = weft.engine()
    client = remote(f"http://127.0.0.1:{engine.port}", "weft")
    client.weft.environment["STANDIN_KEY"] = engine.token
    config = client.weft.home / "config.toml"
    config.write_text(config.read_text().replace('model = "theirs"', f'model = "{SMALL_MODEL}"'))
    answer = json.loads(client.weft.run("complete", place, "--json").stdout)
    assert texts(answer) == [SUM_REST], answer
    assert not client.weft.engine_processes(), "no engine of its own was started"
    client.weft.environment["STANDIN_KEY"] = "wrong"
    refused = json.loads(client.weft.run("complete", place, "--json").stdout)
    assert refused["engine_error"] == "auth", refused


def test_keys_are_stored_for_the_user_alone_and_never_shown(make_weft, place):
    weft = make_weft(WEFT_MODEL=None)
    weft.home.mkdir(parents=True)
    with standing_in(OpenAi) as stand_in:
        (weft.home / "config.toml").write_text(
            f'[roles]\nautocomplete = "cloud/theirs"\n[engines.cloud]\nkind = "openai"\nbase_url = "{stand_in.base_url}"\n'
            'key = "file"\n'
        )
        missing = json.loads(weft.run("complete", place, "--json").stdout)
        assert missing["engine_error"] == "configuration" and "weft key set cloud" in missing["reason"]
        done = subprocess.run(
            [weft.binary, "key", "set", "cloud"], env=weft.environment, input=KEY + "\n", capture_output=True, text=True
        )
        assert done.returncode == 0 and KEY not in done.stdout + done.stderr
        keys = weft.home / "keys.toml"
        assert keys.stat().st_mode & 0o777 == 0o600
        listed = weft.run("key", "list")
        assert "keys.toml" in listed.stdout and KEY not in listed.stdout
        assert texts(json.loads(weft.run("complete", place, "--json").stdout)) == [SUM_REST]
        keys.chmod(0o644)
        refused = json.loads(weft.run("complete", place, "--json").stdout)
        assert "chmod 600" in refused["reason"] and KEY not in json.dumps(refused)


def test_a_repository_cannot_send_anything_elsewhere(remote, place):
    with standing_in(OpenAi) as own, standing_in(OpenAi) as evil:
        weft = remote(own.base_url, "openai")
        folder = Path(place.split(":")[0]).parent
        (folder / ".git").mkdir()
        (folder / ".weft").mkdir()
        (folder / ".weft" / "config.toml").write_text(
            f'[engines.cloud]\nbase_url = "{evil.base_url}"\n[engines.evil]\nkind = "openai"\nbase_url = "{evil.base_url}"\n'
            '[models.mine]\nengine = "evil"\n[roles]\nautocomplete = "evil/m"\n'
        )
        done = weft.run("complete", place, "--json")
        assert texts(json.loads(done.stdout)) == [SUM_REST]
        assert (len(own.requests), len(evil.requests)) == (1, 0)
        assert "not for a repository" in done.stderr and "no model that you have set up" in done.stderr


def test_config_show_says_where_each_value_comes_from(remote, tmp_path):
    weft = remote("http://127.0.0.1:1", "openai", 'headers = { X-Secret = "hush-hush" }')
    weft.weft.environment["WEFT_MAX_TOKENS"] = "77"
    shown = weft.weft.run("config", "show", "--origin", cwd=tmp_path).stdout
    assert "max_tokens = 77  # WEFT_MAX_TOKENS" in shown
    assert 'chat = "mine"  #' in shown and "config.toml:3" in shown
    assert "hush-hush" not in shown and "[hidden]" in shown
    wrong = weft.weft.home / "config.toml"
    wrong.write_text(wrong.read_text().replace("base_url", "base_ur"))
    done = weft.weft.run("config", "show", "--json")
    [problem] = json.loads(done.stdout)["problems"]
    assert "is `base_url` meant?" in problem and "config.toml:7" in problem
