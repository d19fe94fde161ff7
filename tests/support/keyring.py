"""A session bus with GNOME Keyring on it, both of this test alone: nothing is read from or written to the keyring of whoever runs it."""

import contextlib
import os
import subprocess
from pathlib import Path

from .weft import wait_until

SECRETS = "org.freedesktop.secrets"


@contextlib.contextmanager
def running(folder: Path):
    """The environment that programs need to find an unlocked, empty keyring."""
    folder.mkdir()
    (folder / "run").mkdir(mode=0o700)
    own = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_RUNTIME_DIR": str(folder / "run")}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={folder}/run/bus"],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    keyring = None
    try:
        own["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"],
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        keyring.stdin.write(b"password")
        keyring.stdin.close()
        wait_until(lambda: _has_owner(own), "GNOME Keyring on its bus", every=0.05)
        yield own
    finally:
        for process in filter(None, [keyring, bus]):
            process.kill()
            process.wait()
        bus.stdout.close()


def _has_owner(environment: dict[str, str]) -> bool:
    to = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]
    asked = subprocess.run(
        ["dbus-send", *to, "org.freedesktop.DBus.NameHasOwner", f"string:{SECRETS}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return "true" in asked.stdout
