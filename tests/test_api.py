"""`weft serve --port`: the local API, as programs that nobody here wrote use it, on real models."""

import json

import ollama
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.api import Server
from support.editor import Editor
from support.samples import SUM, SUM_REST
from support.weft import MODEL_WITHOUT_FIM, SMALL_MODEL, Weft, wait_until

COUNT = [{"role": "user", "content": "Count from 1 to 50, separated by commas."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The city"}},
            "required": ["city"],
        },
    },
}
ASK_WEATHER = [{"role": "user", "content": "What is the weather in Paris? Use the tool."}]
CAT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "colour": {"enum": ["black", "white"]},
    },
    "required": ["name", "age", "colour"],
    "additionalProperties": False,
}
ASK_CAT = [{"role": "user", "content": "Tom is a cat of three years. Describe him as JSON."}]


@pytest.fixture(scope="module")
def server(binary, models, tmp_path_factory):
    """A server that the tests of this file share; its models' folder is its own, so that they may copy and delete."""
    folder = tmp_path_factory.mktemp("api")
    own = folder / "models"
    own.mkdir()
    for file in models.glob("*.gguf"):
        (own / file.name).symlink_to(file.resolve())
    started = Server(Weft(binary, folder / "home", own))
    yield started
    started.end()


@pytest.fixture
def make_server(make_weft):
    made = []

    def make(*arguments: str, weft: Weft | None = None) -> Server:
        made.append(Server(weft or make_weft(), *arguments))
        return made[-1]

    yield make
    for it in made:
        it.end()


@pytest.fixture(scope="module")
def client(server) -> openai.OpenAI:
    return server.openai()


@pytest.fixture(scope="module")
def ollama_client(server) -> ollama.Client:
    return server.ollama()


# OpenAI


def test_openai_lists_models(client):
    assert SMALL_MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(SMALL_MODEL).owned_by == "weft"
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("no-such-model")
    assert error.value.code == "model_not_found"


def test_openai_chat(client):
    messages = [
        {"role": "system", "content": "Answer with one word."},
        {"role": "user", "content": [{"type": "text", "text": "What is the capital of France?"}]},
    ]
    answer = client.chat.completions.create(model=SMALL_MODEL, messages=messages, temperature=0)
    [choice] = answer.choices
    assert "Paris" in choice.message.content
    assert choice.finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    again = client.chat.completions.create(model=SMALL_MODEL, messages=messages, temperature=0)
    assert again.choices[0].message.content == choice.message.content
    assert again.usage.prompt_tokens_details.cached_tokens > 0


def test_openai_chat_streams(client):
    stream = client.chat.completions.create(
        model=SMALL_MODEL, messages=COUNT, max_tokens=20, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) > 5, "it comes piece by piece"
    assert "1" in "".join(pieces)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 20


def test_openai_limits(client):
    stopped = client.chat.completions.create(model=SMALL_MODEL, messages=COUNT, stop=["4"], max_tokens=40)
    assert "3" in stopped.choices[0].message.content and "4" not in stopped.choices[0].message.content
    assert stopped.choices[0].finish_reason == "stop"
    cut = client.chat.completions.create(model=SMALL_MODEL, messages=COUNT, max_completion_tokens=3)
    assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 3)
    seeded = [
        client.chat.completions.create(model=SMALL_MODEL, messages=COUNT, max_tokens=12, temperature=1.5, seed=7)
        for _ in range(2)
    ]
    assert seeded[0].choices[0].message.content == seeded[1].choices[0].message.content


def test_openai_json_schema(client):
    answer = client.chat.completions.create(
        model=SMALL_MODEL,
        messages=ASK_CAT,
        max_tokens=80,
        response_format={"type": "json_schema", "json_schema": {"name": "cat", "schema": CAT, "strict": True}},
    )
    cat = json.loads(answer.choices[0].message.content)
    assert list(cat) == ["name", "age", "colour"], "in the schema's order"
    assert isinstance(cat["age"], int) and cat["colour"] in ("black", "white")
    free = client.chat.completions.create(
        model=SMALL_MODEL, messages=ASK_CAT, max_tokens=200, response_format={"type": "json_object"}
    )
    assert isinstance(json.loads(free.choices[0].message.content), dict)
    with pytest.raises(openai.BadRequestError, match="JSON Schema"):
        client.chat.completions.create(
            model=SMALL_MODEL,
            messages=ASK_CAT,
            response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}},
        )


