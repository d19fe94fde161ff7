"""`weft serve --port` and clients that nobody here wrote: litellm, which many tools ask models through, and a conformance suite with
OpenAI's published OpenAPI document. tests/test_api.py has the packages of OpenAI and Ollama."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Before the import: it must not look for prices of models on the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm

from support.api import Server
from support.openapi import Document
from support.samples import SUM, SUM_REST
from support.weft import PATIENCE_SECONDS, SMALL_MODEL, Weft

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer with one word."}]
COUNT = [{"role": "user", "content": "Count from 1 to 50, separated by commas."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASK_WEATHER = [{"role": "user", "content": "What is the weather in Paris? Use the tool."}]
CAT = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
ASK_CAT = [{"role": "user", "content": "Tom is a cat of three years. Describe him as JSON."}]


@pytest.fixture(scope="module")
def server(binary, models, tmp_path_factory):
    started = Server(Weft(binary, tmp_path_factory.mktemp("clients") / "home", models))
    yield started
    started.end()


# litellm: the ways in which its users name such a server


@pytest.fixture
def ask(server, monkeypatch):
    """litellm.completion, by the provider's name in litellm."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def asked(provider: str, messages: list[dict], **more):
        base = server.url if provider.startswith("ollama") else f"{server.url}/v1"
        return litellm.completion(
            model=f"{provider}/{SMALL_MODEL}",
            api_base=base,
            api_key="unused",
            messages=messages,
            timeout=PATIENCE_SECONDS,
            num_retries=0,
            **more,
        )

    return asked


