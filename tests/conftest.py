"""Fixtures of the end-to-end tests: the real `weft` binary, the real small model, an LSP client from PyPI.

WEFT_BIN names the binary, WEFT_TEST_MODELS the folder with the models; `cargo xtask test` sets both.
Every process that a test starts, directly or through weft, is gone when its fixture is torn down.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import editors as real_editors
from support.disk import can_mount
from support.editor import Editor
from support.providers import KEY
from support.remote import Checked, configure
from support.samples import SUM
from support.weft import SMALL_MODEL, Weft


# The tests on real editors run where `cargo xtask e2e` has named the editors, those on a real llama-server and on Node where
# one is named.
collect_ignore = [
    file
    for file, variable in [
        ("test_neovim.py", real_editors.NEOVIM),
        ("test_neovim_chat.py", real_editors.NEOVIM),
        ("test_helix.py", real_editors.HELIX),
        ("test_helix_chat.py", real_editors.HELIX),
        ("test_emacs.py", real_editors.EMACS),
        ("test_jetbrains.py", "WEFT_LSP4J"),
        ("test_jetbrains_plugin.py", "WEFT_JETBRAINS_CLASSES"),
        ("test_editors_together.py", real_editors.NEOVIM),
        ("test_editors_together.py", real_editors.HELIX),
        ("test_llama_server.py", "WEFT_TEST_LLAMA_SERVER"),
        ("test_clients_node.py", "WEFT_TEST_NODE"),
        ("test_gpu.py", "WEFT_TEST_GPU"),
        ("test_portable.py", "WEFT_TEST_PORTABLE"),
        ("test_compose.py", "WEFT_TEST_COMPOSE"),
    ]
    if variable not in os.environ
]
if sys.platform != "linux":
    # A keyring of its own can be started for a test there only.
    collect_ignore.append("test_keyring.py")


if not can_mount():
    collect_ignore.append("test_full_disk.py")


def _path_from_environment(name: str) -> Path:
    value = os.environ.get(name)
    if not value or not Path(value).exists():
        pytest.exit(f"{name} must name an existing path; `cargo xtask test` sets it", returncode=2)
    return Path(value).resolve()


@pytest.fixture(scope="session")
def binary() -> Path:
    return _path_from_environment("WEFT_BIN")


@pytest.fixture(scope="session")
def models() -> Path:
    return _path_from_environment("WEFT_TEST_MODELS")


@pytest.fixture(scope="session")
def weft(binary, models, tmp_path_factory):
    """weft with a home that all tests share, and so one engine: the model is loaded once."""
    shared = Weft(binary, tmp_path_factory.mktemp("shared") / "home", models)
    yield shared
    shared.end()


@pytest.fixture
def make_weft(binary, models, tmp_path):
    """Makes a weft with a home of its own; keywords are environment variables, None takes one away."""
    made = []

    def make(name: str = "home", **environment: str | None) -> Weft:
        made.append(Weft(binary, tmp_path / name, models, environment))
        return made[-1]

    yield make
    for it in made:
        it.end()


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "project" / "sum.py"
    path.parent.mkdir()
    path.write_text(SUM + "\n")
    return f"{path}:{SUM.count(chr(10)) + 1}:{len(SUM) - SUM.rfind(chr(10))}"


@pytest.fixture
def remote(make_weft):
    """Makes a weft whose configuration has one remote model in all roles. What it prints never has the key."""

    def make(*arguments: str, **more: str) -> Checked:
        weft = make_weft(WEFT_MODEL=None, STANDIN_KEY=KEY)
        configure(weft, *arguments, **more)
        return Checked(weft)

    return make


@pytest.fixture
async def editor(weft):
    """An editor session on the shared engine, as most clients start it."""
    async with Editor.started(weft) as started:
        yield started


@pytest.fixture
def open_editors(weft, tmp_path, request):
    """Makes a place for real editors, on the shared engine unless another weft is given; what they showed is kept in $WEFT_CAPTURES."""
    captures = Path(os.environ.get("WEFT_CAPTURES") or tmp_path / "captures")
    name = request.node.name.removeprefix("test_").replace("[", " ").replace("]", "").replace(" ", "-")
    made = []

    def make(on: Weft = weft) -> real_editors.Editors:
        made.append(real_editors.Editors(on, tmp_path / f"editors-{len(made)}", captures / name))
        return made[-1]

    yield make
    for it in made:
        it.end()


@pytest.fixture
def empty_models(tmp_path) -> Path:
    folder = tmp_path / "no-models"
    folder.mkdir()
    return folder


@pytest.fixture
def fixtures() -> Path:
    return Path(__file__).resolve().parent.parent / "fixtures"


def pytest_terminal_summary(terminalreporter):
    """Prints the figures that tests measure for the reader."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


def pytest_report_header(config):
    lines = []
    if collect_ignore:
        lines.append(f"without {', '.join(collect_ignore)}: `cargo xtask e2e` runs the real editors")
    binary = os.environ.get("WEFT_BIN")
    if binary and Path(binary).exists():
        version = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60)
        lines.append(f"weft: {version.stdout.strip()}; model: {SMALL_MODEL}")
    return lines
