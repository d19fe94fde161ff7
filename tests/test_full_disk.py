"""Models that are pulled onto a full disk: a real one of 1 MiB. Where none can be mounted, test_hub.py has a limit on the size of files."""

import pytest

from support import disk
from support.gguf import tiny
from support.weft import PATIENCE_SECONDS
from test_hub import NAME, REPO, fetched, ggufs, hub  # noqa: F401


@pytest.fixture
def full_disk(tmp_path):
    with disk.small(tmp_path / "disk") as place:
        yield place


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
    fetched(weft, NAME)
    assert (full_disk / f"models/hf/{REPO}/m-Q4_K_M.gguf").read_bytes() == large
    assert it.file_requests()[-1].range is not None
