"""A client that speaks raw JSON-RPC to `weft lsp`: for messages that no library for LSP would send."""

import json
import queue
import subprocess
import threading
from collections.abc import Callable
from contextlib import contextmanager

from .weft import PATIENCE_SECONDS, Weft


class Raw:
    """Sends what it is told, in that order, and keeps all that comes."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self._process = process
        self._next_id = 0
        self._incoming: queue.Queue[dict | None] = queue.Queue()
        self._unread: list[dict] = []
        threading.Thread(target=self._read, daemon=True).start()

    @classmethod
    @contextmanager
    def started(cls, weft: Weft):
        command = [weft.binary, "lsp", "--stdio"]
        process = subprocess.Popen(
            command, env=weft.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            yield cls(process)
        finally:
            process.kill()
            process.wait()

    def send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def notify(self, method: str, params: object) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: object) -> int:
        self._next_id += 1
        self.send({"id": self._next_id, "method": method, "params": params})
        return self._next_id

    def call(self, method: str, params: object):
        """A request; its result. An error fails the test."""
        return self.result(self.request(method, params), method)

    def result(self, request_id: int, method: str = ""):
        answer = self.wait_for(lambda it: it.get("id") == request_id and "method" not in it, f"answer to {method}")
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def told(self, method: str, wanted: Callable[[dict], object] = lambda _: True) -> dict:
        """The parameters of the next notification of a method that is as wanted."""
        found = self.wait_for(lambda it: it.get("method") == method and wanted(it["params"]), method)
        return found["params"]

    def wait_for(self, wanted: Callable[[dict], object], what: str) -> dict:
        """The first message that is as wanted; the others stay for later. The server's own requests are answered with null."""
        for index, message in enumerate(self._unread):
            if wanted(message):
                return self._unread.pop(index)
        while True:
            try:
                message = self._incoming.get(timeout=PATIENCE_SECONDS)
            except queue.Empty:
                raise AssertionError(f"waited in vain: {what}, but for {self._unread}") from None
            assert message is not None, f"the server has ended; waited for {what}"
            if "id" in message and "method" in message:
                self.send({"id": message["id"], "result": None})
            if wanted(message):
                return message
            self._unread.append(message)

    def exit_code(self) -> int:
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> None:
        while True:
            length = 0
            while (line := self._process.stdout.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length == 0:
                self._incoming.put(None)
                return
            self._incoming.put(json.loads(self._process.stdout.read(length)))
