"""A weft whose configuration has one remote model, and what it printed looked through for the key."""

import json

from .providers import KEY
from .weft import Weft

TIMEOUTS = "timeouts = { connect = 5, first_token = 20, between_tokens = 20 }"


def configure(weft: Weft, base_url: str, kind: str, more_engine: str = TIMEOUTS, more_model: str = "") -> None:
    """Writes a configuration with one remote model in all roles."""
    weft.home.mkdir(parents=True, exist_ok=True)
    (weft.home / "config.toml").write_text(f"""
[roles]
chat = "mine"
autocomplete = "mine"
[engines.cloud]
kind = "{kind}"
base_url = "{base_url}"
key = "env:STANDIN_KEY"
{more_engine}
[models.mine]
engine = "cloud"
model = "theirs"
{more_model}
""")


def texts(answer: dict) -> list[str]:
    return [item["text"] for item in answer["items"]]


class Checked:
    """A weft whose output is looked through for the key."""

    def __init__(self, weft):
        self.weft = weft

    def run(self, *arguments):
        # Elsewhere than in this repository, whose files have the key.
        done = self.weft.run(*arguments, cwd=self.weft.home.parent)
        assert KEY not in done.stdout + done.stderr, "the key shows"
        for file in (path for path in self.weft.home.rglob("*") if path.is_file()):
            assert KEY.encode() not in file.read_bytes(), f"the key is in {file}"
        return done

    def complete(self, place: str) -> dict:
        done = self.run("complete", place, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def chat(self, question: str) -> dict:
        done = self.run("chat", "--json", question)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)
