"""Pulls onto a disk that is full. Without the right to mount one, `test_hub.py` has a limit on the size of files for it."""

import pytest

from support.disk import small_disk
from support.gguf import tiny
from support.hub import Hub, Repository
from support.weft import PATIENCE_SECONDS, wait_until

REPO = "somebody/tiny-coder-GGUF"
NAME = f"hf:{REPO}"


@pytest.fixture
def full_disk(tmp_path):
    with small_disk(tmp_path / "disk") as place:
        yield place


@pytest.fixture
def hub():
    made = []

    def make(files: dict[str, bytes]) -> Hub:
        made.append(Hub({REPO: Repository(files)}))
        return made[-1]

    yield make
    for it in made:
        it.end()


def ggufs(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.gguf"))


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(hub, make_weft, full_disk):
    it = hub({"m-Q4_K_M.gguf": tiny("large", 40_000)})
    weft = make_weft(WEFT_MODELS=str(full_disk / "models"), WEFT_MODEL=None, HF_ENDPOINT=it.endpoint)
    done = weft.run("models", "pull", NAME)
    assert done.returncode == 1
    assert "not enough room" in done.stderr and "Free some space" in done.stderr
    assert it.file_requests() == [] and ggufs(full_disk) == []


def test_a_disk_that_becomes_full_is_told_and_what_arrived_is_kept(hub, make_weft, full_disk):
    large = tiny("large", 10_000)
    it = hub({"m-Q4_K_M.gguf": large})
    it.hold_after = 100_000
    weft = make_weft(WEFT_MODELS=str(full_disk / "models"), WEFT_MODEL=None, HF_ENDPOINT=it.endpoint)
    pull = weft.start("models", "pull", NAME)
    assert it.held.wait(PATIENCE_SECONDS)
    partial = full_disk / f"models/hf/{REPO}/m-Q4_K_M.gguf.partial"
    wait_until(lambda: partial.exists() and partial.stat().st_size == 100_000, "the bytes that were sent")
    other = full_disk / "other"
    with pytest.raises(OSError, match="No space left"), other.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    it.go_on.set()
    _out, err = pull.communicate(timeout=PATIENCE_SECONDS)
    assert pull.returncode == 1
    assert "not enough room" in err and "what has arrived is kept" in err, err
    assert ggufs(full_disk) == []
    other.unlink()
    done = weft.run("models", "pull", NAME)
    assert done.returncode == 0, done.stderr
    assert (full_disk / f"models/hf/{REPO}/m-Q4_K_M.gguf").read_bytes() == large
    assert it.file_requests()[-1].range is not None
