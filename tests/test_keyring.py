"""Keys in the system's keyring: a real Secret Service, and a machine that has none. On Linux, where a keyring can be started for a test."""

import json
import subprocess

import pytest

from support import keyring
from support.providers import KEY, OpenAi, StandIn
from support.remote import texts
from support.samples import SUM_REST

NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}


@pytest.fixture
def stand_in():
    with StandIn(OpenAi(), ["a", " * ", "b"]).running() as running:
        yield running


@pytest.fixture
def make_client(make_weft, stand_in):
    """Makes a weft with one engine, whose key is where `place` says; what it prints and writes has no key."""

    def make(name: str, place: str | None, **environment: str):
        weft = make_weft(name, WEFT_MODEL=None, **environment)
        weft.home.mkdir(parents=True)
        key = f'key = "{place}"\n' if place else ""
        (weft.home / "config.toml").write_text(
            f'[roles]\nautocomplete = "cloud/theirs"\n[engines.cloud]\nkind = "openai"\nbase_url = "{stand_in.base_url}"\n{key}'
        )

        def run(*arguments, typed: str | None = None):
            done = subprocess.run(
                [weft.binary, *arguments],
                env=weft.environment,
                input=typed,
                stdin=subprocess.DEVNULL if typed is None else None,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert KEY not in done.stdout + done.stderr, "the key shows"
            return done

        run.home = weft.home
        return run

    return make


def files_with_key(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_key_lives_in_the_keyring(make_client, place, stand_in, tmp_path):
    with keyring.running(tmp_path / "keyring") as environment:
        weft = make_client("one", None, **environment)
        done = weft("key", "set", "cloud", "--keyring", typed=KEY + "\n")
        assert done.returncode == 0 and "keyring" in done.stdout, done.stderr
        assert done.stderr == "", "an engine without `key` finds it"
        assert "from the system's keyring" in weft("key", "list").stdout
        assert texts(json.loads(weft("complete", place, "--json").stdout)) == [SUM_REST]
        assert files_with_key(weft.home) == []

        # The keyring is the user's, not that of one configuration.
        other = make_client("other", "keyring", **environment)
        assert texts(json.loads(other("complete", place, "--json").stdout)) == [SUM_REST]

        # One place has a key: a file that gets it takes it out of the keyring.
        assert weft("key", "set", "cloud", typed=KEY + "\n").returncode == 0
        assert files_with_key(weft.home) == [weft.home / "keys.toml"]
        gone = json.loads(other("complete", place, "--json").stdout)
        assert gone["engine_error"] == "configuration" and "weft key set cloud --keyring" in gone["reason"]

        assert weft("key", "set", "cloud", "--keyring", typed=KEY + "\n").returncode == 0
        assert files_with_key(weft.home) == []
        assert weft("key", "remove", "cloud").returncode == 0
        assert "none" in weft("key", "list").stdout
        assert other("key", "remove", "cloud").returncode == 1, "there is none any more"


def test_without_a_keyring_it_is_said_what_works_instead(make_client, place):
    weft = make_client("server", None, **NO_BUS)
    done = weft("key", "set", "cloud", "--keyring", typed=KEY + "\n")
    assert done.returncode == 1 and "session bus" in done.stderr and "`weft key set cloud`" in done.stderr
    assert not (weft.home / "keys.toml").exists()
    assert weft("key", "set", "cloud", typed=KEY + "\n").returncode == 0
    assert texts(json.loads(weft("complete", place, "--json").stdout)) == [SUM_REST]

    named = make_client("named", "keyring", **NO_BUS)
    answer = json.loads(named("complete", place, "--json").stdout)
    assert answer["engine_error"] == "configuration" and "session bus" in answer["reason"]
