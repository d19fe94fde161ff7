"""The weft that is handed out: it runs wherever its folder is copied, and computes with the module that suits the processor best.

WEFT_TEST_PORTABLE names the folder; `cargo xtask check portable` builds it and runs this."""

import json
import os
import shutil
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from support.samples import SUM, SUM_REST
from support.weft import Weft


@pytest.fixture
def copied(models, tmp_path):
    folder = tmp_path / "elsewhere"
    shutil.copytree(os.environ["WEFT_TEST_PORTABLE"], folder)
    weft = Weft(next(folder.glob("weft*")), tmp_path / "home", models)
    yield weft
    weft.end()


def test_the_folder_has_the_program_its_libraries_and_a_module_for_each_kind_of_processor(copied):
    folder = copied.binary.parent
    modules = [path.name for path in (folder / "backends").iterdir()]
    assert len([name for name in modules if "ggml-cpu-" in name]) >= 3, modules
    assert any("llama" in path.name for path in folder.iterdir() if path.is_file())


def test_it_completes_with_the_module_of_this_processor_and_its_own_libraries(copied, tmp_path):
    file = tmp_path / "sums.py"
    file.write_text(SUM)
    lines = SUM.split("\n")
    done = copied.run("complete", f"{file}:{len(lines)}:{len(lines[-1]) + 1}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == SUM_REST
    doctor = copied.run("doctor").stdout
    [cpu] = [line for line in doctor.splitlines() if " cpu " in line]
    known = Path("/proc/cpuinfo").read_text() if sys.platform == "linux" else ""
    assert ("AVX2" in cpu) == (" avx2 " in known), cpu
    if sys.platform != "linux":
        return
    loaded = {Path(it.path) for it in copied.engine().process.memory_maps() if "ggml" in it.path or "llama" in it.path}
    assert loaded and all(path.is_relative_to(copied.binary.parent) for path in loaded), loaded
    processors = [path.name for path in loaded if "ggml-cpu-" in path.name]
    assert len(processors) == 1, processors


def test_a_module_for_cards_is_used_or_it_is_told_why_not(copied):
    modules = [path.name for path in (copied.binary.parent / "backends").iterdir() if "ggml-cpu-" not in path.name]
    assert modules, "the folder was built without any card"
    told = json.loads(copied.run("devices", "--json").stdout)
    unused = {it["file"]: it["reason"] for it in told["unused"]}
    names = [device["device"].lower() for device in told["devices"]]
    for module in modules:
        kind = module.split("ggml-")[1].split(".")[0].replace("hip", "rocm")
        is_used = any(name.startswith(kind) for name in names)
        assert is_used != (module in unused), (module, told)
        assert is_used or unused[module], "without a reason nobody can mend it"
    cuda = [reason for file, reason in unused.items() if "cuda" in file]
    if cuda and not find_library("cuda"):
        assert "libcuda" in cuda[0] or "nvcuda" in cuda[0], "what is missing is the driver"
    shown = copied.run("devices").stdout
    assert all(f"Not used: {file}: {reason}" in shown for file, reason in unused.items()), shown


def test_a_module_that_cannot_be_loaded_is_told_with_what_the_loader_says(copied):
    folder = copied.binary.parent / "backends"
    suffix = next(path.suffix for path in folder.iterdir())
    broken = folder / f"{'' if suffix == '.dll' else 'lib'}ggml-cuda{suffix}"
    broken.write_bytes(b"no library")
    told = json.loads(copied.run("devices", "--json").stdout)
    [reason] = [it["reason"] for it in told["unused"] if it["file"] == broken.name]
    assert broken.name in reason, reason
    has_card = any(device["kind"] != "cpu" for device in told["devices"])
    doctor = copied.run("doctor").stdout
    assert has_card or f"{broken.name} is not used: {reason}" in " ".join(doctor.split()), doctor
