"""A program in a real terminal: tmux runs it, keys go in, the screen comes out.

Nothing waits for a time: a test waits for what must appear on the screen, looking again and again until it is there.
Every screen that a test looked at last is kept in a text file, to be read by people.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from .weft import PATIENCE_SECONDS

# How often the screen is looked at.
LOOK_EVERY_SECONDS = 0.05

COLUMNS, ROWS = 100, 30


class Terminal:
    """One tmux server with one window, on a socket of its own."""

    def __init__(self, command: list[str | Path], cwd: Path, environment: dict[str, str], captures: Path):
        # The path of a socket must be short, which the folders of tests are not.
        self._folder = Path(tempfile.mkdtemp(prefix="weft-tmux-"))
        self._captures = captures
        self._environment = environment | {"TERM": "screen-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        self._environment.pop("TMUX", None)
        self._count = 0
        words = ["new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-c", str(cwd), "--", *map(str, command)]
        # The last screen of a program that ended stays to be looked at; Escape is Escape at once.
        options = ["set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-s", "escape-time", "0", ";"]
        self._tmux("start-server", ";", *options, *words)
        self.process = psutil.Process(int(self._tmux("display-message", "-p", "#{pane_pid}")))

    def keys(self, *names: str) -> None:
        """Presses keys by tmux's names: Escape, Enter, Tab, C-c, M-Right."""
        self._tmux("send-keys", *names)

    def type(self, text: str) -> None:
        """Types a text as it stands."""
        self._tmux("send-keys", "-l", "--", text)

    def screen(self) -> str:
        lines = self._tmux("capture-pane", "-p").split("\n")
        return "\n".join(line.rstrip() for line in lines)

    def wait_for(self, wanted: str | re.Pattern | Callable[[str], bool], capture: str | None = None) -> str:
        """Waits until a text, a pattern or a condition holds for the screen; returns the screen. `capture` names the file it is kept in."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            screen = self.screen()
            if _holds(wanted, screen):
                if capture:
                    self.keep(capture, screen)
                return screen
            if time.monotonic() > deadline:
                self.keep("failure", screen)
                raise AssertionError(f"waited in vain for {wanted!r} on this screen:\n{screen}")
            time.sleep(LOOK_EVERY_SECONDS)

    def wait_until_gone(self, text: str) -> str:
        return self.wait_for(lambda screen: text not in screen)

    def wait_until_ended(self) -> None:
        """Waits until the program has ended. Its process is asked: tmux sometimes misses the end, and never shows it then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _has_ended(self.process):
            if time.monotonic() > deadline:
                screen = self.screen()
                self.keep("failure", screen)
                raise AssertionError(f"waited in vain for the end of the program on this screen:\n{screen}")
            time.sleep(LOOK_EVERY_SECONDS)

    def keep(self, name: str, screen: str | None = None) -> None:
        """Writes the screen to a file."""
        self._count += 1
        self._captures.mkdir(parents=True, exist_ok=True)
        path = self._captures / f"{self._count:02}-{name}.txt"
        path.write_text((self.screen() if screen is None else screen).rstrip("\n") + "\n", encoding="utf-8")
        # With its colours, for tests/pictures.py.
        path.with_suffix(".ansi").write_text(self._tmux("capture-pane", "-p", "-e") + "\n", encoding="utf-8")

    def children(self, *words: str) -> list[psutil.Process]:
        """The processes that the program started whose command line has these words."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self.process.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if all(word in process.cmdline() for word in words):
                        found.append(process)
        return found

    def end(self) -> None:
        """Ends the program and whatever it started, apart from the engine, which is the fixture's of weft."""
        started = [self.process, *self.children()] if self.process.is_running() else []
        started = [process for process in started if process not in self.children("serve")]
        subprocess.run(self._command("kill-server"), env=self._environment, capture_output=True, timeout=PATIENCE_SECONDS)
        _, alive = psutil.wait_procs(started, timeout=10)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _command(self, *words: str) -> list[str]:
        return ["tmux", "-S", str(self._folder / "socket"), "-f", os.devnull, *words]

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            self._command(*words), env=self._environment, capture_output=True, encoding="utf-8", timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout.rstrip("\n")


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _holds(wanted: str | re.Pattern | Callable[[str], bool], screen: str) -> bool:
    if isinstance(wanted, str):
        return wanted in screen
    if isinstance(wanted, re.Pattern):
        return wanted.search(screen) is not None
    return wanted(screen)
