"""A build of weft for graphics cards: WEFT_TEST_GPU names its kind. `cargo xtask check vulkan` runs this on Mesa's software device, which
computes what a card would, slowly."""

import json
import os

import pytest

from support.api import Server
from support.samples import SUM, SUM_REST
from support.weft import SMALL_MODEL

KIND = os.environ.get("WEFT_TEST_GPU", "")

PROMPTS = [
    SUM,
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return ",
    "fn largest(numbers: &[i32]) -> Option<i32> {\n    numbers.iter().",
    "SELECT name, COUNT(*) FROM orders GROUP BY ",
    "const days = ['Monday', 'Tuesday', ",
]


@pytest.fixture
def serve(make_weft):
    made = []

    def make(name: str, **environment: str) -> Server:
        made.append(Server(make_weft(name, **environment)))
        return made[-1]

    yield make
    for it in made:
        it.end()


def written(server: Server) -> list[str]:
    """What the model writes with no chance in it."""
    ask = server.openai().completions.create
    limits = {"max_tokens": 16, "temperature": 0, "model": SMALL_MODEL}
    return [ask(prompt=prompt, suffix="\n", **limits).choices[0].text for prompt in PROMPTS]


def processor(server: Server) -> str:
    [row] = [line for line in server.weft.run("ps").stdout.splitlines() if line.startswith(SMALL_MODEL)]
    return "GPU" if "100% GPU" in row else "CPU" if "100% CPU" in row else row


def test_the_same_is_written_on_the_card_and_on_the_processor(serve, record_property):
    card = serve("card")
    on_card = written(card)
    assert on_card[0].strip().startswith(SUM_REST), "no rule of suggestions cuts what is written here"
    assert processor(card) == "GPU"
    card.end()
    alone = serve("alone", WEFT_GPU_LAYERS="0")
    assert written(alone) == on_card
    assert processor(alone) == "CPU"
    alone.end()
    some = serve("some", WEFT_GPU_LAYERS="12")
    assert written(some) == on_card, "half of the layers here, half there"
    record_property("the same text from card, processor and both", f"{len(PROMPTS)} of {len(PROMPTS)}")


def test_a_conversation_on_the_card(serve):
    ask = serve("card").openai().chat.completions.create
    messages = [{"role": "user", "content": "What is the capital of France? Answer with one word."}]
    assert "Paris" in ask(model=SMALL_MODEL, messages=messages, temperature=0).choices[0].message.content


def test_devices_are_listed_with_their_memory(make_weft):
    weft = make_weft()
    shown = weft.run("devices")
    assert shown.returncode == 0, shown.stderr
    header, *rows = shown.stdout.splitlines()
    assert header.split() == ["DEVICE", "KIND", "MEMORY", "FREE", "NAME"]
    assert any(row.lower().startswith(KIND) for row in rows), shown.stdout
    devices = json.loads(weft.run("devices", "--json").stdout)["devices"]
    [card] = [device for device in devices if device["device"].lower().startswith(KIND)]
    assert card["kind"] in ("gpu", "integrated gpu") and card["memory_bytes"] >= card["free_bytes"] > 0
    assert [device["kind"] for device in devices].count("cpu") == 1
    assert "none that this build can use" not in weft.run("doctor").stdout
