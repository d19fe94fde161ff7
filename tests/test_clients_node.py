"""`weft serve --port` and the packages of OpenAI and Ollama for JavaScript. WEFT_TEST_NODE names Node, WEFT_TEST_NODE_CLIENTS the folder
tests/node with its packages; `cargo xtask test` sets both."""

import json
import os
import subprocess

import pytest

from support.api import Server
from support.samples import SUM, SUM_REST
from support.weft import PATIENCE_SECONDS, SMALL_MODEL, Weft


@pytest.fixture(scope="module")
def server(binary, models, tmp_path_factory):
    started = Server(Weft(binary, tmp_path_factory.mktemp("node") / "home", models))
    yield started
    started.end()


def run(script: str, server: Server) -> dict:
    """What a script prints at its end."""
    named = {"WEFT_URL": server.url, "WEFT_TEST_MODEL": SMALL_MODEL, "WEFT_PREFIX": SUM, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [os.environ["WEFT_TEST_NODE"], script],
        cwd=os.environ["WEFT_TEST_NODE_CLIENTS"],
        env={**os.environ, **named},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_openai_for_javascript(server):
    got = run("openai.mjs", server)
    assert SMALL_MODEL in got["models"]
    [choice] = got["chat"]["choices"]
    assert "Paris" in choice["message"]["content"] and choice["finish_reason"] == "stop"
    assert got["pieces"] > 5 and got["streamed"]["choices"][0]["finish_reason"] == "length", "piece by piece"
    assert got["usage"]["completion_tokens"] == 20
    assert got["asked"][0] == "Paris", got.get("toolError")
    assert got["roles"][:3] == ["user", "assistant", "tool"], "its helper called the tool and sent the answer back"
    assert got["completion"].strip() == SUM_REST.strip()
    assert got["dimensions"] == [896, 896]
    assert (got["missing"]["kind"], got["missing"]["code"]) == ("NotFoundError", "model_not_found")
    assert got["left"]
    server.wait_until_idle()


def test_ollama_for_javascript(server):
    got = run("ollama.mjs", server)
    assert got["version"].count(".") == 2
    assert SMALL_MODEL in got["models"] and SMALL_MODEL in got["running"]
    assert {"completion", "tools", "insert"} <= set(got["capabilities"])
    assert "Paris" in got["chat"]["message"]["content"] and got["chat"]["done_reason"] == "stop"
    assert len(got["parts"]) > 5
    assert [part["done"] for part in got["parts"]] == [False] * (len(got["parts"]) - 1) + [True]
    assert got["fill"].strip() == SUM_REST.strip()
    assert isinstance(got["cat"]["age"], int)
    assert "Paris" in got["calls"][0]["function"]["arguments"]["city"]
    assert got["dimensions"] == [896, 896]
    assert got["steps"][-1] == "success"
    assert got["missing"]["status"] == 404 and "no-such-model" in got["missing"]["message"]
    assert got["left"]
    server.wait_until_idle()
