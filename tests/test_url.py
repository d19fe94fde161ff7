"""`@url`: pages are read only where the user has allowed it."""

import http.server
import json
import threading

import pytest


@pytest.fixture
def page():
    """A page on this machine, and the requests that came for it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/page")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = "<html><body><h1>Berths</h1><script>no()</script><p>There are 37 berths.</p></body></html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()


def test_a_page_is_read_where_the_network_is_allowed(make_weft, page, tmp_path):
    address, asked = page
    weft = make_weft(WEFT_NETWORK="any")
    done = weft.run("chat", "--json", f"How many berths are there? @url:{address}/moved", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "37" in answer["text"] and f"{address}/page" in json.dumps(answer["attachments"])
    assert [path for path, _ in asked] == ["/moved", "/page"]
    assert all("Cookie" not in headers and "Authorization" not in headers for _, headers in asked)


@pytest.mark.parametrize("network, words", [(None, "network"), ("public", "private network")])
def test_nothing_is_asked_for_where_it_is_not(make_weft, page, tmp_path, network, words):
    address, asked = page
    weft = make_weft(WEFT_NETWORK=network)
    done = weft.run("chat", "--json", f"How many berths are there? @url:{address}/page", cwd=tmp_path)
    assert done.returncode != 0 and words in done.stderr + done.stdout
    assert asked == []