def test_openai_tools(client):
    answer = client.chat.completions.create(
        model=SMALL_MODEL, messages=ASK_WEATHER, tools=[WEATHER], temperature=0, max_tokens=100
    )
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls", choice
    [call] = choice.message.tool_calls
    assert call.function.name == "get_weather"
    assert "Paris" in json.loads(call.function.arguments)["city"]
    # What the tool said reaches the model; so small a one would rather call it again than answer from it.
    said = {"role": "tool", "tool_call_id": call.id, "content": "17 degrees and rain"}
    asked = {"role": "user", "content": "How many degrees are there in Paris? Answer with the number."}
    again = client.chat.completions.create(
        model=SMALL_MODEL,
        messages=[*ASK_WEATHER, choice.message, said, asked],
        tools=[WEATHER],
        tool_choice="none",
        temperature=0,
        max_tokens=30,
    )
    assert "17" in again.choices[0].message.content


def test_openai_a_tool_that_must_be_called(client):
    stream = client.chat.completions.create(
        model=SMALL_MODEL,
        messages=[{"role": "user", "content": "Good morning! I am in Rome."}],
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        max_tokens=60,
        stream=True,
    )
    calls = [call for chunk in stream if chunk.choices for call in chunk.choices[0].delta.tool_calls or []]
    [call] = calls
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments)["city"], str)


def test_openai_completion_with_suffix(client):
    answer = client.completions.create(model=SMALL_MODEL, prompt=SUM, suffix="\n", max_tokens=24, stop=["\n"])
    assert answer.choices[0].text.strip() == SUM_REST.strip()
    stream = client.completions.create(
        model=SMALL_MODEL, prompt=SUM, suffix="\n", max_tokens=24, stop=["\n"], stream=True
    )
    assert "".join(chunk.choices[0].text for chunk in stream).strip() == SUM_REST.strip()
    # As Zed asks for it: in the model's own format.
    written = f"<|fim_prefix|>{SUM}<|fim_suffix|>\n<|fim_middle|>"
    answer = client.completions.create(model=SMALL_MODEL, prompt=written, max_tokens=24, stop=["\n"])
    assert answer.choices[0].text.strip() == SUM_REST.strip()
    plain = client.completions.create(model=SMALL_MODEL, prompt="1, 2, 3, 4, 5,", max_tokens=4, temperature=0)
    assert "6" in plain.choices[0].text
    with pytest.raises(openai.BadRequestError, match="fill-in-the-middle"):
        client.completions.create(model=MODEL_WITHOUT_FIM, prompt="a", suffix="b")


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other))


def test_openai_embeddings(client):
    texts = ["A cat sleeps.", "A kitten is asleep.", "SELECT name FROM users WHERE id = 3;"]
    # The package asks for base64 by itself.
    cat, kitten, query = [it.embedding for it in client.embeddings.create(model=SMALL_MODEL, input=texts).data]
    assert len(cat) == 896 and abs(cosine(cat, cat) - 1) < 1e-3
    assert cosine(cat, kitten) > cosine(cat, query) + 0.1
    floats = client.embeddings.create(model=SMALL_MODEL, input=texts[0], encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(cat, abs=1e-4)
    assert floats.usage.prompt_tokens > 3
    long = client.embeddings.create(model=SMALL_MODEL, input="A cat sleeps. " * 100)
    assert cosine(long.data[0].embedding, cat) > 0.5, "more than one batch"
    with pytest.raises(openai.BadRequestError, match="context"):
        client.embeddings.create(model=SMALL_MODEL, input="cat " * 5000)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"temperature": -1}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"n": 2}, "one answer"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "no question"),
        ({"messages": [{"role": "user", "content": "word " * 20000}]}, "context"),
    ],
)
def test_openai_errors(client, wrong, words):
    request = {"model": SMALL_MODEL, "messages": COUNT, **wrong}
    with pytest.raises(openai.BadRequestError, match=words):
        client.chat.completions.create(**request)


