"""`@codebase` with a model for embeddings, named in the configuration. The model of the test is small and not made for it: what is
checked is that it is asked and listened to, and what is said where it cannot be."""

import json
import shutil

import pytest

from support.weft import MODEL_WITHOUT_FIM


@pytest.fixture
def root(fixtures, tmp_path):
    folder = tmp_path / "harbor"
    shutil.copytree(fixtures / "chat", folder)
    (folder / "questions.toml").unlink()
    (folder / ".git").mkdir()
    return folder


def asked(weft, root, embed):
    weft.home.mkdir(parents=True, exist_ok=True)
    (weft.home / "config.toml").write_text(f'[roles]\nembed = "{embed}"\n' if embed else "")
    question = "Say only: yes. How long may a vessel stay after the booking? @codebase"
    done = weft.run("chat", "--json", question, cwd=root)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def titles(answer):
    return [it["title"] for it in answer["attachments"]]


def test_the_pieces_are_compared_by_a_model_and_by_words_where_it_is_missing(make_weft, root):
    weft = make_weft()
    by_words, _ = asked(weft, root, None)
    both, _ = asked(weft, root, MODEL_WITHOUT_FIM)
    loaded = json.dumps(weft.engine().status()["loaded"])
    assert MODEL_WITHOUT_FIM in loaded
    assert set(titles(by_words)) & set(titles(both)), "the best by words stay among them"
    missing, _ = asked(weft, root, "no-such-model")
    assert titles(missing) == titles(by_words), "words alone are worth something"
    assert any("words" in it["cut"] for it in missing["attachments"]), "and it is told"
