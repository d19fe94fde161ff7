"""Other files in the prompt: how a workspace is read and followed, and which of it the model sees."""

import json
import os
from itertools import count
from pathlib import Path

import pytest
from lsprotocol import types

from support.editor import Editor
from support.samples import SUM, SUM_REST, at_cursor

# A type whose names no model knows, and whose bodies no prompt needs.
TURBINE = '''class Turbine:
    """Spins until it is told to stop."""

    def __init__(self, blades: int):
        self.blades = blades

    def quiesce_rotor(self, minutes: int) -> int:
        """Lets the rotor run out."""
        torque_left = self.blades * minutes * 40961
        return torque_left

    def lubricate_bearing(self) -> str:
        return "castor oil"
'''
TURBINE_MEMBERS = ["quiesce_rotor", "lubricate_bearing", "blades"]
SIPHON = "\n    def siphon_condensate(self) -> None:\n        self.blades = 0\n"

# A place that needs to know the type.
STOP = """from plant.turbine import Turbine


def stop(turbine: Turbine) -> None:
    turbine.<cursor>
"""
LOG = """def banner(title):
    width = 72
    return title.center(width, "=")


def indent(lines):
    return ["  " + line for line in lines]
"""
PLANT = {
    ".git/HEAD": "",  # Marks the root for `weft complete`, wherever the tests run.
    "plant/__init__.py": "",
    "plant/turbine.py": TURBINE,
    "main.py": STOP.replace("<cursor>", ""),
}

# Only what the prompt holds is looked at, so the answer may be short.
BRIEF = {"maxTokens": 2}


@pytest.fixture
def make_workspace(tmp_path):
    """Writes files into a folder of their own, whose name an URI has to escape."""

    def make(files: dict[str, str | bytes]) -> Path:
        root = tmp_path / "the wörkspace"
        for relative, content in files.items():
            path = root / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return make


@pytest.fixture
def plant(make_workspace):
    return make_workspace(PLANT)


@pytest.fixture
async def brief(weft, plant):
    """A session in PLANT that has been read."""
    async with Editor.started(weft, options=BRIEF, root=plant) as editor:
        await editor.index()
        yield editor


PROBES = count(1)


async def excerpts_at(editor, sample: str) -> list[dict]:
    """The excerpts of a request in a new document, which no earlier answer fits."""
    text, cursor = at_cursor(sample)
    document = editor.open(text, f"probe_{next(PROBES)}.py")
    await document.complete(cursor)
    excerpts = (await editor.trace(document))["excerpts"]
    document.close()
    return excerpts


def in_prompt(excerpts: list[dict], path: str | None = None) -> list[dict]:
    return [it for it in excerpts if it["left_out"] is None and path in (None, it["path"])]


def paths(excerpts: list[dict]) -> set[str]:
    return {it["path"] for it in excerpts}


async def suggestion_at(editor, sample: str) -> str:
    text, cursor = at_cursor(sample)
    document = editor.open(text, f"probe_{next(PROBES)}.py")
    items = await document.complete(cursor)
    document.close()
    return items[0].insert_text if items else ""


def place_of(path: Path, sample: str) -> str:
    """Writes a sample and names its cursor as compilers print places."""
    text, cursor = at_cursor(sample)
    path.write_text(text)
    line_start = text.rfind("\n", 0, cursor) + 1
    return f"{path}:{text.count(chr(10), 0, cursor) + 1}:{cursor - line_start + 1}"


# What is read.


TEMPTING = """class Turbine{number}:
    password = "hunter2-{number}"

    def leak_{number}(self, turbine) -> str:
        turbine.quiesce_rotor(minutes=3)
        return self.password
"""
FORBIDDEN = {
    ".env": "PASSWORD=hunter2\n",
    ".env.py": TEMPTING.format(number=1),
    "secrets/ledger.py": TEMPTING.format(number=2),
    "private.py": TEMPTING.format(number=3),
    "node_modules/vendored.py": TEMPTING.format(number=4),
    ".hidden/hidden.py": TEMPTING.format(number=5),
    "huge.py": TEMPTING.format(number=6) + "# padding of a line\n" * 80_000,
    "binary.py": TEMPTING.format(number=7).encode() + b"\0\0",
    "latin.py": TEMPTING.format(number=8).encode() + b"# \xe9\xff\n",
    "generated.py": TEMPTING.format(number=9) + "table = [" + "0, " * 4_000 + "]\n",
}
READS_FORBIDDEN = """from plant.turbine import Turbine
from secrets.ledger import Turbine2
from private import Turbine3
from huge import Turbine6
from binary import Turbine7
from latin import Turbine8
from generated import Turbine9
from link import Turbine2 as Linked


def stop(turbine: Turbine, a: Turbine2, b: Turbine3, c: Turbine6, d: Turbine7, e: Linked) -> None:
    turbine.<cursor>
"""