def test_a_client_that_leaves_stops_the_answer(server):
    body = {"messages": COUNT, "max_tokens": 2000, "stream": True}
    with server.streaming("/v1/chat/completions", body) as lines:
        assert next(lines).startswith("data: ")
    server.wait_until_idle()
    predicted = server.get("/metrics").text.split("\nllamacpp:tokens_predicted_total ")[1].split("\n")[0]
    assert int(predicted) < 2000


# Ollama


def test_ollama_lists_and_shows(ollama_client):
    listed = {model.model: model for model in ollama_client.list().models}
    assert listed[SMALL_MODEL].size == 491400064
    assert listed[SMALL_MODEL].details.quantization_level == "Q4_K_M"
    assert listed[SMALL_MODEL].digest.startswith("1d9614638d18")
    shown = ollama_client.show(SMALL_MODEL)
    assert shown.details.family == "qwen2"
    assert {"completion", "tools", "insert"} <= set(shown.capabilities)
    assert shown.modelinfo["qwen2.context_length"] == 32768
    assert "im_start" in shown.template
    assert ollama_client.show("qwen2.5-coder:0.5b").details.family == "qwen2", "as Ollama writes names"
    assert "insert" not in ollama_client.show(MODEL_WITHOUT_FIM).capabilities
    with pytest.raises(ollama.ResponseError) as error:
        ollama_client.show("no-such-model")
    assert error.value.status_code == 404


def test_ollama_generates(ollama_client):
    answer = ollama_client.generate(
        SMALL_MODEL, "What is the capital of France?", system="Answer with one word.", options={"temperature": 0}
    )
    assert "Paris" in answer.response
    assert answer.done and answer.done_reason == "stop"
    assert answer.eval_count > 0 and answer.prompt_eval_count > 10
    assert answer.total_duration >= answer.eval_duration > 1_000_000, "nanoseconds"
    middle = ollama_client.generate(SMALL_MODEL, SUM, suffix="\n", options={"num_predict": 24, "stop": ["\n"]})
    assert middle.response.strip() == SUM_REST.strip()
    raw = ollama_client.generate(SMALL_MODEL, "1, 2, 3, 4, 5,", raw=True, options={"num_predict": 4, "temperature": 0})
    assert "6" in raw.response


def test_ollama_chats(ollama_client):
    parts = list(ollama_client.chat(SMALL_MODEL, COUNT, stream=True, options={"num_predict": 20}))
    assert len(parts) > 5
    assert "1, 2" in "".join(part.message.content for part in parts).replace(",", ", ").replace("  ", " ")
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].done_reason == "length" and parts[-1].eval_count == 20
    answer = ollama_client.chat(SMALL_MODEL, ASK_CAT, format=CAT, options={"num_predict": 80})
    assert list(json.loads(answer.message.content)) == ["name", "age", "colour"]
    called = ollama_client.chat(SMALL_MODEL, ASK_WEATHER, tools=[WEATHER], options={"temperature": 0, "num_predict": 100})
    [call] = called.message.tool_calls
    assert call.function.name == "get_weather" and "Paris" in call.function.arguments["city"]


def test_ollama_embeds(ollama_client):
    texts = ["A cat sleeps.", "A kitten is asleep.", "SELECT name FROM users WHERE id = 3;"]
    cat, kitten, query = ollama_client.embed(SMALL_MODEL, texts).embeddings
    assert cosine(cat, kitten) > cosine(cat, query) + 0.1
    assert len(ollama_client.embeddings(SMALL_MODEL, texts[0]).embedding) == 896


def test_ollama_copies_and_deletes(ollama_client, server):
    ollama_client.copy(MODEL_WITHOUT_FIM, "mine")
    assert "mine" in [model.model for model in ollama_client.list().models]
    assert ollama_client.chat("mine:latest", COUNT, options={"num_predict": 3}).eval_count == 3
    for bad, status in [("../mine", 400), ("mine", 400)]:
        with pytest.raises(ollama.ResponseError) as error:
            ollama_client.copy(MODEL_WITHOUT_FIM, bad)
        assert error.value.status_code == status
    assert "mine" in server.loaded()
    ollama_client.delete("mine")
    assert "mine" not in server.loaded()
    assert "mine" not in [model.model for model in ollama_client.list().models]
    with pytest.raises(ollama.ResponseError) as error:
        ollama_client.delete("mine")
    assert error.value.status_code == 404


