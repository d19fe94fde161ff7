"""The real editors that `cargo xtask e2e` installs, with folders of their own, and the workspace that they open."""

import os
import shutil
import subprocess
from pathlib import Path

from .terminal import Terminal
from .weft import Weft

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PLUGIN = REPOSITORY / "editors" / "neovim"

# The environment variables that name them. Without one, the tests of its editor are not collected.
NEOVIM, NEOVIM_0_11, NEOVIM_0_10, HELIX = "WEFT_NVIM", "WEFT_NVIM_0_11", "WEFT_NVIM_0_10", "WEFT_HELIX"
EMACS = "WEFT_EMACS"

# What the small model writes in fixtures/python/inventory/stock.py, in the loop of `total_value_cents`.
STOCK = "inventory/stock.py"
LOOP_LINE = 50
TYPED = "total"
SUGGESTED = " += count * item.price_cents"


def workspace(folder: Path) -> Path:
    """A copy of fixtures/python as a git checkout, so that its root is found."""
    root = folder / "python"
    shutil.copytree(REPOSITORY / "fixtures" / "python", root)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=60)
    return root


def environment(weft: Weft, home: Path) -> dict[str, str]:
    """weft's environment, with weft on the PATH and every folder of the editor's own below `home`."""
    programs = home / "programs"
    programs.mkdir(parents=True, exist_ok=True)
    link = programs / "weft"
    if not link.exists():
        link.symlink_to(weft.binary)
    own = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")}
    own["PATH"] = f"{programs}{os.pathsep}{weft.environment['PATH']}"
    own["HOME"] = str(home)
    return weft.environment | own


EMACS_INIT = """
(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil create-lockfiles nil)
(setq lsp-session-file (expand-file-name "session" (getenv "HOME")) lsp-auto-guess-root t)
(setq lsp-headerline-breadcrumb-enable nil lsp-modeline-code-actions-enable nil lsp-enable-suggest-server-download nil)
(if (locate-library "lsp-mode") (load "lsp-mode-autoloads" t t) (package-initialize))
"""


class Editors:
    """Opens editors, and ends all of them."""

    def __init__(self, weft: Weft, home: Path, captures: Path):
        self.weft = weft
        self.home = home
        self.captures = captures
        self.opened: list[Terminal] = []

    def neovim(self, variable: str, root: Path, file: str, init: str, path: str | None = None) -> Terminal:
        """Neovim with an init.lua of this text, in a folder of its own."""
        home = self.home / f"neovim-{len(self.opened)}"
        env = environment(self.weft, home)
        if path is not None:
            env["PATH"] = path
        config = home / "init.lua"
        config.write_text(f"vim.o.swapfile = false\nvim.o.laststatus = 2\n{init}", encoding="utf-8")
        return self._open([os.environ[variable], "-u", config, file], root, env)

    def helix(self, root: Path, file: str, languages: str) -> Terminal:
        """Helix with a languages.toml of this text."""
        home = self.home / f"helix-{len(self.opened)}"
        config = home / "config" / "helix"
        config.mkdir(parents=True)
        (config / "languages.toml").write_text(languages, encoding="utf-8")
        return self._open([os.environ[HELIX], file], root, environment(self.weft, home))

    def emacs(self, root: Path, file: str, init: str) -> Terminal:
        """Emacs with an init file of this text, and no question from it or from lsp-mode that would keep a test waiting."""
        home = self.home / f"emacs-{len(self.opened)}"
        env = environment(self.weft, home)
        (home / "init.el").write_text(EMACS_INIT + init, encoding="utf-8")
        return self._open([os.environ[EMACS], "-nw", "-q", "-l", home / "init.el", file], root, env)

    def as_set_up(self, variable: str, editor: str, root: Path, file: str) -> Terminal:
        """An editor whose whole configuration is what `weft setup` makes."""
        env = environment(self.weft, self.home / f"set-up-{len(self.opened)}")
        command = [self.weft.binary, "setup", editor, "--yes"]
        subprocess.run(command, env=env, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return self._open([os.environ[variable], file], root, env)

    def end(self) -> None:
        for terminal in self.opened:
            terminal.end()

    def _open(self, command: list, root: Path, env: dict[str, str]) -> Terminal:
        captures = self.captures / str(len(self.opened)) if self.opened else self.captures
        self.opened.append(Terminal(command, root, env, captures))
        return self.opened[-1]
