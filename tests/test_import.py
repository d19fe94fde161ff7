"""Files of the user's and an Ollama's models: used where they are, stored once, never changed."""

import json

import pytest

from support.gguf import tiny

SMALLEST = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def importing(make_weft, folder):
    def make(**environment: str | None):
        return make_weft(WEFT_MODELS=str(folder), WEFT_MODEL=None, **environment)

    return make


def imported(weft, *arguments) -> str:
    done = weft.run("models", "import", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_gets_a_second_name_for_the_same_bytes(importing, folder, tmp_path):
    weft = importing()
    mine = tmp_path / "My Model-Q8_0.gguf"
    mine.write_bytes(tiny("mine"))
    refused = weft.run("models", "import", mine)
    assert refused.returncode == 1 and "cannot be a model's name" in refused.stderr
    assert "second name" in imported(weft, mine, "--name", "mine")
    assert (folder / "mine.gguf").stat().st_ino == mine.stat().st_ino
    assert "here already, as mine" in imported(weft, mine, "--name", "again")
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny("mine"))
    assert "here already, as mine" in imported(weft, other), "the same bytes in another file"
    assert sorted(path.name for path in folder.glob("*.gguf")) == ["mine.gguf"]
    mine.unlink()
    assert weft.run("models", "show", "mine").returncode == 0
    assert weft.run("models", "cp", "mine", "yours").returncode == 0
    assert "nothing is freed" in weft.run("models", "rm", "mine").stdout
    assert "are free again" in weft.run("models", "rm", "yours").stdout


def test_a_file_can_stay_where_it_is(importing, folder, tmp_path):
    weft = importing()
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(tiny("mine"))
    assert "leave that file there" in imported(weft, "--in-place", mine)
    assert (folder / "mine.gguf").is_symlink()
    assert weft.run("models", "path", "mine").returncode == 0
    assert weft.run("models", "rm", "mine").returncode == 0
    assert mine.read_bytes() == tiny("mine"), "only the name went"


def test_what_is_no_model_is_not_taken(importing, folder, tmp_path):
    weft = importing()
    cases = {"page.gguf": b"<!DOCTYPE html>", "short.gguf": tiny("x")[:-100], "empty.gguf": b""}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        done = weft.run("models", "import", tmp_path / name)
        assert done.returncode == 1, name
        assert "cannot be taken over" in done.stderr, done.stderr
    assert weft.run("models", "import", tmp_path / "nowhere.gguf").returncode == 1
    assert not folder.exists() or list(folder.glob("*.gguf")) == []


def test_all_parts_of_a_split_file_are_taken(importing, folder, tmp_path):
    weft = importing()
    for number in (1, 2):
        (tmp_path / f"big-0000{number}-of-00002.gguf").write_bytes(tiny(f"part {number}"))
    imported(weft, tmp_path / "big-00001-of-00002.gguf", "--name", "large")
    assert sorted(path.name for path in folder.iterdir()) == ["large-00001-of-00002.gguf", "large-00002-of-00002.gguf"]
    [row] = [row for row in weft.json("models", "list", "--json") if row["installed"]]
    assert (row["name"], row["bytes"]) == ("large", 2 * len(tiny("part 1")))
    (tmp_path / "half-00001-of-00002.gguf").write_bytes(tiny("half"))
    assert weft.run("models", "import", tmp_path / "half-00001-of-00002.gguf").returncode == 1
    assert weft.run("models", "rm", "large").returncode == 0
    assert list(folder.glob("*.gguf")) == []


@pytest.fixture
def ollama(tmp_path, models):
    """Ollama's store, as Ollama 0.6 writes it, with the smallest model under two names and some that are not for Weft."""
    store = tmp_path / "ollama"
    (store / "blobs").mkdir(parents=True)
    blob = store / "blobs" / f"sha256-{SHA256}"
    blob.hardlink_to(models / SMALLEST)
    weights = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{SHA256}", "size": 98362432}
    adapter = {"mediaType": "application/vnd.ollama.image.adapter", "digest": f"sha256:{'1' * 64}", "size": 1}
    gone = {**weights, "digest": f"sha256:{'2' * 64}"}
    hostile = {**weights, "digest": "sha256:../../../etc/passwd"}
    manifests = {
        "registry.ollama.ai/library/smollm2/135m": [weights],
        "registry.ollama.ai/somebody/smol/latest": [weights],
        "registry.ollama.ai/library/tuned/latest": [weights, adapter],
        "registry.ollama.ai/library/gone/latest": [gone],
        "registry.ollama.ai/library/hostile/latest": [hostile],
        "hf.co/HuggingFaceTB/SmolLM2-135M-Instruct-GGUF/Q4_1": [weights],
    }
    for name, layers in manifests.items():
        path = store / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    (store / "manifests/registry.ollama.ai/library/smollm2/junk").write_bytes(b"\xff not json")
    return store


def states(store) -> dict:
    """What is in a folder, and when it was changed last."""
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in store.rglob("*")}


def test_ollamas_models_are_used_where_they_are(importing, folder, ollama, tmp_path):
    before = states(ollama)
    weft = importing(OLLAMA_MODELS=None, HOME=str(tmp_path / "nobody"))
    nothing = weft.run("models", "import", "ollama")
    assert nothing.returncode == 1 and "--from FOLDER" in nothing.stderr
    told = imported(weft, "ollama", "--from", ollama)
    names = ["ollama:smollm2:135m", "ollama:somebody/smol:latest", "ollama:hf.co/HuggingFaceTB/SmolLM2-135M-Instruct-GGUF:Q4_1"]
    assert all(name in told for name in names), told
    assert "3 models of Ollama" in told
    # From now on every process finds them.
    listed = weft.run("models", "list").stdout
    assert all(name in listed for name in names), listed
    assert "tuned" not in listed and "gone" not in listed and "hostile" not in listed
    path = weft.run("models", "path", "ollama:smollm2:135m").stdout.strip()
    assert path == str(ollama / "blobs" / f"sha256-{SHA256}")
    assert "llama, Q4_1" in weft.run("models", "show", "ollama:somebody/smol").stdout
    answered = weft.run("run", "ollama:smollm2:135m", "Say hello.")
    assert answered.returncode == 0 and answered.stdout.strip(), answered.stderr
    refused = weft.run("models", "rm", "ollama:smollm2:135m")
    assert refused.returncode == 1 and "ollama rm smollm2:135m" in refused.stderr
    missing = weft.run("models", "pull", "ollama:other")
    assert missing.returncode == 1 and "ollama pull other" in missing.stderr
    assert states(ollama) == before
    assert list(folder.glob("*.gguf")) == []


def test_the_variable_of_ollama_is_enough(importing, folder, ollama, models):
    weft = importing(OLLAMA_MODELS=str(ollama), HF_ENDPOINT="http://127.0.0.1:9", PIP_NO_INDEX="1")
    assert "ollama:smollm2:135m" in weft.run("models", "list").stdout
    # A model that Ollama has is not fetched: its bytes get one more name.
    done = weft.run("models", "pull", "smollm2-135m")
    assert done.returncode == 0, done.stderr
    assert (folder / SMALLEST).stat().st_ino == (models / SMALLEST).stat().st_ino
    assert weft.run("models", "cp", "ollama:smollm2:135m", "mine").returncode == 0
    assert (folder / "mine.gguf").stat().st_ino == (models / SMALLEST).stat().st_ino
