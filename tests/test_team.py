"""docs/team: the proxy's configuration as it is shipped, before two real engines that are started as its compose file says."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from support.api import Server
from support.chat import Chat
from support.editor import Editor
from support.samples import SUM, SUM_REST
from support.weft import SMALL_MODEL, Weft

TEAM = Path(__file__).resolve().parent.parent / "docs" / "team"
KEY = "the-key-of-the-team"


def haproxy() -> str:
    """`cargo xtask setup` installs it; WEFT_TEST_HAPROXY names another one."""
    found = os.environ.get("WEFT_TEST_HAPROXY") or shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    assert found, "HAProxy is not here: `cargo xtask setup` installs it"
    return found


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((TEAM / "compose.yaml").read_text())["services"]


def engine(name: str, compose: dict, binary, models, folder) -> Server:
    """An engine of the compose file, on a port that the system picks and with the small model."""
    program, serve, *arguments = compose[name]["command"]
    assert (program, serve) == ("weft", "serve")
    environment = {**compose[name]["environment"], "WEFT_API_KEY": KEY, "WEFT_MODEL": None}
    # The port is one that the system picks.
    at = arguments.index("--port")
    del arguments[at : at + 2]
    arguments[arguments.index("--model") + 1] = SMALL_MODEL
    del environment["WEFT_HOME"], environment["WEFT_MODELS"]
    server = Server(Weft(binary, folder / name, models, environment), *arguments)
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    return server


class Team:
    def __init__(self, engines: list[Server], compose: dict, log: Path):
        self.engines = engines
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environment = {**compose["proxy"]["environment"], "WEFT_TEAM_BIND": f"fd@{listening.fileno()}"}
        for number, it in enumerate(engines, 1):
            assert environment[f"WEFT_ENGINE_{number}"] == f"engine{number}:8080"
            environment[f"WEFT_ENGINE_{number}"] = it.url.removeprefix("http://")
        # No name is looked up, and nothing is there.
        environment["WEFT_ENGINE_3"] = "127.0.0.1:1"
        self.log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [haproxy(), "-db", "-f", str(TEAM / "haproxy.cfg")],
                env={**os.environ, **environment},
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        listening.close()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def team(compose, binary, models, tmp_path):
    made = []
    try:
        for name in ("engine1", "engine2"):
            made.append(engine(name, compose, binary, models, tmp_path))
        running = Team(made.copy(), compose, tmp_path / "haproxy.log")
        made.append(running)
        yield running
    finally:
        for it in reversed(made):
            it.end()


def test_sessions_stay_where_they_are_and_are_spread(team):
    def answered_by(session: str | None) -> str:
        headers = {"Authorization": f"Bearer {KEY}"} | ({"X-Weft-Session": session} if session else {})
        answer = httpx.get(f"{team.url}/v1/models", headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.headers["x-weft-engine"]

    before = {f"session-{number}": answered_by(f"session-{number}") for number in range(24)}
    assert set(before.values()) == {"engine1", "engine2"}
    assert before == {session: answered_by(session) for session in before}
    assert len({answered_by(None) for _ in range(3)}) == 1, "a program that says no session is known by its address"
    assert httpx.get(f"{team.url}/v1/models", trust_env=False).status_code == 401

    team.engines[0].process.kill()
    after = {session: answered_by(session) for session in before}
    assert set(after.values()) == {"engine2"}
    assert [session for session in before if before[session] == "engine2"], "these did not move"


async def test_an_editor_has_warm_caches_and_survives_an_engine(team, make_weft):
    weft = make_weft("editor", WEFT_MODEL=None, TEAM_KEY=KEY)
    weft.home.mkdir(parents=True)
    (weft.home / "config.toml").write_text(
        f'[roles]\nchat = "team"\nautocomplete = "team"\n[engines.team]\nkind = "weft"\nbase_url = "{team.url}"\n'
        f'key = "env:TEAM_KEY"\n[models.team]\nengine = "team"\nmodel = "{SMALL_MODEL}"\n'
    )
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert [it.insert_text for it in await document.complete(len(SUM))] == [SUM_REST]
        chat = Chat(editor)
        first = await chat.send("Say only: yes")
        assert first.answer["state"] == "done", first.answer
        session = first.answer["sessionId"]
        second = await chat.send("Say it once more.", session=session)
        assert second.answer["stats"]["cachedTokens"] >= first.answer["stats"]["promptTokens"], "its engine had all of it"
        [its] = [it for it in team.engines if it.weft.engine().status()["loaded"]]

        running = chat.begin("Count from 1 to 500, in words, separated by commas.", session=session)
        await running.until(lambda it: it["kind"] == "text")
        its.process.kill()
        await running.task
        failed = running.task.result()
        assert failed["state"] == "failed" and "there is no answer from team" in failed["error"], failed
        assert "broke off in the middle" in failed["error"] and "ask again" in failed["error"], failed

        [other] = [it for it in team.engines if it is not its]
        again = await chat.send("Say only: yes", session=session)
        assert again.answer["state"] == "done" and again.answer["text"], again.answer
        assert other.weft.engine().status()["loaded"] == [SMALL_MODEL]
        document.insert(0, "# and again\n")
        assert [it.insert_text for it in await document.complete(len(document.text))] == [SUM_REST]

        other.process.kill()
        nobody = await chat.refused("weft/chat/send", {"text": "Say only: yes", "sessionId": session})
        if "none of the engines" not in nobody:
            # The request in which the proxy finds its connections dead may be broken off; the next one is told.
            assert "there is no answer from team" in nobody, nobody
            nobody = await chat.refused("weft/chat/send", {"text": "Say only: yes", "sessionId": session})
        assert "none of the engines of the team is up" in nobody, nobody
        assert weft.engine_processes() == [], "no engine of its own was started"