@pytest.fixture
def tempting(make_workspace):
    ignored = {".gitignore": "secrets/\n", ".weftignore": "/private.py\n"}
    root = make_workspace({**PLANT, **FORBIDDEN, **ignored})
    (root / "link.py").symlink_to(root / "secrets" / "ledger.py")
    return root


def test_what_is_excluded_is_never_in_a_prompt(weft, tempting):
    place = place_of(tempting / "main.py", READS_FORBIDDEN)
    answer = weft.json("complete", place, "--json")
    prompt = "".join(part["text"] for part in answer["prompt"]["parts"])
    assert "def quiesce_rotor" in prompt, "what is not excluded is"
    assert "hunter2" not in prompt
    assert "leak_" not in prompt


async def test_what_is_excluded_is_not_known_even_when_it_is_open(weft, tempting):
    async with Editor.started(weft, options=BRIEF, root=tempting) as editor:
        answer = await editor.index()
        assert (answer["ready"], answer["files"]) == (True, 3)
        assert answer["ms"] > 0
        for number, name in enumerate(["private.py", "secrets/ledger.py", ".env.py", ".env"]):
            document = editor.open((tempting / name).read_text(), name)
            document.insert(0, f"edited_{number} = 1\n")
            await document.complete(5)
        # Changes are folded in by and by, several at once: when the second is known, all before the first are.
        turbine = editor.open(TURBINE, "plant/turbine.py")
        for number, name in enumerate(["siphon", "drain"], start=1):
            turbine.insert(len(turbine.text), SIPHON.replace("siphon", name))
            await editor.index_with(symbols=answer["symbols"] + number, files=3)
        excerpts = await excerpts_at(editor, READS_FORBIDDEN)
        assert paths(excerpts) <= {"plant/turbine.py", "main.py"}, excerpts
        assert in_prompt(excerpts, "plant/turbine.py")


async def test_what_is_excluded_from_now_on_is_forgotten(weft, plant):
    patterns = plant / ".weftignore"

    def told(kind: types.FileChangeType):
        events = [types.FileEvent(uri=patterns.as_uri(), type=kind)]
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=events))

    async with Editor.started(weft, root=plant) as editor:
        known = await editor.index()
        patterns.write_text("turbine.py\n")
        told(types.FileChangeType.Created)
        await editor.index_with(files=known["files"] - 1)
        patterns.unlink()
        told(types.FileChangeType.Deleted)
        await editor.index_with(files=known["files"], symbols=known["symbols"])


async def test_a_loop_of_links_has_an_end(weft, plant):
    (plant / "plant" / "loop").symlink_to(plant, target_is_directory=True)
    (plant / "itself").symlink_to(plant / "itself")
    async with Editor.started(weft, root=plant) as editor:
        answer = await editor.index()
    assert (answer["ready"], answer["files"]) == (True, 3)


async def test_nothing_is_read_without_a_folder(weft):
    async with Editor.started(weft) as editor:
        answer = await editor.index()
    assert (answer["ready"], answer["files"], answer["symbols"]) == (True, 0, 0)


async def test_a_request_does_not_wait_for_the_reading(weft, editor, make_workspace):
    # Links to one file are cheap to make, and each is read.
    warm = editor.open(SUM, "warm.py")
    assert await warm.complete(len(SUM)), "the model is in memory"
    long = "".join(f"def entry_{number}(a, b):\n    return a + {number}\n\n\n" for number in range(250))
    root = make_workspace({"first.py": long})
    for number in range(20_000):
        folder = root / f"part_{number // 1000}"
        folder.mkdir(exist_ok=True)
        os.link(root / "first.py", folder / f"copy_{number}.py")
    async with Editor.started(weft, root=root) as hurried:
        document = hurried.open(SUM, "main.py")
        [item] = await document.complete(len(SUM))
        assert item.insert_text == SUM_REST
        answer = await hurried.index(wait=False)
        assert (answer["ready"], answer["ms"]) == (False, 0)
        assert answer["files"] > 0


