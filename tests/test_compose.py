"""docs/team/compose.yaml as it is shipped: two engines and the proxy, each in its container, started as the page says.

WEFT_TEST_COMPOSE names the program that starts it; `cargo xtask check team` makes the images and runs this."""

import os
import socket
import subprocess
from pathlib import Path

import httpx
import openai
import pytest

from support.weft import PATIENCE_SECONDS, SMALL_MODEL, wait_until

TEAM = Path(__file__).resolve().parent.parent / "docs" / "team"
KEY = "the-key-of-the-team"
PROJECT = "weft-test"


class Containers:
    """The whole of the compose file."""

    def __init__(self, binary: Path, models: Path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "WEFT_PROGRAM": str(binary),
            "WEFT_API_KEY": KEY,
            "WEFT_MODEL": SMALL_MODEL,
            "WEFT_MODELS": str(models),
            "WEFT_TEAM_PORT": str(self.port),
        }
        self.url = f"http://127.0.0.1:{self.port}"

    def compose(self, *arguments: str) -> str:
        program = [os.environ["WEFT_TEST_COMPOSE"], "-p", PROJECT, "-f", str(TEAM / "compose.yaml")]
        return self._run(*program, *arguments)

    def podman(self, *arguments: str) -> str:
        return self._run("podman", *arguments)

    def container(self, service: str) -> str:
        labels = {"com.docker.compose.project": PROJECT, "com.docker.compose.service": service}
        filters = [word for name, value in labels.items() for word in ("--filter", f"label={name}={value}")]
        [name] = self.podman("ps", "--all", *filters, "--format", "{{.Names}}").split()
        return name

    def answered_by(self, session: str) -> str | None:
        """The engine that a session's requests go to; none while nobody answers."""
        headers = {"Authorization": f"Bearer {KEY}", "X-Weft-Session": session}
        try:
            answer = httpx.get(f"{self.url}/v1/models", headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)
        except httpx.TransportError:
            return None
        return answer.headers["x-weft-engine"] if answer.status_code == 200 else None

    def spread(self) -> dict[str, str | None]:
        return {f"session-{number}": self.answered_by(f"session-{number}") for number in range(24)}

    def say(self, question: str, session: str) -> str:
        client = openai.OpenAI(
            base_url=f"{self.url}/v1",
            api_key=KEY,
            max_retries=0,
            timeout=PATIENCE_SECONDS,
            http_client=openai.DefaultHttpxClient(trust_env=False),
            default_headers={"X-Weft-Session": session},
        )
        messages = [{"role": "user", "content": question}]
        answer = client.chat.completions.create(model=SMALL_MODEL, messages=messages, temperature=0, max_tokens=24)
        return answer.choices[0].message.content

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def containers(binary, models):
    made = Containers(binary, models)
    try:
        made.compose("up", "-d")
        yield made
    finally:
        made.compose("down", "--volumes")


def test_two_engines_behind_the_proxy_of_which_one_ends_and_comes_back(containers):
    both = {"engine1", "engine2"}
    wait_until(lambda: set(containers.spread().values()) == both, "both engines", every=0.5)
    before = containers.spread()
    assert before == containers.spread(), "a session stays where it is"
    assert httpx.get(f"{containers.url}/v1/models", trust_env=False).status_code == 401

    session = next(iter(before))
    assert "Paris" in containers.say("What is the capital of France? Answer with one word.", session)

    its = containers.container(before[session])
    containers.podman("stop", "--time", "0", its)
    [other] = both - {before[session]}
    wait_until(lambda: set(containers.spread().values()) == {other}, "all sessions at the engine that is left", every=0.5)
    assert "Paris" in containers.say("What is the capital of France? Answer with one word.", session)

    containers.podman("start", its)
    wait_until(lambda: containers.spread() == before, "each session where it was", every=0.5)
    assert "Paris" in containers.say("What is the capital of France? Answer with one word.", session)


def test_the_engines_have_the_models_of_the_machine_and_a_home_of_their_own(containers):
    name = containers.container("engine1")
    assert SMALL_MODEL in containers.podman("exec", name, "weft", "models", "list")
    assert containers.podman("exec", name, "weft", "config", "path").startswith("/weft/")