def test_ollama_pulls(ollama_client):
    """What is here is checked and not fetched again."""
    steps = [step.status for step in ollama_client.pull(SMALL_MODEL, stream=True)]
    assert steps[-1] == "success" and "verifying sha256 digest" in steps
    with pytest.raises(ollama.ResponseError) as error:
        ollama_client.pull("no-such-model")
    assert error.value.status_code == 404


def test_ollama_keeps_models_as_long_as_it_is_told(ollama_client, server):
    ollama_client.generate(MODEL_WITHOUT_FIM, keep_alive=-1)
    kept = {model.model: model for model in ollama_client.ps().models}
    assert kept[MODEL_WITHOUT_FIM].expires_at.year > 2100
    assert kept[MODEL_WITHOUT_FIM].size > 98362432 and kept[MODEL_WITHOUT_FIM].context_length > 0
    assert ollama_client.generate(MODEL_WITHOUT_FIM, keep_alive=0).done_reason == "unload"
    assert MODEL_WITHOUT_FIM not in server.loaded()
    ollama_client.generate(MODEL_WITHOUT_FIM, "Hi", options={"num_predict": 2}, keep_alive="1s")
    wait_until(lambda: MODEL_WITHOUT_FIM not in server.loaded(), "the end of its second", every=0.1)


def test_ollama_version(server):
    assert server.get("/api/version").json()["version"].count(".") == 2
    assert server.get("/").status == 200


# llama-server

# What llama.vim sends at a pause, with its defaults, but for the chunk's text.
LLAMA_VIM = {
    "id_slot": 0,
    "input_prefix": "def add(a, b):\n    return a + b\n\n\ndef multiply(a, b):\n",
    "input_suffix": "\n\n\nprint(multiply(2, 3))\n",
    "input_extra": [{"filename": "shapes.py", "text": "def area(width, height):\n    return width * height\n"}],
    "prompt": "    return ",
    "n_predict": 64,
    "stop": [],
    "n_indent": 4,
    "top_k": 40,
    "top_p": 0.90,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1000,
    "response_fields": [
        "content",
        "timings/prompt_n",
        "timings/prompt_ms",
        "timings/prompt_per_token_ms",
        "timings/prompt_per_second",
        "timings/predicted_n",
        "timings/predicted_ms",
        "timings/predicted_per_token_ms",
        "timings/predicted_per_second",
        "truncated",
        "tokens_cached",
    ],
}


def test_infill_as_llama_vim_asks(server):
    answer = server.post("/infill", LLAMA_VIM)
    assert answer.status == 200, answer.text
    answer = answer.json()
    assert sorted(answer) == sorted(LLAMA_VIM["response_fields"])
    assert answer["content"].startswith("a * b")
    assert answer["truncated"] is False and answer["timings/predicted_n"] > 0
    again = server.post("/infill", LLAMA_VIM).json()
    assert again["timings/prompt_n"] < answer["timings/prompt_n"], "the rest was in the cache"
    # How it warms the cache with its chunks.
    ahead = {**LLAMA_VIM, "prompt": "", "n_predict": 0, "t_max_predict_ms": 1, "response_fields": [""]}
    assert server.post("/infill", ahead).json() == {}
    huge = {**LLAMA_VIM, "input_extra": [{"filename": "x.py", "text": "value = 1\n" * 3000}]}
    assert server.post("/infill", huge).json()["truncated"] is True


def test_infill_streams(server):
    body = {key: value for key, value in LLAMA_VIM.items() if key != "response_fields"} | {"stream": True}
    with server.streaming("/infill", body) as lines:
        events = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    assert "".join(event["content"] for event in events).startswith("a * b")
    assert [event["stop"] for event in events] == [False] * (len(events) - 1) + [True]
    assert events[-1]["timings"]["predicted_n"] > 0


