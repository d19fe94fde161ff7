"""Stand-ins for the clouds: they take only what the official SDKs' own types take, and answer with what these types write.

Each runs on loopback. A script says what becomes of each request; without one it answers.
"""

import json
import threading
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic.types as anthropic
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from google.genai import types as gemini
from mistralai.client import models as mistral
from openai.types import Completion, CompletionChoice, CompletionUsage
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming as ChatParams
from openai.types.completion_create_params import CompletionCreateParamsStreaming as CompletionParams
from pydantic import TypeAdapter

# What must stand in no output, whatever happens.
KEY = "sk-standin-0123456789abcdef"


@dataclass
class Fault:
    """What becomes of a request instead of an answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    # How the body comes: whole; `cut` in the middle of an event; `stall` after it; `drip` a byte at a time, without end.
    manner: str = "whole"


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: dict


def exactly(kind, value: dict) -> None:
    """The value has the keys of a TypedDict, and values of their types."""
    known = typing.get_type_hints(kind)
    strange = value.keys() - known.keys()
    assert not strange, f"the SDK knows no {strange}"
    checked = TypeAdapter(kind).validate_python(value)
    for part in checked.values():
        # Lists of messages are checked when they are read.
        if isinstance(part, Iterable) and not isinstance(part, (str, dict)):
            list(part)


class OpenAi:
    """OpenAI's chats and completions; llama-server, vLLM and the like have the same."""

    kind, base, key_header, key_prefix = "openai", "/v1", "authorization", "Bearer "

    def check(self, request: Request) -> None:
        if request.path == "/v1/chat/completions":
            exactly(ChatParams, request.body)
            for message in request.body["messages"]:
                TypeAdapter(ChatCompletionMessageParam).validate_python(message)
        else:
            assert request.path == "/v1/completions", request.path
            exactly(CompletionParams, request.body)

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        usage = CompletionUsage(prompt_tokens=11, completion_tokens=len(pieces), total_tokens=11 + len(pieces))
        head = {"id": "1", "created": 1, "model": "m"}
        if "messages" in request.body:
            for index, piece in enumerate([*pieces, None]):
                delta = {"content": piece} if piece is not None else {}
                choice = {"index": 0, "delta": delta, "finish_reason": None if piece is not None else "stop"}
                chunk = ChatCompletionChunk(**head, object="chat.completion.chunk", choices=[choice])
                yield f"data: {chunk.model_dump_json()}\n\n"
            last = ChatCompletionChunk(**head, object="chat.completion.chunk", choices=[], usage=usage)
        else:
            for index, piece in enumerate(pieces):
                reason = "stop" if index + 1 == len(pieces) else "length"
                choice = CompletionChoice(index=0, text=piece, finish_reason=reason)
                chunk = Completion(**head, object="text_completion", choices=[choice])
                event = chunk.model_dump()
                if index + 1 < len(pieces):
                    # The type has no value for it, the stream has null until the last chunk.
                    event["choices"][0]["finish_reason"] = None
                yield f"data: {json.dumps(event)}\n\n"
            last = Completion(**head, object="text_completion", choices=[], usage=usage)
        yield f"data: {last.model_dump_json()}\n\n"
        yield "data: [DONE]\n\n"


class Anthropic:
    kind, base, key_header, key_prefix = "anthropic", "", "x-api-key", ""

    def check(self, request: Request) -> None:
        assert request.path == "/v1/messages", request.path
        assert request.headers["anthropic-version"] == "2023-06-01"
        exactly(MessageCreateParamsStreaming, request.body)

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        def event(it) -> str:
            return f"event: {it.type}\ndata: {it.model_dump_json(exclude_unset=True)}\n\n"

        message = {
            "id": "1", "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 8, "output_tokens": 1, "cache_read_input_tokens": 3},
        }  # fmt: skip
        stream = TypeAdapter(anthropic.RawMessageStreamEvent).validate_python
        yield event(stream({"type": "message_start", "message": message}))
        block = {"type": "text", "text": "", "citations": None}
        yield event(stream({"type": "content_block_start", "index": 0, "content_block": block}))
        yield 'event: ping\ndata: {"type": "ping"}\n\n'
        for piece in pieces:
            delta = {"type": "text_delta", "text": piece}
            yield event(stream({"type": "content_block_delta", "index": 0, "delta": delta}))
        yield event(stream({"type": "content_block_stop", "index": 0}))
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        usage = {"output_tokens": len(pieces)}
        yield event(stream({"type": "message_delta", "delta": delta, "usage": usage}))
        yield event(stream({"type": "message_stop"}))