async def known_after_start(weft, root) -> int:
    """The definitions that a new session knows; no engine is needed for it."""
    async with Editor.started(weft, root=root) as editor:
        answer = await editor.index()
        assert answer["ready"]
        return answer["symbols"]


async def test_what_was_read_is_kept_for_the_next_session(make_weft, make_workspace):
    weft = make_weft()
    root = make_workspace({"a.py": "def one():\n    pass\n\n\ndef two():\n    pass\n", "b.py": "def three(): ...\n"})
    assert await known_after_start(weft, root) == 3
    # A file that looks unchanged is not read again, so what is known of it is from the session before.
    changed = root / "a.py"
    before = changed.stat()
    changed.write_text(changed.read_text().replace("def two():", "if two:   "))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed.stat().st_size == before.st_size
    assert await known_after_start(weft, root) == 3
    # A cache that is damaged is worth nothing and does no harm.
    caches = [path for path in (weft.home / "index").iterdir() if path.is_file()]
    assert caches
    for cache in caches:
        content = cache.read_bytes()
        cache.write_bytes(content[: len(content) // 2] + bytes(64) + content[len(content) // 2 + 64 :])
    assert await known_after_start(weft, root) == 2
    for cache in caches:
        cache.write_bytes(b"")
    assert await known_after_start(weft, root) == 2


# What is in the prompt.


def test_complete_prompt_shows_a_type_of_another_file_without_its_bodies(weft, plant):
    place = place_of(plant / "main.py", STOP)
    answer = weft.json("complete", place, "--json")
    [excerpt] = [part for part in answer["prompt"]["parts"] if part["part"].startswith("excerpt")]
    assert excerpt["tokens"] > 0
    assert "class Turbine" in excerpt["text"]
    assert "def quiesce_rotor(self, minutes: int) -> int" in excerpt["text"]
    for body in ["40961", "torque_left", "castor"]:
        assert body not in excerpt["text"]
    printed = weft.run("complete", place, "--prompt")
    assert printed.returncode == 0, printed.stderr
    for shown in ["definitions", "score", "the type of `turbine` before the cursor", "plant/turbine.py"]:
        assert shown in printed.stdout
    assert excerpt["text"] in printed.stdout


async def test_the_trace_tells_each_excerpt_and_no_code(brief):
    excerpts = await excerpts_at(brief, STOP)
    [excerpt] = in_prompt(excerpts, "plant/turbine.py")
    assert excerpt["source"] == "definitions"
    assert excerpt["reason"] == "the type of `turbine` before the cursor"
    assert excerpt["score"] > 0.3
    assert excerpt["tokens"] > 0
    assert excerpt["lines"] == [0, TURBINE.count("\n")]
    [trace] = await brief.why()
    assert trace["excerpts"] == excerpts
    assert 0 <= trace["context_ms"] <= trace["total_ms"]
    for told in [json.dumps(trace), brief.weft.run("why", "--json").stdout]:
        for code in ["40961", "torque_left", "castor", "def ", "import Turbine", "Spins until", "run out"]:
            assert code not in told


async def test_the_receiver_of_a_rust_method_call(weft, make_workspace):
    root = make_workspace({
        "Cargo.toml": '[package]\nname = "mill"\nversion = "0.1.0"\nedition = "2024"\n',
        "src/lib.rs": "pub mod ledger;\npub mod probe;\n",
        "src/ledger.rs": (
            "/// What is owed.\npub struct Ledger {\n    pub entries: Vec<u64>,\n}\n\nimpl Ledger {\n"
            "    pub fn reconcile_tithes(&mut self, year: u16) -> u64 {\n        let secret_sum = 40961;\n"
            "        secret_sum + u64::from(year)\n    }\n}\n"
        ),
    })
    sample = "use crate::ledger::Ledger;\n\npub fn close(ledger: &mut Ledger) {\n    ledger.<cursor>\n}\n"
    text, cursor = at_cursor(sample)
    async with Editor.started(weft, root=root) as editor:
        await editor.index()
        document = editor.open(text, "src/probe.rs", "rust")
        items = await document.complete(cursor)
        [excerpt] = in_prompt((await editor.trace(document))["excerpts"], "src/ledger.rs")
    assert (excerpt["source"], excerpt["tokens"] > 0) == ("definitions", True)
    assert items[0].insert_text.startswith(("reconcile_tithes", "entries"))
    answer = weft.json("complete", place_of(root / "src" / "probe.rs", sample), "--json")
    prompt = "".join(part["text"] for part in answer["prompt"]["parts"])
    assert "pub fn reconcile_tithes(&mut self, year: u16) -> u64;" in prompt
    assert "secret_sum" not in prompt


@pytest.mark.parametrize("off", [["all"], ["definitions", "siblings", "similar", "edits", "visits", "names"]])
async def test_context_that_is_off(weft, plant, off):
    async with Editor.started(weft, options={"context": {"off": off}, **BRIEF}, root=plant) as editor:
        await editor.index()
        assert await excerpts_at(editor, STOP) == []


async def test_one_source_that_is_off(weft, plant):
    async with Editor.started(weft, options={"context": {"off": ["definitions"]}, **BRIEF}, root=plant) as editor:
        await editor.index()
        assert not [it for it in await excerpts_at(editor, STOP) if it["source"] == "definitions"]


async def test_an_edit_and_a_visit_elsewhere_are_excerpts(weft, make_workspace):
    root = make_workspace({"log.py": LOG, "notes.py": LOG.replace("banner", "headline").replace("indent", "shift")})
    async with Editor.started(weft, options=BRIEF, root=root) as editor:
        known = await editor.index()
        log = editor.open(LOG, "log.py")
        log.replace(LOG.index("72"), LOG.index("72") + 2, "100")
        log.insert(len(log.text), "\n\ndef dash():\n    return 1\n")
        notes = editor.open((root / "notes.py").read_text(), "notes.py")
        await notes.complete(len(notes.text))
        await editor.index_with(symbols=known["symbols"] + 1)
        excerpts = await excerpts_at(editor, "def page(text):\n    body = text.strip()\n    return <cursor>\n")
    edits = [it for it in excerpts if it["source"] == "edits"]
    assert paths(edits) == {"log.py"}
    assert in_prompt(edits), edits
    assert all(it["tokens"] > 0 and it["reason"] for it in in_prompt(edits))
    visits = [it for it in excerpts if it["source"] == "visits"]
    assert paths(visits) == {"notes.py"}
    assert all(it["left_out"] or it["tokens"] > 0 for it in visits)


# What follows changes.


async def test_an_unsaved_change_counts_until_the_document_is_closed(weft, plant):
    siphon = STOP.replace("turbine.<cursor>", "turbine.siph<cursor>")
    async with Editor.started(weft, root=plant) as editor:
        known = await editor.index()
        turbine = editor.open(TURBINE, "plant/turbine.py")
        turbine.insert(len(TURBINE), SIPHON)
        await editor.index_with(symbols=known["symbols"] + 1)
        [excerpt] = in_prompt(await excerpts_at(editor, STOP), "plant/turbine.py")
        assert excerpt["lines"] == [0, (TURBINE + SIPHON).count("\n")]
        assert (await suggestion_at(editor, siphon)).startswith("on_condensate")
        turbine.close()
        await editor.index_with(symbols=known["symbols"])
        [excerpt] = in_prompt(await excerpts_at(editor, STOP), "plant/turbine.py")
        assert excerpt["lines"] == [0, TURBINE.count("\n")]


async def test_saved_files_are_followed(weft, plant):
    path = plant / "plant" / "turbine.py"
    async with Editor.started(weft, root=plant) as editor:
        known = await editor.index()
        path.write_text(TURBINE + SIPHON)
        uri = types.TextDocumentIdentifier(uri=path.as_uri())
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=uri))
        await editor.index_with(symbols=known["symbols"] + 1)
        # Saved and closed: the disk says the same as the document did.
        document = editor.open(TURBINE + SIPHON, "plant/turbine.py")
        document.insert(len(document.text), SIPHON.replace("siphon", "drain"))
        await editor.index_with(symbols=known["symbols"] + 2)
        path.write_text(document.text)
        document.save()
        document.close()
        other = editor.open("def last():\n    pass\n", "last.py")
        await editor.index_with(symbols=known["symbols"] + 3)
        other.close()
        await editor.index_with(symbols=known["symbols"] + 2)