PROVIDERS = ["openai", "hosted_vllm", "ollama_chat"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_litellm_chats(ask, provider):
    answer = ask(provider, CAPITAL, temperature=0)
    assert "Paris" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens > 10 and answer.usage.completion_tokens > 0
    parts = list(ask(provider, COUNT, max_tokens=20, stream=True, stream_options={"include_usage": True}))
    whole = litellm.stream_chunk_builder(parts, messages=COUNT)
    assert "1, 2" in whole.choices[0].message.content.replace(",", ", ").replace("  ", " ")
    assert len(parts) > 5 and whole.choices[0].finish_reason == "length", parts[-3:]
    assert whole.usage.completion_tokens == 20


@pytest.mark.parametrize("provider", PROVIDERS)
def test_litellm_calls_tools_and_keeps_to_schemas(ask, provider):
    answer = ask(provider, ASK_WEATHER, tools=[WEATHER], temperature=0, max_tokens=100)
    [call] = answer.choices[0].message.tool_calls
    assert call.function.name == "get_weather" and "Paris" in json.loads(call.function.arguments)["city"]
    assert answer.choices[0].finish_reason == "tool_calls"
    schema = {"type": "json_schema", "json_schema": {"name": "cat", "schema": CAT, "strict": True}}
    answer = ask(provider, ASK_CAT, response_format=schema, max_tokens=60)
    assert list(json.loads(answer.choices[0].message.content)) == ["name", "age"]


def test_litellm_completes_and_embeds(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    at = {"api_base": f"{server.url}/v1", "api_key": "unused", "timeout": PATIENCE_SECONDS}
    middle = litellm.text_completion(
        model=f"text-completion-openai/{SMALL_MODEL}", prompt=SUM, suffix="\n", max_tokens=24, stop=["\n"], **at
    )
    assert middle.choices[0].text.strip() == SUM_REST.strip()
    vectors = litellm.embedding(model=f"openai/{SMALL_MODEL}", input=["A cat sleeps.", "A kitten is asleep."], **at)
    assert [len(it["embedding"]) for it in vectors.data] == [896, 896]


def test_litellm_understands_errors(ask, server):
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(
            model="openai/no-such-model", api_base=f"{server.url}/v1", api_key="unused", messages=CAPITAL, num_retries=0
        )
    with pytest.raises(litellm.ContextWindowExceededError):
        ask("openai", [{"role": "user", "content": "word " * 20000}])
    with pytest.raises(litellm.BadRequestError):
        ask("openai", CAPITAL, temperature=-1)


# llama.vim


def test_what_llama_vim_sends_is_answered(server):
    """The recording is of the client in `cargo xtask bench replay`, which works as llama.vim does: chunks ahead, a suggestion, and what
    comes behind it."""
    recorded = json.loads((Path(__file__).parent / "recorded" / "llama_vim.json").read_text())
    answers = []
    for body in recorded:
        answer = server.post("/infill", body)
        assert answer.status == 200, answer.text
        assert sorted(answer.json()) == sorted(body["response_fields"])
        answers.append(answer.json())
    chunks, wanted, _behind = answers
    assert chunks["content"] == "" and chunks["timings/predicted_n"] == 0
    assert wanted["content"].startswith("a * b"), wanted
    again = server.post("/infill", recorded[1]).json()
    assert again["content"] == wanted["content"], "llama.vim's seed is the same"
    assert again["timings/prompt_n"] < wanted["timings/prompt_n"], "the rest was in the cache"


# OpenAI's own document


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


def test_what_is_answered_is_what_the_document_says(server, document):
    """Each answer and each event of a stream, as it is on the wire."""
    tools = {"messages": ASK_WEATHER, "tools": [WEATHER], "tool_choice": "required", "max_tokens": 60}
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    asked = [
        ("GET", "/v1/models", None, "ListModelsResponse"),
        ("GET", f"/v1/models/{SMALL_MODEL}", None, "Model"),
        ("POST", "/v1/chat/completions", {"messages": COUNT, "max_tokens": 5}, "CreateChatCompletionResponse"),
        ("POST", "/v1/chat/completions", tools, "CreateChatCompletionResponse"),
        ("POST", "/v1/completions", {"prompt": "1, 2, 3,", "max_tokens": 4}, "CreateCompletionResponse"),
        ("POST", "/v1/embeddings", {"input": "a cat"}, "CreateEmbeddingResponse"),
        ("POST", "/v1/chat/completions", {"messages": COUNT, "temperature": -1}, "ErrorResponse"),
        ("POST", "/v1/chat/completions", {"messages": COUNT, "model": "no-such-model"}, "ErrorResponse"),
        ("GET", "/v1/models/no-such-model", None, "ErrorResponse"),
        ("GET", "/v1/no-such-call", None, "ErrorResponse"),
    ]
    for method, path, body, schema in asked:
        answer = server.send(method, path, body and {"model": SMALL_MODEL, **body})
        assert document.errors(answer.json(), schema) == [], (path, body, answer.text)
    streams = [
        ("/v1/chat/completions", {"messages": COUNT, "max_tokens": 5, **usage}, "CreateChatCompletionStreamResponse"),
        ("/v1/chat/completions", {**tools, **usage}, "CreateChatCompletionStreamResponse"),
        ("/v1/completions", {"prompt": "1, 2, 3,", "max_tokens": 4, **usage}, "CreateCompletionResponse"),
    ]
    for path, body, schema in streams:
        with server.streaming(path, {"model": SMALL_MODEL, **body}) as lines:
            events = [line.removeprefix("data: ") for line in lines if line]
        assert events.pop() == "[DONE]" and len(events) > 1
        for event in map(json.loads, events):
            if schema == "CreateCompletionResponse":
                # The document has no type for events of these streams; OpenAI's have null where there is nothing yet.
                event = {key: value for key, value in event.items() if value is not None}
                event["choices"] = [{**it, "finish_reason": it["finish_reason"] or "stop"} for it in event["choices"]]
            assert document.errors(event, schema) == [], (path, event)


def test_a_conformance_suite_passes(server):
    """All but images, which Weft does not read, and it says so; and a request that names no model, which OpenAI refuses and Weft answers with
    its default one, as docs/api.md says."""
    suite = [sys.executable, "-m", "llm_comply.cli"]
    done = subprocess.run(
        [*suite, "--format", "openai-chat", "-u", f"{server.url}/v1", "-k", "unused", "-m", SMALL_MODEL, "--json"],
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )
    results = {it["id"]: it for it in json.loads(done.stdout)["results"]}
    failed = {name: it["errors"] for name, it in results.items() if it["status"] == "failed"}
    assert sorted(failed) == ["chat-error-handling", "chat-image-input"], failed
    assert "HTTP 400" in failed["chat-image-input"][0] and "HTTP 200" in failed["chat-error-handling"][0]
    assert len([it for it in results.values() if it["status"] == "passed"]) == 6
