"""`weft ui` and what `weft serve --port` gives a browser: the page's files, and a socket that only the page with the key can open.

The page itself is driven in Chromium by `cargo xtask e2e page`.
"""

import asyncio
import json
import os
import shutil
import urllib.parse

import pytest
import websockets

from support.api import Server
from support.weft import SMALL_MODEL, wait_until

INDEX = "<!doctype html><title>Weft</title>"


@pytest.fixture
def page(tmp_path):
    """Stands in for the built page: what is in it is not looked at here."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-1a2b.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("not for the page")
    return folder


@pytest.fixture
def weft(make_weft, page):
    return make_weft(WEFT_PAGE=str(page))


@pytest.fixture
def server(weft):
    started = Server(weft)
    yield started
    started.end()


def key_of(weft) -> str:
    return json.loads(weft.engine_file.read_text())["page_key"]


def connect(server, key: str | None, origin: str | None = None, host: str | None = None):
    protocols = ["weft"] + ([f"weft.key.{key.encode().hex()}"] if key is not None else [])
    return websockets.connect(
        server.url.replace("http://", "ws://") + "/weft/ws",
        subprotocols=protocols,
        origin=origin or server.url,
        additional_headers={} if host is None else {"Host": host},
        proxy=None,
    )


async def request(socket, method: str, params: dict, number: int = 1) -> dict:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
    while True:
        message = json.loads(await socket.recv())
        if message.get("id") == number and "method" not in message:
            return message


def test_browsers_get_the_page_and_programs_what_they_look_for(server):
    assert server.get("/").text == "Weft is running"
    answer = server.get("/", Accept="text/html,*/*")
    assert answer.text == INDEX
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-opener-policy"] == "same-origin"
    script = server.get("/assets/index-1a2b.js")
    assert script.status == 200 and "default-src 'none'" in script.headers["content-security-policy"]
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/assets/none.js", "/secret.txt"])
def test_nothing_else_is_served(server, path):
    answer = server.get(path)
    assert answer.status == 404 and "not for the page" not in answer.text


async def test_the_page_with_the_key_is_a_language_client(server, fixtures):
    async with connect(server, key_of(server.weft)) as socket:
        root = (fixtures / "chat").as_uri()
        hello = await request(socket, "initialize", {"processId": None, "rootUri": root, "capabilities": {}})
        assert hello["result"]["capabilities"]["experimental"]["weft"]["chat"] is True
        await socket.send(json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}}))
        models = await request(socket, "weft/models", {}, 2)
        assert SMALL_MODEL in [it["name"] for it in models["result"]["models"]]
        await request(socket, "weft/index", {"wait": True}, 3)
        found = await request(socket, "weft/chat/complete", {"text": "@lim", "offset": 4}, 4)
        assert "@harbor/limits.py " in [it["insertText"] for it in found["result"]["items"]]


async def test_pages_do_not_see_each_other_and_a_closed_one_leaves_nothing(server):
    key = key_of(server.weft)
    async with connect(server, key) as one, connect(server, key) as two:
        for socket in (one, two):
            assert "result" in await request(socket, "initialize", {"processId": None, "capabilities": {}})
        await one.send(json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}}))
        question = {"text": "Tell a long story in a hundred sentences."}
        body = {"jsonrpc": "2.0", "id": 7, "method": "weft/chat/send", "params": question}
        await one.send(json.dumps(body))
        await asyncio.to_thread(wait_until, lambda: server.weft.engine().status()["chats"] == 1, "a chat at work")
        await one.close()
        await asyncio.to_thread(server.wait_until_idle)
        assert "result" in await request(two, "weft/models", {}, 2)


@pytest.mark.parametrize("key", [None, "", "0" * 64])
async def test_without_the_key_the_socket_is_closed_and_says_why(server, key):
    async with connect(server, key) as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await request(socket, "initialize", {"processId": None, "capabilities": {}})
        assert closed.value.rcvd.code == 4401


async def test_pages_of_another_origin_and_foreign_names_are_refused_with_the_key_too(server):
    key = key_of(server.weft)
    port = server.url.rsplit(":", 1)[1]
    for origin, host in [
        ("http://127.0.0.1:1", None),
        ("http://evil.example", None),
        (f"http://localhost:{port}", None),
        # A name that was pointed here: its own origin, and no name of this machine.
        (f"http://evil.example:{port}", f"evil.example:{port}"),
    ]:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(server, key, origin, host)
        assert refused.value.response.status_code == 403, origin


async def test_the_apis_key_opens_the_page_too(weft):
    server = Server(weft, "--api-key", "sesame")
    try:
        assert server.get("/", Accept="text/html").status == 200
        assert server.get("/api/ps").status == 401
        for key in ("sesame", key_of(weft)):
            assert server.get("/api/ps", Authorization=f"Bearer {key}").status == 200
            async with connect(server, key) as socket:
                assert "result" in await request(socket, "initialize", {"processId": None, "capabilities": {}})
    finally:
        server.end()


def test_ui_starts_the_server_opens_the_browser_and_finds_both_again(make_weft, page, tmp_path, fixtures):
    programs, opened = tmp_path / "programs", tmp_path / "opened"
    programs.mkdir()
    browser = programs / "xdg-open"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    weft = make_weft(WEFT_PAGE=str(page), PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    folder = fixtures / "chat"
    started = weft.run("ui", "--port", "0", folder)
    assert started.returncode == 0, started.stderr
    address = started.stdout.strip()
    wait_until(opened.exists, "the browser")
    assert opened.read_text() == address
    given = urllib.parse.parse_qs(urllib.parse.urlsplit(address).fragment)
    assert given == {"key": [key_of(weft)], "folder": [folder.as_uri()]}
    again = weft.run("ui", "--no-open", folder)
    assert again.stdout.strip() == address
    assert weft.run("ui", "--no-open", folder / "nowhere").returncode == 1


def test_without_a_built_page_ui_says_how_to_build_it(make_weft, tmp_path):
    # A program without anything beside it.
    original = make_weft()
    program = tmp_path / "bin" / "weft"
    program.parent.mkdir()
    try:
        os.link(original.binary, program)
    except OSError:
        shutil.copy(original.binary, program)
    alone = make_weft("alone")
    alone.binary = program
    done = alone.run("ui", "--no-open")
    assert done.returncode == 1 and "cargo xtask page" in done.stderr
    assert alone.engine() is None, "nothing was started"
    server = Server(alone)
    try:
        answer = server.get("/", Accept="text/html")
        assert answer.status == 503 and "cargo xtask page" in answer.text
    finally:
        server.end()
