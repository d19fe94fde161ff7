"""Models by their repository: listed, chosen, fetched, shared and removed, against a hub on the loopback."""

import json
import signal
import subprocess

import pytest

from support.api import Server
from support.gguf import tiny
from support.hub import Hub, Repository
from support.weft import MODEL_WITHOUT_FIM, PATIENCE_SECONDS, wait_until

REPO = "somebody/tiny-coder-GGUF"
NAME = f"hf:{REPO}"
TOKEN = "hf_0123456789abcdefTOKEN"
Q4, Q8, Q2 = tiny("q4", 4000), tiny("q8", 8000), tiny("q2", 2000)
FILES = {
    "README.md": b"#",
    "tiny-coder-Q8_0.gguf": Q8,
    "tiny-coder-Q4_K_M.gguf": Q4,
    "tiny-coder-Q2_K.gguf": Q2,
    "mmproj-tiny-F16.gguf": tiny("picture", 10),
}
SMALLEST = "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture
def hub():
    made = []

    def make(files=None, **options) -> Hub:
        gated = options.pop("gated", False)
        made.append(Hub({REPO: Repository(files or FILES, gated=gated)}, **options))
        return made[-1]

    yield make
    for it in made:
        it.end()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def using(make_weft, folder):
    """weft with models of its own, and this hub."""

    def make(hub: Hub, **environment: str | None):
        return make_weft(WEFT_MODELS=str(folder), WEFT_MODEL=None, HF_ENDPOINT=hub.endpoint, HF_TOKEN=None, **environment)

    return make


