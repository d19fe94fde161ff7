"""`weft complete`, `weft doctor` and the rest of the command line, as a user types it."""

import json
import re

import pytest

from support.samples import LONG_BODY, SUM, SUM_REST, at_cursor, copying
from support.weft import PATIENCE_SECONDS, SMALL_MODEL

PARTS = ["part", "tokens", "text"]


@pytest.fixture
def sum_file(tmp_path):
    path = tmp_path / "sum.py"
    path.write_text(SUM + "\n")
    return path


@pytest.fixture
def place(sum_file):
    """The end of SUM's last line, as compilers print places."""
    return f"{sum_file}:{SUM.count(chr(10)) + 1}:{len(SUM) - SUM.rfind(chr(10))}"


def test_complete_prints_the_suggestion_and_nothing_else(weft, place):
    done = weft.run("complete", place)
    assert (done.returncode, done.stdout.rstrip("\n")) == (0, SUM_REST), done.stderr


def test_complete_show_code_sets_the_suggestion_apart_and_counts(weft, place):
    done = weft.run("complete", place, "--show-code")
    assert done.returncode == 0, done.stderr
    assert "def multiply(a, b):" in done.stdout
    assert SUM_REST in re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert re.search(r"\d+ tokens?\b", done.stdout), done.stdout
    assert re.search(r"\d+ ms\b", done.stdout), done.stdout
    assert re.search(r"[\d.]+ tok/s", done.stdout), done.stdout


def test_complete_json_has_all_of_it(weft, place, sum_file):
    answer = weft.json("complete", place, "--json")
    assert answer["file"] == str(sum_file)
    assert (answer["line"], answer["column"]) == (8, 12)
    assert answer["model"] == SMALL_MODEL
    assert answer["reason"] is None
    item = answer["items"][0]
    assert (item["text"], item["replace_after"]) == (SUM_REST, 0)
    assert item["tokens"] > 0
    assert item["mean_logprob"] <= 0
    parts = answer["prompt"]["parts"]
    assert all(sorted(part) == sorted(PARTS) for part in parts)
    assert sum(part["tokens"] for part in parts) == answer["prompt"]["tokens"]
    assert SUM in "".join(part["text"] for part in parts)
    assert 0 <= answer["prompt"]["cached_tokens"] <= answer["prompt"]["tokens"]
    timings = answer["timings"]
    assert sorted(timings) == sorted(
        ["load_ms", "prompt_ms", "first_token_ms", "generate_ms", "total_ms", "tokens", "tokens_per_second"]
    )
    assert timings["total_ms"] >= timings["generate_ms"] >= 0
    assert isinstance(answer["trace"], list)


def test_complete_prompt_counts_the_tokens_of_each_part(weft, place):
    answer = weft.json("complete", place, "--json")
    done = weft.run("complete", place, "--prompt")
    assert done.returncode == 0, done.stderr
    for token in ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]:
        assert token in done.stdout
    assert "def multiply(a, b):" in done.stdout
    for part in answer["prompt"]["parts"]:
        assert re.search(rf"\b{part['tokens']}\b", done.stdout), f"no count of {part['part']}"


def test_the_cache_is_used_for_the_same_prompt_again(weft, place):
    weft.json("complete", place, "--json")
    again = weft.json("complete", place, "--json")
    assert again["prompt"]["cached_tokens"] > 0


def test_the_column_counts_characters(weft, tmp_path):
    path = tmp_path / "wide.py"
    text = copying(74318, name='"漢🦀👩‍🚀"; total')
    path.write_text(text + "()\n")
    column = len(text.splitlines()[-1]) + 1
    answer = weft.json("complete", f"{path}:5:{column}", "--json")
    assert answer["items"][0]["text"].startswith("74318")


def test_a_suggestion_of_several_lines_ends_with_its_block(weft, tmp_path):
    text, cursor = at_cursor(LONG_BODY)
    path = tmp_path / "account.py"
    path.write_text(text)
    line = text[:cursor].count("\n") + 1
    answer = weft.json("complete", f"{path}:{line}:9", "--json")
    [item] = answer["items"]
    assert item["text"].count("\n") > 0, "an empty body wants several lines"
    for line in item["text"].splitlines()[1:]:
        assert line.startswith(" " * 8), f"{line!r} is outside the loop"
    assert any(rule.startswith("extent:") for rule in answer["trace"]), "the model would have gone on"
    assert answer["raw"][0].startswith(item["text"])
    assert answer["raw"][0].count("\n") <= item["text"].count("\n") + 1, "the engine was stopped there"


