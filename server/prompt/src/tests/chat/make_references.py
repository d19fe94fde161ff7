"""Writes references.json: what Hugging Face's transformers makes of each conversation with each template.

Run it where transformers and jinja2 are installed; it loads no model and needs no network:

    python make_references.py
"""

import datetime
import json
import pathlib

import jinja2
import tokenizers
import transformers
import transformers.utils.chat_template_utils as chat_template_utils

HERE = pathlib.Path(__file__).parent


class FixedTime(datetime.datetime):
    """The time that chat.rs gives too."""

    @classmethod
    def now(cls, tz=None):
        return cls(2025, 3, 9, 14, 5, 7)


def tokenizer_for(template: str, model: dict) -> transformers.PreTrainedTokenizerFast:
    """A tokenizer of one word: only its template and the names of its tokens matter here."""
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"word": 0}, unk_token="word"))
    names = {"bos_token": model["bos"], "eos_token": model["eos"]}
    names = {name: token for name, token in names.items() if token is not None}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **names)
    tokenizer.chat_template = template
    return tokenizer


def reference(tokenizer, conversation: dict) -> dict:
    messages = []
    for message in conversation["messages"]:
        entry = {"role": message["role"], "content": message["text"]}
        if "thinking" in message:
            entry["reasoning_content"] = message["thinking"]
        messages.append(entry)
    options = {"enable_thinking": conversation["thinking"]} if "thinking" in conversation else {}
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **options)
    except jinja2.exceptions.TemplateError as error:
        return {"refused": str(error)}
    return {"text": text}


def main() -> None:
    chat_template_utils.datetime = FixedTime
    conversations = json.loads((HERE / "conversations.json").read_text())
    models = json.loads((HERE / "models.json").read_text())
    references = {"transformers": transformers.__version__, "jinja2": jinja2.__version__, "models": {}}
    for name, model in models.items():
        tokenizer = tokenizer_for((HERE / "templates" / f"{name}.jinja").read_bytes().decode(), model)
        references["models"][name] = {
            title: reference(tokenizer, conversation) for title, conversation in conversations.items()
        }
    (HERE / "references.json").write_text(json.dumps(references, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
