"""A hub on the loopback: repositories with files, as Hugging Face's API and its file addresses show them, and a host of its own for the files.

It answers what `huggingface_hub` asks for: /api/models, /api/models/OWNER/REPO?blobs=true, /OWNER/REPO/resolve/COMMIT/PATH.
"""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repository:
    """Files by path: bytes, or a file on the disk."""

    files: dict[str, bytes | Path]
    gated: bool = False
    licence: str = "apache-2.0"
    hashes: dict[str, str] = field(default_factory=dict)

    def bytes_of(self, path: str) -> bytes:
        content = self.files[path]
        return content if isinstance(content, bytes) else content.read_bytes()

    def siblings(self) -> list[dict]:
        rows = []
        for path in self.files:
            row = {"rfilename": path}
            if path.endswith(".gguf"):
                content = self.bytes_of(path)
                sha256 = self.hashes.get(path) or hashlib.sha256(content).hexdigest()
                row |= {"size": len(content), "lfs": {"sha256": sha256, "size": len(content), "pointerSize": 134}}
            rows.append(row)
        return rows


@dataclass
class Request:
    """What came in: which host it was asked of, and what decides over the answer."""

    host: str
    path: str
    range: str | None
    token: str | None


class Hub:
    def __init__(self, repositories: dict[str, Repository], token: str | None = None, found: list[dict] | None = None):
        self.repositories = repositories
        self.token = token
        self.found = found or []
        self.requests: list[Request] = []
        # A file is sent up to this many bytes, then nothing comes until it is let go.
        self.hold_after: int | None = None
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.api = _serve(self, _Api)
        self.files = _serve(self, _Files)

    @property
    def endpoint(self) -> str:
        return _address(self.api)

    def file_requests(self) -> list[Request]:
        return [request for request in self.requests if request.host == "files"]

    def end(self) -> None:
        self.go_on.set()
        for server in (self.api, self.files):
            server.shutdown()
            server.server_close()


def _serve(hub: Hub, handler: type) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type(handler.__name__, (handler,), {"hub": hub}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    name = ""

    def log_message(self, *_arguments):
        pass

    def note(self) -> None:
        headers = self.headers
        token = headers.get("Authorization")
        self.hub.requests.append(Request(self.name, unquote(self.path), headers.get("Range"), token))

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Api(_Handler):
    name = "hub"

    def do_GET(self):
        self.note()
        url = urlsplit(self.path)
        parts = unquote(url.path).strip("/").split("/")
        if parts == ["api", "models"]:
            words = parse_qs(url.query)["search"][0].lower().split()
            rows = [row for row in self.hub.found if all(word in row["id"].lower() for word in words)]
            return self.answer(200, json.dumps(rows).encode())
        if parts[:2] == ["api", "models"]:
            name = "/".join(parts[2:])
            repository = self.hub.repositories.get(name)
            if repository is None:
                # As the hub does, to those who may not know whether it is there.
                return self.answer(401, b"{}")
            info = {"id": name, "sha": COMMIT, "gated": "auto" if repository.gated else False}
            info |= {"siblings": repository.siblings(), "cardData": {"license": repository.licence}}
            return self.answer(200, json.dumps(info).encode())
        owner, repo, _resolve, _commit, *path = parts
        repository = self.hub.repositories[f"{owner}/{repo}"]
        if repository.gated and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self.answer(401 if not self.headers.get("Authorization") else 403, b"Access to this model is restricted")
        place = f"{_address(self.hub.files)}/{owner}/{repo}/{'/'.join(path)}"
        return self.answer(302, b"", Location=place)


class _Files(_Handler):
    name = "files"

    def do_GET(self):
        self.note()
        owner, repo, *path = unquote(self.path).strip("/").split("/")
        content = self.hub.repositories[f"{owner}/{repo}"].bytes_of("/".join(path))
        total, wanted = len(content), self.headers.get("Range")
        first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(total - first))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        self.end_headers()
        hold = self.hub.hold_after
        try:
            if hold is None or self.hub.go_on.is_set():
                self.wfile.write(content[first:])
                return
            self.wfile.write(content[first:hold])
            self.wfile.flush()
            self.hub.held.set()
            self.hub.go_on.wait()
            self.wfile.write(content[hold:])
        except OSError:
            # The client was killed, or has enough.
            pass