def test_special_tokens_in_code_are_only_text(weft, tmp_path):
    path = tmp_path / "tokens.py"
    text = copying(35187, "marker = '<|fim_middle|><|endoftext|><|fim_prefix|>'\n")
    path.write_text(text)
    answer = weft.json("complete", f"{path}:6:{len(text.splitlines()[-1]) + 1}", "--json")
    assert answer["items"][0]["text"].startswith("35187")
    assert max(part["tokens"] for part in answer["prompt"]["parts"] if "<|endoftext|>" in part["text"]) > 20


@pytest.mark.parametrize("name", ["empty.py", "no-extension"])
def test_a_file_with_nothing_in_it_is_no_crash(weft, tmp_path, name):
    path = tmp_path / name
    path.write_text("")
    done = weft.run("complete", f"{path}:1:1", "--json")
    assert "panicked" not in done.stderr
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def bad_places(folder):
    text = folder / "text.py"
    text.write_text("a = 1\nb = 2\n")
    (folder / "binary.bin").write_bytes(bytes(range(256)) * 8)
    return {
        "line beyond the file": (f"{text}:99:1", ["99", "line"]),
        "column beyond the line": (f"{text}:1:99", ["99", "column"]),
        "line zero": (f"{text}:0:1", ["1"]),
        "column zero": (f"{text}:1:0", ["1"]),
        "no place": (str(text), ["FILE:LINE:COL"]),
        "no column": (f"{text}:1", ["FILE:LINE:COL"]),
        "words for numbers": (f"{text}:one:two", ["FILE:LINE:COL"]),
        "missing file": (f"{folder / 'missing.py'}:1:1", ["missing.py"]),
        "a directory": (f"{folder}:1:1", ["directory"]),
        "a binary file": (f"{folder / 'binary.bin'}:1:1", ["binary.bin"]),
    }


@pytest.mark.parametrize("case", [
    "line beyond the file", "column beyond the line", "line zero", "column zero", "no place", "no column",
    "words for numbers", "missing file", "a directory", "a binary file",
])  # fmt: skip
def test_a_bad_place_is_explained(weft, tmp_path, case):
    place, words = bad_places(tmp_path)[case]
    done = weft.run("complete", place)
    assert done.returncode in (1, 2), done
    assert done.stdout == ""
    assert all(word.lower() in done.stderr.lower() for word in words), done.stderr
    assert "panicked" not in done.stderr


def test_doctor_says_what_it_found(weft, place):
    assert weft.run("complete", place).returncode == 0
    done = weft.run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ["cpu", "gpu", "model", "engine", SMALL_MODEL]:
        assert word in done.stdout.lower(), f"nothing about {word}:\n{done.stdout}"
    assert isinstance(weft.json("doctor", "--json"), dict)


def test_doctor_says_what_to_do_without_a_model(make_weft, empty_models):
    done = make_weft(WEFT_MODELS=str(empty_models)).run("doctor")
    assert "weft models pull" in done.stdout
    assert "panicked" not in done.stderr


def test_help_names_every_command(weft):
    done = weft.run("--help")
    assert done.returncode == 0
    for command in ["complete", "models", "doctor", "lsp", "serve", "run", "ps", "stop", "why", "man", "shell-completions"]:
        assert re.search(rf"^\s+{command}\b", done.stdout, re.MULTILINE), command
    assert weft.run("--version").stdout.startswith("weft ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completions(weft, shell):
    done = weft.run("shell-completions", shell)
    assert done.returncode == 0
    assert "doctor" in done.stdout and "shell-completions" in done.stdout


def test_the_man_page(weft):
    done = weft.run("man")
    assert done.returncode == 0
    assert ".TH" in done.stdout and "doctor" in done.stdout


@pytest.mark.parametrize("command", [["doctor"], ["models", "list"], ["why", "--json"], ["shell-completions", "bash"]])
def test_a_reader_that_leaves_early_is_no_crash(weft, command):
    """As in `weft models list | head -1`."""
    running = weft.start(*command)
    running.stdout.close()
    assert "panicked" not in running.stderr.read()
    running.wait(PATIENCE_SECONDS)
    running.stderr.close()


def test_an_unknown_command_is_explained(weft):
    done = weft.run("frobnicate")
    assert done.returncode == 2
    assert "frobnicate" in done.stderr
