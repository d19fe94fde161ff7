"""Stand-ins for the providers whose interface is OpenAI's with differences, and for those with a small SDK: what the official packages
(openai for Azure and DeepSeek, ollama, huggingface_hub) send and read is what these take and write."""

import dataclasses
import json
from collections.abc import Iterator

import httpx
import openai
from huggingface_hub import (
    ChatCompletionInput,
    ChatCompletionStreamOutput,
    TextGenerationInput,
    TextGenerationInputGenerateParameters,
    TextGenerationStreamOutput,
)
from ollama import ChatResponse, GenerateResponse
from ollama._types import ChatRequest, GenerateRequest, Options

from .providers import ChatParams, CompletionParams, OpenAi, Request, exactly


def sent_by_the_sdk(client, **arguments) -> httpx.Request:
    """The request that a client of the package openai makes; it goes nowhere."""
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(400, json={})

    made = client(http_client=httpx.Client(transport=httpx.MockTransport(answer)), max_retries=0, **arguments)
    try:
        made.chat.completions.create(model="theirs", messages=[{"role": "user", "content": "x"}])
    except openai.BadRequestError:
        pass
    return sent[0]


class Azure(OpenAi):
    kind, base, key_header, key_prefix = "azure", "", "api-key", ""

    def check(self, request: Request) -> None:
        where = {"azure_endpoint": "http://azure", "api_version": "2024-10-21", "api_key": "k"}
        sdk = sent_by_the_sdk(openai.AzureOpenAI, **where)
        assert request.path == sdk.url.raw_path.decode(), (request.path, sdk.url)
        assert sdk.headers["api-key"] == "k" and "authorization" not in request.headers
        exactly(ChatParams, request.body)


class DeepSeek(OpenAi):
    kind, base = "deepseek", ""

    def check(self, request: Request) -> None:
        # Its documentation has clients of the package openai at these two addresses.
        kinds = {"/chat/completions": ChatParams, "/beta/completions": CompletionParams}
        exactly(kinds[request.path], request.body)


class Ollama:
    kind, base, key_header, key_prefix = "ollama", "", "authorization", "Bearer "

    def check(self, request: Request) -> None:
        kind = {"/api/chat": ChatRequest, "/api/generate": GenerateRequest}[request.path]
        strange = request.body.keys() - kind.model_fields.keys()
        strange |= request.body["options"].keys() - Options.model_fields.keys()
        assert not strange, f"the SDK knows no {strange}"
        kind.model_validate(request.body)

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        for index, piece in enumerate([*pieces, ""]):
            done = index == len(pieces)
            head = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": done}
            if done:
                head |= {"done_reason": "stop", "prompt_eval_count": 11, "eval_count": len(pieces), "eval_duration": 1}
            if request.path == "/api/chat":
                answer = ChatResponse(**head, message={"role": "assistant", "content": piece})
            else:
                answer = GenerateResponse(**head, response=piece)
            yield answer.model_dump_json(exclude_none=True) + "\n"


class HuggingFace:
    kind, base, key_header, key_prefix = "hugging-face", "", "authorization", "Bearer "

    def check(self, request: Request) -> None:
        if request.path == "/v1/chat/completions":
            known(ChatCompletionInput, request.body)
            ChatCompletionInput.parse_obj_as_instance(request.body)
        else:
            assert request.path == "/generate_stream", request.path
            known(TextGenerationInput, request.body)
            known(TextGenerationInputGenerateParameters, request.body["parameters"])
            TextGenerationInput.parse_obj_as_instance(request.body)

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        chat = request.path == "/v1/chat/completions"
        for answer in self.talk(pieces) if chat else self.text(pieces):
            yield f"data: {json.dumps(dataclasses.asdict(answer))}\n\n"
        if chat:
            yield "data: [DONE]\n\n"

    def talk(self, pieces: list[str]) -> Iterator[ChatCompletionStreamOutput]:
        head = {"created": 1, "id": "1", "model": "m", "system_fingerprint": "1"}
        for index, piece in enumerate(pieces):
            last = index + 1 == len(pieces)
            delta = {"role": "assistant", "content": piece}
            choice = {"delta": delta, "index": 0, "finish_reason": "stop" if last else None}
            usage = {"prompt_tokens": 11, "completion_tokens": len(pieces), "total_tokens": 11 + len(pieces)}
            event = {**head, "choices": [choice], "usage": usage if last else None}
            yield ChatCompletionStreamOutput.parse_obj_as_instance(event)

    def text(self, pieces: list[str]) -> Iterator[TextGenerationStreamOutput]:
        for index, piece in enumerate(pieces):
            last = index + 1 == len(pieces)
            details = {"finish_reason": "eos_token", "generated_tokens": len(pieces), "input_length": 11}
            event = {
                "index": index,
                "token": {"id": index, "logprob": -0.1, "special": False, "text": piece},
                "details": details if last else None,
                "generated_text": "".join(pieces) if last else None,
            }
            yield TextGenerationStreamOutput.parse_obj_as_instance(event)


def known(kind, body: dict) -> None:
    """These types keep what they do not know; a provider may not."""
    strange = body.keys() - {field.name for field in dataclasses.fields(kind)}
    assert not strange, f"the SDK knows no {strange}"


MORE_PROVIDERS = [Azure, DeepSeek, Ollama, HuggingFace]