def test_tokenize_and_back(server):
    text = "def größe(x):\n\treturn x + 1  # 😀"
    tokens = server.post("/tokenize", {"content": text}).json()["tokens"]
    assert 5 < len(tokens) < len(text)
    assert server.post("/detokenize", {"tokens": tokens}).json()["content"] == text
    pieces = server.post("/tokenize", {"content": text, "with_pieces": True}).json()["tokens"]
    assert [piece["id"] for piece in pieces] == tokens
    special = server.post("/tokenize", {"content": "<|im_end|>"}).json()["tokens"]
    plain = server.post("/tokenize", {"content": "<|im_end|>", "parse_special": False}).json()["tokens"]
    assert (len(special), len(plain) > 1) == (1, True)


def test_metrics_and_state(server, client):
    def counted() -> dict[str, float]:
        families = text_string_to_metric_families(server.get("/metrics").text)
        return {sample.name: sample.value for family in families for sample in family.samples}

    before = counted()
    client.chat.completions.create(model=SMALL_MODEL, messages=COUNT, max_tokens=5)
    after = counted()
    assert after["llamacpp:tokens_predicted_total"] == before["llamacpp:tokens_predicted_total"] + 5
    assert after["llamacpp:requests_processing"] == 0
    assert after["llamacpp:predicted_tokens_seconds"] > 0
    assert server.get("/health").json() == {"status": "ok"}
    props = server.get("/props").json()
    assert props["default_generation_settings"]["n_ctx"] == 8192 and "im_start" in props["chat_template"]


# Who may ask


def test_a_key_is_asked_for_and_checked(make_server):
    server = make_server("--api-key", "a-secret-key")
    for path in ["/v1/models", "/api/tags", "/metrics"]:
        assert server.get(path).status == 401, path
        assert server.get(path, Authorization="Bearer a-secret-kez").status == 401, path
        assert server.get(path, Authorization="Bearer a-secret-key").status == 200, path
    assert server.get("/health").status == 200
    with pytest.raises(openai.AuthenticationError):
        server.openai("wrong").models.list()
    assert server.openai("a-secret-key").models.list().data
    assert "a-secret-key" not in server.weft.engine_file.read_text()


def test_web_pages_and_foreign_names_are_refused(server):
    """What a page does with DNS rebinding, and without."""
    assert server.get("/v1/models", Host="evil.example:8080").status == 403
    assert server.get("/v1/models", Host="127.0.0.1.evil.example").status == 403
    assert server.get("/v1/models", Host="localhost:1234").status == 200
    for path in ["/v1/models", "/api/tags", "/props"]:
        refused = server.get(path, Origin="http://evil.example")
        assert refused.status == 403 and "evil.example" in refused.text
        assert "access-control-allow-origin" not in {name.lower() for name in refused.headers}
    assert server.post("/api/generate", {"prompt": "x"}, Origin="null").status == 403
    assert server.get("/v1/models", Sec_Fetch_Site="cross-site").status == 403


def test_a_page_that_is_named_may_ask(make_server):
    page = "http://localhost:3000"
    server = make_server("--allow-origin", page, "--allow-host", "host.docker.internal")
    answer = server.get("/v1/models", Origin=page)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, page)
    asked = server.send(
        "OPTIONS",
        "/v1/chat/completions",
        None,
        Origin=page,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-type",
    )
    assert asked.status == 200 and "authorization" in asked.headers["access-control-allow-headers"]
    assert server.get("/v1/models", Origin="http://localhost:3001").status == 403
    assert server.get("/v1/models", Host="host.docker.internal:8080").status == 200


def test_beyond_this_machine_a_key_is_required(make_weft, make_server):
    refused = make_weft().run("serve", "--port", "0", "--host", "0.0.0.0")
    assert refused.returncode == 1 and "--api-key" in refused.stderr
    assert refused.stdout == ""
    server = make_server("--host", "0.0.0.0", weft=make_weft("keyed", WEFT_API_KEY="a-secret-key"))
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert server.get("/v1/models").status == 401
    assert server.get("/v1/models", Authorization="Bearer a-secret-key").status == 200
    assert server.get("/v1/models", Authorization="Bearer a-secret-key", Host="192.168.1.7:8080").status == 200
    assert server.get("/v1/models", Authorization="Bearer a-secret-key", Host="evil.example").status == 403