class Mistral:
    kind, base, key_header, key_prefix = "mistral", "", "authorization", "Bearer "

    def check(self, request: Request) -> None:
        kinds = {
            "/v1/fim/completions": mistral.FIMCompletionStreamRequest,
            "/v1/chat/completions": mistral.ChatCompletionStreamRequest,
        }
        kind = kinds[request.path]
        strange = request.body.keys() - kind.model_fields.keys()
        assert not strange, f"the SDK knows no {strange}"
        kind.model_validate(request.body)

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        for index, piece in enumerate(pieces):
            choice = {
                "index": 0,
                "delta": {"role": "assistant", "content": piece},
                "finish_reason": "stop" if index + 1 == len(pieces) else None,
            }
            usage = {"prompt_tokens": 11, "completion_tokens": len(pieces), "total_tokens": 11 + len(pieces)}
            last = {"usage": usage} if index + 1 == len(pieces) else {}
            chunk = mistral.CompletionChunk.model_validate({"id": "1", "model": "m", "choices": [choice], **last})
            yield f"data: {chunk.model_dump_json(by_alias=True)}\n\n"
        yield "data: [DONE]\n\n"


class Gemini:
    kind, base, key_header, key_prefix = "gemini", "", "x-goog-api-key", ""

    def check(self, request: Request) -> None:
        assert request.path == "/v1beta/models/theirs:streamGenerateContent?alt=sse", request.path
        known = {"contents", "systemInstruction", "generationConfig"}
        assert request.body.keys() <= known, request.body.keys()
        # These refuse what they do not know.
        for content in [*request.body["contents"], request.body["systemInstruction"]]:
            gemini.Content.model_validate(content)
        gemini.GenerationConfig.model_validate(request.body["generationConfig"])

    def events(self, request: Request, pieces: list[str]) -> Iterator[str]:
        for index, piece in enumerate(pieces):
            candidate = {"content": {"role": "model", "parts": [{"text": piece}]}, "index": 0}
            answer = {"candidates": [candidate], "modelVersion": "m"}
            if index + 1 == len(pieces):
                candidate["finishReason"] = "STOP"
                answer["usageMetadata"] = {"promptTokenCount": 11, "candidatesTokenCount": len(pieces)}
            chunk = gemini.GenerateContentResponse.model_validate(answer)
            yield f"data: {chunk.model_dump_json(by_alias=True, exclude_none=True)}\r\n\r\n"


PROVIDERS = [OpenAi, Anthropic, Mistral, Gemini]


class StandIn:
    """A provider on loopback."""

    def __init__(self, provider, pieces: list[str]):
        self.provider = provider
        self.pieces = pieces
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.wrong: list[str] = []
        # Held by answers that never end.
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.provider.base}"

    def _handler(stand_in):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                request = Request(self.path, {name.lower(): it for name, it in self.headers.items()}, body)
                stand_in.requests.append(request)
                provider = stand_in.provider
                try:
                    assert request.headers[provider.key_header] == provider.key_prefix + KEY, "the key"
                    assert KEY not in request.path, "a key in an address"
                    provider.check(request)
                except Exception as error:  # noqa: BLE001: whatever it is, the test must show it
                    stand_in.wrong.append(f"{type(error).__name__}: {error}")
                fault = stand_in.faults.pop(0) if stand_in.faults else None
                try:
                    stand_in._play(self, request, fault)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.close_connection = True

        return Handler

    def _play(self, handler, request: Request, fault: Fault | None) -> None:
        handler.send_response(fault.status if fault else 200)
        for name, value in (fault.headers if fault else {}).items():
            handler.send_header(name, value)
        handler.send_header("content-type", "text/event-stream" if not fault or not fault.body else "application/json")
        handler.send_header("connection", "close")
        handler.end_headers()
        if fault is not None and fault.status != 200 or fault is not None and fault.body:
            handler.wfile.write(fault.body.encode())
            return
        events = list(self.provider.events(request, self.pieces))
        if fault is None:
            handler.wfile.write("".join(events).encode())
            return
        text = "".join(events)
        half = text.index(self.pieces[1])
        if fault.manner == "drip":
            while not self.over.is_set():
                handler.wfile.write(b": \n" if handler.path else b"")
                handler.wfile.flush()
                self.over.wait(0.05)
            return
        handler.wfile.write(text[:half].encode())
        handler.wfile.flush()
        if fault.manner == "stall":
            self.over.wait(60)

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self.server.shutdown()
            thread.join()
            self.server.server_close()
        assert not self.wrong, "\n".join(self.wrong)
