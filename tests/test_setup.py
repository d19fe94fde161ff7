"""`weft setup`: what it shows, changes and takes back, by the real program in a home of its own."""

import os
from pathlib import Path

import pytest

from support.weft import Weft


@pytest.fixture
def home(make_weft, tmp_path):
    folder = tmp_path / "user"
    folder.mkdir()
    changed = {"HOME": str(folder), "USERPROFILE": str(folder), "XDG_CONFIG_HOME": None, "NVIM_APPNAME": None}
    return make_weft(**changed), folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()}


def run(weft: Weft, *arguments: str) -> str:
    done = weft.run("setup", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "editor, file, words",
    [
        ("helix", ".config/helix/languages.toml", "[language-server.weft]"),
        ("neovim", ".config/nvim/plugin/weft.lua", 'require("weft").setup'),
        ("zed", ".config/zed/settings.json", "open_ai_compatible_api"),
        ("emacs", ".emacs.d/weft.el", "lsp-register-client"),
    ],
)
def test_shown_made_and_taken_back(home, editor, file, words):
    weft, folder = home
    mine = {
        ".config/helix/languages.toml": b'# mine\n[[language]]\nname = "python"\nlanguage-servers = ["pyright"] # types\n',
        ".config/zed/settings.json": b'// mine\n{\n  "theme": "One Dark",\n}\n',
        ".config/nvim/init.vim": b"set number\r\n",
        ".emacs.d/init.el": b"(setq mine t)\n",
    }
    for path, content in mine.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    shown = run(weft, editor)
    assert "+" in shown and words in shown
    assert "Nothing has been changed" in shown
    assert files(folder) == mine
    assert "Done." in run(weft, editor, "--yes")
    made = files(folder)
    assert words.encode() in made[file]
    for path, content in mine.items():
        assert path == file or made[path] == content
    if file in mine:
        assert b"mine" in made[file]
        assert made[f"{file}.weft-backup"] == mine[file]
    assert "already" in run(weft, editor, "--yes")
    assert files(folder) == made
    assert file in run(weft, editor, "--undo").replace(os.sep, "/")
    assert files(folder) == made, "an undo asks as well"
    run(weft, editor, "--undo", "--yes")
    assert files(folder) == mine
    assert "nothing to take back" in run(weft, editor, "--undo", "--yes")


def test_a_file_that_is_not_understood_is_left_alone(home):
    weft, folder = home
    broken = folder / ".config" / "helix" / "languages.toml"
    broken.parent.mkdir(parents=True)
    broken.write_text("[[language]\n")
    done = weft.run("setup", "helix", "--yes")
    assert done.returncode == 1
    assert "left as it is" in done.stdout and "[language-server.weft]" in done.stdout
    assert files(folder) == {".config/helix/languages.toml": b"[[language]\n"}


def test_the_template_for_jetbrains_and_the_way_to_it(home, tmp_path):
    weft, _ = home
    target = tmp_path / "template"
    said = run(weft, "jetbrains", "--to", str(target), "--yes")
    assert "Import from custom template" in said
    assert (target / "template.json").is_file()
    run(weft, "jetbrains", "--undo", "--yes")
    assert not target.exists()


def test_vscode_runs_its_own_program(home, tmp_path):
    weft, _ = home
    said = weft.run("setup", "vscode")
    assert said.returncode == 1 and "cargo xtask package vscode" in said.stdout
    # Stands in for VS Code's command line: it writes down what it is asked.
    programs = tmp_path / "programs"
    programs.mkdir()
    log = tmp_path / "asked"
    (programs / "code").write_text(f'#!/bin/sh\necho "$@" >> "{log}"\n')
    (programs / "code").chmod(0o755)
    weft.environment["PATH"] = f"{programs}{os.pathsep}{weft.environment['PATH']}"
    vsix = tmp_path / "weft.vsix"
    vsix.write_bytes(b"")
    assert "--install-extension" in run(weft, "vscode", "--vsix", str(vsix))
    assert not log.exists()
    run(weft, "vscode", "--vsix", str(vsix), "--yes")
    run(weft, "vscode", "--undo", "--yes")
    assert log.read_text() == f"--install-extension {vsix}\n--uninstall-extension weft.weft\n"
