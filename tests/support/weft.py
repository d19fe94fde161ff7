"""The `weft` program with a WEFT_HOME of its own, and the engine process that it starts on demand."""

import contextlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

SMALL_MODEL = "qwen2.5-coder-0.5b"
MODEL_WITHOUT_FIM = "smollm2-135m"

# How long anything may take before a test gives up on it. Not a measure: a busy machine is slow.
PATIENCE_SECONDS = 120


class Weft:
    def __init__(self, binary: Path, home: Path, models: Path, environment: dict[str, str | None] | None = None):
        self.binary = binary
        self.home = home
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
        changed = {
            "WEFT_HOME": str(home),
            "WEFT_MODELS": str(models),
            "WEFT_MODEL": SMALL_MODEL,
            "WEFT_IDLE_SECONDS": "900",
            # Not the models of an Ollama on this machine.
            "OLLAMA_MODELS": str(home / "no-ollama"),
            **(environment or {}),
        }
        self.environment = inherited | {name: value for name, value in changed.items() if value is not None}

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end; its exit code is the caller's to judge."""
        return subprocess.run(
            [self.binary, *map(str, arguments)],
            env=self.environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Starts a command and does not wait for it."""
        return subprocess.Popen(
            [self.binary, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def json(self, *arguments: str | Path) -> dict:
        """Runs a command that must succeed and print JSON."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: exit code {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout)

    @property
    def engine_file(self) -> Path:
        return self.home / "run" / "serve.json"

    def engine(self) -> "Engine | None":
        """The engine that is running for this home."""
        try:
            facts = json.loads(self.engine_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        engine = Engine(facts["port"], facts["token"], facts["pid"])
        return engine if engine.is_alive() else None

    def engine_processes(self) -> list[psutil.Process]:
        """Every process of this home that is a `weft serve`, found without asking weft."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                is_engine = "serve" in process.cmdline()[1:2]
                if is_engine and process.environ().get("WEFT_HOME") == str(self.home):
                    found.append(process)
        return found

    def end(self) -> None:
        """Leaves no process behind, whatever the test did."""
        if self.engine_processes():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.run("stop")
        _, alive = psutil.wait_procs(self.engine_processes(), timeout=10)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=10)


@dataclass(frozen=True)
class Engine:
    """A running `weft serve`, as its state file tells it."""

    port: int
    token: str
    pid: int

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.pid)

    def is_alive(self) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return self.process.status() != psutil.STATUS_ZOMBIE
        return False

    def kill(self) -> None:
        self.process.kill()

    def busy_seconds(self) -> float:
        """Processor time used so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def wait_until_idle(self) -> float:
        """Waits until no request is at hand and nothing computes; returns the processor time used so far."""
        wait_until(lambda: self.status()["active"] == 0, "the end of all requests")
        used = [-1.0, self.busy_seconds()]

        def rests() -> bool:
            used[:] = [used[1], self.busy_seconds()]
            return used[0] == used[1]

        wait_until(rests, "an engine that computes nothing", every=0.1)
        return used[1]

    def status(self) -> dict:
        """What the engine says of itself."""
        with self._get("/weft/v1/status", self.token) as response:
            return json.load(response)

    def status_of(self, path: str, token: str | None) -> int:
        """The HTTP status of a GET."""
        try:
            with self._get(path, token) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def _get(self, path: str, token: str | None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        # Not through a proxy that the environment may name.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=PATIENCE_SECONDS)


def wait_until(condition: Callable[[], bool], what: str, every: float = 0.01) -> None:
    """Looks again and again until the condition holds, for what the system sends no event for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(every)
