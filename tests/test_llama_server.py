"""A real llama-server as a remote engine: WEFT_TEST_LLAMA_SERVER names the program, whose libraries lie beside it, and
WEFT_TEST_LLAMA_MODEL a coder model for it."""

import contextlib
import os
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.providers import KEY
from support.remote import texts
from support.samples import SUM_REST
from support.weft import wait_until

PROGRAM = "WEFT_TEST_LLAMA_SERVER"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture
def llama_server():
    program, port = os.environ[PROGRAM], free_port()
    folder = Path(program).parent
    arguments = [program, "-m", os.environ["WEFT_TEST_LLAMA_MODEL"], "--host", "127.0.0.1", "--port", str(port), "-c", "4096", "--api-key", KEY]
    process = subprocess.Popen(
        arguments, cwd=folder, env={**os.environ, "LD_LIBRARY_PATH": str(folder)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def ready() -> bool:
        assert process.poll() is None, "llama-server has ended"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return opener.open(f"http://127.0.0.1:{port}/health", timeout=5).status == 200
        return False

    try:
        wait_until(ready, "a llama-server that answers", every=0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("kind", "path", "fim"),
    [("llama-server", "", "native"), ("openai", "/v1", "qwen2.5-coder"), ("openai", "/v1", "chat")],
)
def test_a_real_llama_server(kind, path, fim, llama_server, remote, place):
    weft = remote(llama_server + path, kind, "timeouts = { first_token = 100 }", f'fim = "{fim}"')
    answer = weft.complete(place)
    assert texts(answer) == [SUM_REST], answer
    if fim == "native":
        talk = weft.chat("Answer with the word yes and nothing else.")
        assert "yes" in talk["text"].lower() and talk["stats"]["promptTokens"] > 5, talk


def test_a_real_llama_server_refuses_another_key(llama_server, remote, place):
    weft = remote(llama_server, "llama-server")
    weft.weft.environment["STANDIN_KEY"] = "sk-other-key"
    assert weft.complete(place)["engine_error"] == "auth"
