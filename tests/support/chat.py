"""A conversation over an editor's session: requests, and what `$/progress` tells of them."""

import asyncio
import itertools
from dataclasses import dataclass, field

from pygls.exceptions import JsonRpcException

from .editor import REQUEST_CANCELLED, Editor
from .weft import PATIENCE_SECONDS


@dataclass
class Running:
    """An answer that is on its way."""

    editor: Editor
    request_id: str
    task: asyncio.Task
    progress: list[dict] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    answer: dict | None = None

    async def until(self, wanted):
        """Waits for a value of `$/progress`."""

        async def found():
            while not any(wanted(it) for it in self.progress):
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(found(), PATIENCE_SECONDS)

    def is_done(self) -> bool:
        return self.task.done()

    async def stop(self):
        """Takes the request back and waits until it has ended."""
        self.editor.cancel(self.request_id)
        try:
            await asyncio.wait_for(self.task, PATIENCE_SECONDS)
        except JsonRpcException as error:
            assert error.code == REQUEST_CANCELLED, error


class Chat:
    def __init__(self, editor: Editor):
        self.editor = editor
        self._tokens = itertools.count(1)
        self._running: dict[str, Running] = {}
        editor.on_progress(self._progressed)

    def _progressed(self, token, value):
        running = self._running.get(token)
        if running is not None:
            running.progress.append(value)
            running.changed.set()

    async def request(self, method: str, params: dict | None):
        return await self.editor.request(method, params)

    async def refused(self, method: str, params: dict) -> str:
        """The message of the error that a request ends in."""
        try:
            answer = await self.editor.request(method, params)
        except JsonRpcException as error:
            return error.message
        raise AssertionError(f"{method} was answered: {answer}")

    def begin(self, text: str, session: str | None = None, **more) -> Running:
        token = f"chat-{next(self._tokens)}"
        params = {"text": text, "partialResultToken": token, **more}
        if session is not None:
            params["sessionId"] = session
        request_id = self.editor.next_id()
        task = asyncio.ensure_future(self.editor.request("weft/chat/send", params, request_id))
        running = Running(self.editor, request_id, task)
        self._running[token] = running
        return running

    async def send(self, text: str, session: str | None = None, **more) -> Running:
        running = self.begin(text, session, **more)
        running.answer = await running.task
        return running
