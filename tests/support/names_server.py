"""A language server beside Weft's in an editor: it knows two names, and finds fault with one line.

    python3 names_server.py NAME,NAME LINE

It stands for the server that a language has of its own, which is not on the machines that run the tests.
"""

import json
import sys


def read() -> dict | None:
    length = 0
    while (line := sys.stdin.buffer.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def send(message: dict) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def result(message: dict, names: list[str]) -> object:
    if message["method"] == "initialize":
        return {"capabilities": {"textDocumentSync": 1, "completionProvider": {}, "codeActionProvider": False}}
    if message["method"] == "textDocument/completion":
        return [{"label": name, "kind": 6} for name in names]
    return None


def main(names: list[str], line: int) -> None:
    while (message := read()) is not None:
        if message.get("method") == "exit":
            return
        if message.get("method") == "textDocument/didOpen":
            place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 80}}
            found = [{"range": place, "severity": 1, "message": "a fault of the names server", "source": "names"}]
            params = {"uri": message["params"]["textDocument"]["uri"], "diagnostics": found}
            send({"method": "textDocument/publishDiagnostics", "params": params})
        if "id" in message and "method" in message:
            send({"id": message["id"], "result": result(message, names)})


if __name__ == "__main__":
    main(sys.argv[1].split(","), int(sys.argv[2]))