async def test_watched_files_are_followed(weft, plant):
    def told(path: Path, kind: types.FileChangeType):
        events = [types.FileEvent(uri=path.as_uri(), type=kind)]
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=events))

    async with Editor.started(weft, options=BRIEF, root=plant) as editor:
        await editor.wait_for(lambda: editor.registrations or None, "a registration")
        [registration] = editor.registrations
        assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        known = await editor.index()
        files, symbols = known["files"], known["symbols"]
        valve = plant / "plant" / "valve.py"
        valve.write_text("class Valve:\n    def throttle(self): ...\n")
        told(valve, types.FileChangeType.Created)
        await editor.index_with(files=files + 1, symbols=symbols + 2)
        valve.write_text("class Valve:\n    def throttle(self): ...\n\n    def bleed(self): ...\n")
        told(valve, types.FileChangeType.Changed)
        await editor.index_with(files=files + 1, symbols=symbols + 3)
        use = "from plant.valve import Valve\n\nvalve = Valve()\nvalve.<cursor>\n"
        assert in_prompt(await excerpts_at(editor, use), "plant/valve.py")
        valve.unlink()
        told(valve, types.FileChangeType.Deleted)
        await editor.index_with(files=files, symbols=symbols)
        assert "plant/valve.py" not in paths(await excerpts_at(editor, use))
        # A whole folder that is gone is told as one event.
        for path in (plant / "plant").iterdir():
            path.unlink()
        (plant / "plant").rmdir()
        told(plant / "plant", types.FileChangeType.Deleted)
        await editor.index_with(files=1)


