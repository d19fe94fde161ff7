"""A `weft serve --port`, and the clients that its tests drive: OpenAI's and Ollama's own packages, and plain HTTP."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

import httpx
import ollama
import openai

from support.weft import PATIENCE_SECONDS, Weft, wait_until


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    def json(self) -> dict:
        return json.loads(self.text)


class Server:
    """Started and running; a fixture ends it."""

    def __init__(self, weft: Weft, *arguments: str):
        self.weft = weft
        self.process = weft.start("serve", "--port", "0", *arguments)
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()
        self.url = json.loads(weft.engine_file.read_text())["api"]

    def openai(self, key: str = "unused") -> openai.OpenAI:
        http = openai.DefaultHttpxClient(trust_env=False)
        return openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=key, max_retries=0, timeout=PATIENCE_SECONDS, http_client=http
        )

    def ollama(self) -> ollama.Client:
        # Not through a proxy that the environment may name.
        return ollama.Client(host=self.url, timeout=PATIENCE_SECONDS, trust_env=False)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: dict, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: dict | None, **headers: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE_SECONDS) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), dict(error.headers))

    @contextlib.contextmanager
    def streaming(self, path: str, body: dict):
        """The lines of an answer as they come; leaving the block closes the connection."""
        with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            with client.stream("POST", self.url + path, json=body) as response:
                yield response.iter_lines()

    def loaded(self) -> list[str]:
        return [model["name"] for model in self.get("/api/ps").json()["models"]]

    def wait_until_idle(self) -> None:
        wait_until(lambda: self.weft.engine().status()["active"] == 0, "the end of all requests", every=0.05)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