# The process


async def test_editors_share_the_engine_of_the_api(make_weft, make_server):
    weft = make_weft()
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM))
        first = weft.engine()
        server = make_server(weft=weft)
        assert weft.engine().pid == server.process.pid != first.pid, "it took over"
        document.insert(0, "# and again\n")
        items = await document.complete(len(document.text))
        assert items[0].insert_text == SUM_REST
        assert [it.pid for it in weft.engine_processes()] == [server.process.pid]
        assert server.loaded() == [SMALL_MODEL]
    second = weft.run("serve", "--port", "0")
    assert second.returncode == 1 and server.url in second.stderr and "weft stop" in second.stderr
    assert weft.run("serve").stdout == "already running\n"


def test_a_port_in_use_is_explained(make_weft, server):
    port = server.url.rsplit(":", 1)[1]
    done = make_weft().run("serve", "--port", port)
    assert done.returncode == 1 and port in done.stderr and "--port" in done.stderr


def test_it_stays_when_idle_and_its_models_leave(make_server, make_weft):
    server = make_server(weft=make_weft(WEFT_IDLE_SECONDS="2"))
    server.ollama().generate(SMALL_MODEL)
    assert server.loaded() == [SMALL_MODEL]
    wait_until(lambda: server.loaded() == [], "the model's end", every=0.1)
    assert server.process.poll() is None
    assert server.openai().models.list().data


def test_several_models_share_a_budget(make_server):
    """Both small models need about 1.5 GB; where there is less, the one not used for longest leaves."""
    roomy = make_server("--memory-mb", "4000")
    client = roomy.ollama()
    for model in (SMALL_MODEL, MODEL_WITHOUT_FIM, SMALL_MODEL):
        client.generate(model)
    assert sorted(roomy.loaded()) == sorted([SMALL_MODEL, MODEL_WITHOUT_FIM])
    shown = roomy.weft.run("ps")
    assert shown.stdout.splitlines()[0].split() == ["NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL"]
    assert "1d9614638d18" in shown.stdout and "100% CPU" in shown.stdout and "from now" in shown.stdout
    assert roomy.weft.run("stop", MODEL_WITHOUT_FIM).returncode == 0
    assert roomy.loaded() == [SMALL_MODEL]
    roomy.end()

    sizes = {SMALL_MODEL: 0, MODEL_WITHOUT_FIM: 0}
    tight = make_server("--memory-mb", "1000", weft=roomy.weft)
    client = tight.ollama()
    for model in sizes:
        client.generate(model)
        assert tight.loaded() == [model], "the other one left"
    tight.end()

    tiny = make_server("--memory-mb", "600", weft=roomy.weft)
    client = tiny.ollama()
    with pytest.raises(ollama.ResponseError) as error:
        client.generate(SMALL_MODEL)
    assert "600 MB are available" in str(error.value) and MODEL_WITHOUT_FIM in str(error.value), str(error.value)
    assert tiny.loaded() == []


def test_run_copy_and_list(make_weft, models, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    [small] = models.glob("*0.5b*.gguf")
    (folder / small.name).symlink_to(small.resolve())
    weft = make_weft(WEFT_MODELS=str(folder), WEFT_MODEL=None)
    asked = weft.run("run", SMALL_MODEL, "Answer with one word: the capital of France?")
    assert asked.returncode == 0 and "Paris" in asked.stdout, asked.stderr
    assert weft.run("models", "cp", SMALL_MODEL, "mine").returncode == 0
    listed = weft.run("models", "list").stdout.splitlines()
    assert listed[0].split()[:4] == ["NAME", "ID", "SIZE", "MODIFIED"]
    rows = {line.split()[0]: line for line in listed[1:]}
    assert "1d9614638d18" in rows[SMALL_MODEL] and "ago" in rows["mine"]
    assert "not fetched" in rows["qwen2.5-coder-1.5b"]
    taken = weft.run("models", "cp", SMALL_MODEL, "mine")
    assert taken.returncode == 1 and "already" in taken.stderr
    missing = weft.run("run", "no-such-model", "x")
    assert missing.returncode == 1 and "no-such-model" in missing.stderr