async def test_renamed_files_and_folders_are_followed(weft, plant):
    def rename(old: str, new: str):
        (plant / old).rename(plant / new)
        renamed = types.FileRename(old_uri=(plant / old).as_uri(), new_uri=(plant / new).as_uri())
        editor.client.workspace_did_rename_files(types.RenameFilesParams(files=[renamed]))

    async with Editor.started(weft, options=BRIEF, root=plant) as editor:
        known = await editor.index()
        rename("plant/turbine.py", "plant/engine.py")
        # Told after the renaming and so seen after it.
        editor.open("def last():\n    pass\n", "last.py")
        await editor.index_with(files=known["files"] + 1)
        excerpts = await excerpts_at(editor, STOP.replace("plant.turbine", "plant.engine"))
        assert in_prompt(excerpts, "plant/engine.py")
        assert "plant/turbine.py" not in paths(excerpts)
        rename("plant", "works")
        editor.open("def very_last():\n    pass\n", "very_last.py")
        await editor.index_with(files=known["files"] + 2)
        excerpts = await excerpts_at(editor, STOP.replace("plant.turbine", "works.engine"))
        assert in_prompt(excerpts, "works/engine.py")
        assert not any(path.startswith("plant/") for path in paths(excerpts))


# What the model writes.


async def test_a_member_is_suggested_after_the_dot(weft, plant):
    async with Editor.started(weft, root=plant) as editor:
        await editor.index()
        assert (await suggestion_at(editor, STOP)).startswith(tuple(TURBINE_MEMBERS))
    bare = {"context": {"off": ["all"]}, "leastLogprob": -100}
    async with Editor.started(weft, options=bare, root=plant) as editor:
        await editor.index()
        assert not (await suggestion_at(editor, STOP)).startswith(tuple(TURBINE_MEMBERS)), "nobody could know them"


@pytest.mark.parametrize(
    ("typed", "rest"), [("lub", "ricate_bearing"), ("quiesce_ro", "tor"), ("quiesc", "e_rotor")]
)
async def test_a_word_is_finished_where_the_tokenizer_would_not_split_it(weft, plant, typed, rest):
    # Whether the small model is sure of what follows the word is another matter.
    async with Editor.started(weft, options={"leastProbability": 0}, root=plant) as editor:
        await editor.index()
        sample = STOP.replace("turbine.<cursor>", f"turbine.{typed}<cursor>")
        assert (await suggestion_at(editor, sample)).startswith(rest)


async def test_a_word_of_the_file_is_finished_without_any_context(editor):
    sample = """def format_exception_chain(error):
    return str(error)


def report(error):
    print(format_excep<cursor>
"""
    assert (await suggestion_at(editor, sample)).startswith("tion_chain(error)")


async def test_the_same_place_is_asked_anew_after_a_change_elsewhere(weft, plant):
    """An earlier answer does not hold any more when what it was made of has changed."""
    async with Editor.started(weft, options=BRIEF, root=plant) as editor:
        known = await editor.index()
        text, cursor = at_cursor(STOP)
        document = editor.open(text)
        await document.complete(cursor)
        turbine = editor.open(TURBINE, "plant/turbine.py")
        turbine.insert(len(TURBINE), SIPHON)
        await editor.index_with(symbols=known["symbols"] + 1)
        await document.complete(cursor)
        assert (await editor.why())[0]["source"] == "engine"