def ggufs(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.gguf"))


def leftovers(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.suffix in (".partial", ".linked", ".parts"))


def fetched(weft, *arguments: str) -> str:
    done = weft.run("models", "pull", *arguments)
    assert done.returncode == 0, done.stderr
    assert "panicked" not in done.stderr
    return done.stdout


def test_a_repository_is_a_model(hub, using, folder):
    weft = using(hub())
    assert f"{NAME}:Q4_K_M is ready" in fetched(weft, f"hf.co/{REPO}")
    assert ggufs(folder) == [f"hf/{REPO}/tiny-coder-Q4_K_M.gguf"]
    assert (folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf").read_bytes() == Q4
    listed = weft.json("models", "list", "--json")
    [row] = [row for row in listed if row["name"].startswith("hf:")]
    assert (row["name"], row["installed"], row["bytes"]) == (f"{NAME}:Q4_K_M", True, len(Q4))
    for spelling in [NAME, f"hf.co/{REPO}:q4_k_m", f"https://huggingface.co/{REPO}", f"{NAME}:tiny-coder-Q4_K_M.gguf"]:
        path = weft.run("models", "path", spelling)
        assert path.stdout.strip() == str(folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf"), path.stderr
    assert "apache-2.0" in weft.run("models", "show", NAME).stdout
    assert "is there and sound" in fetched(weft, NAME)
    assert f"{NAME}:Q8_0 is ready" in fetched(weft, f"{NAME}:q8_0")
    assert weft.run("models", "rm", f"{NAME}:Q4_K_M").returncode == 0
    assert ggufs(folder) == [f"hf/{REPO}/tiny-coder-Q8_0.gguf"]
    missing = weft.run("models", "path", f"{NAME}:Q4_K_M")
    assert f"weft models pull {NAME}:Q4_K_M" in missing.stderr


def test_what_a_repository_has_is_shown_before_it_is_fetched(hub, using, folder):
    weft = using(hub())
    shown = weft.run("models", "show", NAME)
    assert shown.returncode == 0, shown.stderr
    assert "Q4_K_M" in shown.stdout and "Q8_0" in shown.stdout and "mmproj" not in shown.stdout
    assert [line for line in shown.stdout.splitlines() if "takes this" in line][0].split()[0] == "Q4_K_M"
    unknown = weft.run("models", "pull", f"{NAME}:Q5_K_M")
    assert unknown.returncode == 1
    assert "It has: Q4_K_M, Q8_0, Q2_K" in unknown.stderr
    nowhere = weft.run("models", "pull", "hf:somebody/else")
    assert nowhere.returncode == 1 and "HF_TOKEN" in nowhere.stderr
    assert "is written hf:OWNER/REPO" in weft.run("models", "pull", "hf:somebody").stderr
    assert ggufs(folder) == []


def test_the_quantisation_follows_the_memory(hub, using, folder):
    """What is added to the weights in the estimate is 400 MB and a tenth."""
    weights = {"m-Q4_K_M.gguf": tiny("a", 200_000), "m-Q2_K.gguf": tiny("b", 20_000)}
    it = hub(weights)
    assert f"{NAME}:Q2_K is ready" in fetched(using(it, WEFT_MEMORY_MB="405"), NAME)
    refused = using(it, WEFT_MEMORY_MB="100").run("models", "pull", "hf:" + REPO + ":latest")
    # The one that was begun is gone on with, unless memory says no; nothing was begun here.
    assert refused.returncode == 1
    assert "the smallest, Q2_K, needs about" in refused.stderr and "100 MB" in refused.stderr
    assert f"{NAME}:Q4_K_M is ready" in fetched(using(it, WEFT_MEMORY_MB="100"), f"{NAME}:Q4_K_M")
    assert len(ggufs(folder)) == 2


def test_a_split_model_is_all_of_its_files(hub, using, folder):
    names = [f"Q4_K_M/big-Q4_K_M-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    parts = [tiny(f"part {number}", 2000) for number in (1, 2, 3)]
    it = hub(dict(zip(names, parts, strict=True)))
    weft = using(it)
    ready = fetched(weft, NAME)
    assert ready.strip().endswith(str(folder / f"hf/{REPO}/{names[0]}")), "it is loaded by its first file"
    assert [(folder / f"hf/{REPO}/{name}").read_bytes() for name in names] == parts
    [row] = [row for row in weft.json("models", "list", "--json") if row["name"].startswith("hf:")]
    assert row["bytes"] == sum(map(len, parts))
    # Without one of them it is none.
    (folder / f"hf/{REPO}/{names[1]}").unlink()
    assert weft.run("models", "path", NAME).returncode == 1
    fetched(weft, NAME)
    assert len(it.file_requests()) == 4, "only the missing file is fetched"


def test_a_gated_model_says_what_to_do_and_the_token_stays_at_the_hub(hub, using, folder):
    it = hub(gated=True, token=TOKEN)
    refused = using(it).run("models", "pull", NAME)
    assert refused.returncode == 1
    for word in ["accept its licence", f"{it.endpoint}/{REPO}", "HF_TOKEN", "401"]:
        assert word in refused.stderr, f"{word!r} is not in:\n{refused.stderr}"
    assert ggufs(folder) == []
    wrong = using(it, WEFT_LOG="trace")
    wrong.environment["HF_TOKEN"] = "hf_wrongTOKEN"
    refused = wrong.run("models", "pull", NAME)
    assert refused.returncode == 1
    assert "HF_TOKEN is wrong or has no access" in refused.stderr
    assert "hf_wrongTOKEN" not in refused.stdout + refused.stderr

    weft = using(it, WEFT_LOG="trace")
    weft.environment["HF_TOKEN"] = TOKEN
    done = weft.run("models", "pull", NAME)
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert any(request.token == f"Bearer {TOKEN}" for request in it.requests if request.host == "hub")
    assert it.file_requests() and all(request.token is None for request in it.file_requests())
    # What is kept of a model has no token either.
    assert not any(TOKEN in path.read_text() for path in folder.rglob("*.json"))


def test_search(hub, using, make_weft):
    rows = [
        {"id": "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "downloads": 123456, "likes": 78, "lastModified": "2024-11-12T10:11:12.000Z"},
        {"id": "other/thing-GGUF", "downloads": 5, "likes": 0, "lastModified": "2025-01-02T00:00:00.000Z"},
    ]  # fmt: skip
    it = hub(found=rows)
    weft = using(it)
    found = weft.run("models", "search", "qwen2.5", "coder")
    assert found.returncode == 0, found.stderr
    [_head, row, *_] = found.stdout.splitlines()
    assert row.split() == ["hf:Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "123456", "78", "2024-11-12"]
    asked = it.requests[-1].path
    assert "filter=gguf" in asked and "sort=downloads" in asked
    assert "Nothing on the hub" in weft.run("models", "search", "nothing-like-it").stdout
    [row] = weft.json("models", "search", "--json", "thing")
    assert row["name"] == "hf:other/thing-GGUF"

    offline = make_weft(HF_ENDPOINT="http://127.0.0.1:9", HF_TOKEN=None).run("models", "search", "coder")
    assert offline.returncode == 1
    assert "cannot be reached" in offline.stderr and "HF_ENDPOINT" in offline.stderr


def test_a_pull_that_was_killed_goes_on(hub, using, folder):
    it = hub()
    it.hold_after = 100_000
    weft = using(it)
    pull = weft.start("models", "pull", NAME)
    assert it.held.wait(PATIENCE_SECONDS)
    partial = folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf.partial"
    wait_until(lambda: partial.exists() and partial.stat().st_size == 100_000, "the bytes that were sent")
    pull.send_signal(signal.SIGKILL)
    pull.communicate()
    assert ggufs(folder) == [], "no half file under the final name"
    listed = weft.run("models", "list").stdout
    [row] = [line for line in listed.splitlines() if line.startswith(NAME)]
    assert f"{100_000 * 100 // len(Q4)} % fetched" in row
    it.go_on.set()
    fetched(weft, NAME)
    assert (folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf").read_bytes() == Q4
    assert it.file_requests()[-1].range == "bytes=100000-"
    assert leftovers(folder) == []


def test_two_pulls_of_one_model_share_it(hub, using, folder):
    it = hub()
    it.hold_after = 50_000
    weft = using(it)
    first = weft.start("models", "pull", NAME)
    assert it.held.wait(PATIENCE_SECONDS)
    second = weft.start("models", "pull", "--json", NAME)
    # It says that it waits before the first one goes on.
    assert '"state":"waiting"' in second.stdout.readline()
    it.go_on.set()
    for pull in (first, second):
        _out, err = pull.communicate(timeout=PATIENCE_SECONDS)
        assert pull.returncode == 0, err
    assert ggufs(folder) == [f"hf/{REPO}/tiny-coder-Q4_K_M.gguf"]
    assert (folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf").read_bytes() == Q4
    assert len(it.file_requests()) == 1
    assert leftovers(folder) == []


def test_a_limit_on_the_size_of_files_is_a_full_disk(hub, using, folder):
    weft = using(hub())
    # In blocks of 1 KiB; the signal that comes with it would end the process without a word.
    command = f"trap '' XFSZ; ulimit -f 100; exec '{weft.binary}' models pull '{NAME}'"
    done = subprocess.run(
        ["bash", "-c", command], env=weft.environment, capture_output=True, encoding="utf-8", timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 1
    assert "not enough room" in done.stderr and "pull again" in done.stderr, done.stderr
    assert ggufs(folder) == []
    fetched(weft, NAME)
    assert (folder / f"hf/{REPO}/tiny-coder-Q4_K_M.gguf").read_bytes() == Q4


def test_bytes_that_are_here_are_not_fetched_again(hub, using, folder, models):
    """The catalogue's smallest model and a repository with the same file."""
    folder.mkdir()
    (folder / SMALLEST).hardlink_to(models / SMALLEST)
    it = hub({"smol-Q4_1.gguf": models / SMALLEST})
    weft = using(it)
    fetched(weft, NAME)
    other = folder / f"hf/{REPO}/smol-Q4_1.gguf"
    assert other.stat().st_ino == (models / SMALLEST).stat().st_ino
    assert it.file_requests() == []
    # Each name goes alone, and the other one stays whole.
    removed = weft.run("models", "rm", MODEL_WITHOUT_FIM)
    assert removed.returncode == 0 and "nothing is freed" in removed.stdout
    assert other.exists() and weft.run("models", "path", NAME).returncode == 0
    # And the way back: the catalogue's file is taken from the repository's.
    fetched(weft, MODEL_WITHOUT_FIM)
    assert (folder / SMALLEST).stat().st_ino == other.stat().st_ino


def test_wrong_bytes_of_the_hub_are_not_kept(hub, using, folder):
    it = hub()
    it.repositories[REPO].hashes["tiny-coder-Q4_K_M.gguf"] = "0" * 64
    done = using(it).run("models", "pull", NAME)
    assert done.returncode == 1
    assert "sha256" in done.stderr
    assert ggufs(folder) == [] and leftovers(folder) == []


def test_other_programs_pull_by_the_same_names(hub, using, folder):
    server = Server(using(hub()))
    try:
        pulled = server.post("/api/pull", {"model": f"hf.co/{REPO}:Q2_K"})
        assert json.loads(pulled.text.splitlines()[-1]) == {"status": "success"}, pulled.text
        names = [model["name"] for model in server.get("/api/tags").json()["models"]]
        assert any(name.startswith(f"{NAME}:Q2_K") for name in names), names
        assert server.post("/api/show", {"model": f"hf.co/{REPO}:Q2_K"}).status == 200
        unknown = server.post("/api/pull", {"model": "hf.co/somebody/else"})
        assert "HF_TOKEN" in unknown.text
        assert server.send("DELETE", "/api/delete", {"model": f"hf.co/{REPO}:Q2_K"}).status == 200
    finally:
        server.end()
    assert ggufs(folder) == []
