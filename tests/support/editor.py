"""An editor session: `weft lsp` driven by pytest-lsp's client, which knows the specification, not weft.

Texts are Python strings and places are offsets into them; positions are made in the encoding that the
server chose.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from .weft import PATIENCE_SECONDS, Weft

AUTOMATIC = types.InlineCompletionTriggerKind.Automatic
INVOKED = types.InlineCompletionTriggerKind.Invoked
REQUEST_CANCELLED = -32800


class Editor:
    def __init__(self, weft: Weft, client: LanguageClient, root: Path | None = None):
        self.weft = weft
        self.root = root
        self.client = client
        self.encoding = "utf-16"
        self.traces: list[dict] = []
        self.registrations: list[types.Registration] = []
        self.messages: list[types.ShowMessageParams] = client.messages
        self._listeners: list[Callable[[object, dict], None]] = []
        self.documents: dict[str, "Document"] = {}
        # How many of the next edits the editor refuses, as one does whose user typed meanwhile.
        self.refuse_edits = 0
        self._changed = asyncio.Event()
        self._ids = itertools.count(1)

    @classmethod
    @asynccontextmanager
    async def started(
        cls,
        weft: Weft,
        encodings: list[str] | None = None,
        options: dict | None = None,
        root: Path | None = None,
    ) -> AsyncIterator["Editor"]:
        """A session that has been initialized; the options are weft's own, the root is the folder that is open."""
        async with cls.launched(weft, root) as editor:
            await editor.initialize(encodings, options)
            yield editor

    @classmethod
    @asynccontextmanager
    async def launched(cls, weft: Weft, root: Path | None = None) -> AsyncIterator["Editor"]:
        """A session whose process runs and that has said nothing yet."""
        client = LanguageClient(converter_factory=converter)
        editor = cls(weft, client, root)
        register_lsp_features(client, editor._features())
        await client.start_io(str(weft.binary), "lsp", env=weft.environment)
        try:
            yield editor
            if client._server.returncode is None:
                await asyncio.wait_for(client.shutdown_session(), PATIENCE_SECONDS)
        finally:
            if client._server.returncode is None:
                client._server.kill()
            await client.stop()

    async def initialize(
        self, encodings: list[str] | None = None, options: dict | None = None
    ) -> types.InitializeResult:
        result = await self.client.initialize_session(initialize_params(encodings, options, self.root))
        chosen = result.capabilities.position_encoding or types.PositionEncodingKind.Utf16
        self.encoding = types.PositionEncodingKind(chosen).value
        return result

    def open(self, text: str, name: str = "main.py", language: str = "python", version: int = 1) -> "Document":
        uri = ((self.root or self.weft.home / "work") / name).as_uri()
        item = types.TextDocumentItem(uri=uri, language_id=language, version=version, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        self.documents[uri] = Document(self, uri, text, version)
        return self.documents[uri]

    async def shown(self, suffix: str = ".md") -> "Document":
        """The document that the server asks to show next; it is opened, as an editor does."""
        known = set(self.documents)

        def look():
            uris = (it.uri for it in self.client.shown_documents)
            return next((it for it in uris if it not in known and it.endswith(suffix)), None)

        uri = await self.wait_for(look, "window/showDocument")
        path = Path(url2pathname(urlsplit(uri).path))
        text = path.read_text(encoding="utf-8")
        item = types.TextDocumentItem(uri=uri, language_id="markdown", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        self.documents[uri] = Document(self, uri, text, 1)
        return self.documents[uri]

    async def command(self, name: str, argument: dict | None = None):
        """Runs a command, with its argument in a list as editors send it."""
        arguments = [argument] if argument is not None else []
        params = types.ExecuteCommandParams(command=name, arguments=arguments)
        return await self.request("workspace/executeCommand", params)

    def _edited(self, _client, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        """Makes the server's edits of open documents, all of them or none: an edit of another version is refused."""
        edits = params.edit.document_changes or []
        for made in [it for it in edits if isinstance(it, types.CreateFile)]:
            # As editors do: the new file is opened, and the edits that follow are of that document.
            document = self.documents.get(made.uri) or Document(self, made.uri, "", 0)
            self.documents[made.uri] = document
        edits = [it for it in edits if isinstance(it, types.TextDocumentEdit)]
        open_ones = [self.documents.get(it.text_document.uri) for it in edits]
        if self.refuse_edits > 0:
            self.refuse_edits -= 1
            return types.ApplyWorkspaceEditResult(applied=False, failure_reason="the test refuses")
        for document, edit in zip(open_ones, edits):
            if document is None or edit.text_document.version not in (None, document.version):
                return types.ApplyWorkspaceEditResult(applied=False, failure_reason="another version")
        for document, edit in zip(open_ones, edits):
            document.apply(edit.edits)
        return types.ApplyWorkspaceEditResult(applied=True)

    async def wait_for(self, look: Callable[[], object | None], what: str):
        """Waits until something that the server sent is there, and returns it."""

        async def found():
            while (it := look()) is None:
                self._changed.clear()
                await self._changed.wait()
            return it

        try:
            return await asyncio.wait_for(found(), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            raise AssertionError(f"waited in vain: {what}") from None

    async def trace(self, document: "Document", version: int | None = None) -> dict:
        """The newest trace of a document at a version; waits for it."""
        version = document.version if version is None else version

        def look():
            of_place = [it for it in self.traces if it["uri"] == document.uri and it["version"] == version]
            return of_place[-1] if of_place else None

        return await self.wait_for(look, f"weft/trace of version {version}")

    async def message(self, *words: str) -> types.ShowMessageParams:
        """A window/showMessage with all of the words, whatever their case; waits for it."""

        def look():
            found = (it for it in self.messages if all(word.lower() in it.message.lower() for word in words))
            return next(found, None)

        return await self.wait_for(look, f"window/showMessage with {words}, not {self.messages}")

    def progress(self) -> list[list[object]]:
        """What each $/progress token has reported so far."""
        return list(self.client.progress_reports.values())

    async def why(self) -> list[dict]:
        """What `weft/why` answers."""
        return as_plain(await self.client.protocol.send_request_async("weft/why", {}))["last"]

    async def index(self, wait: bool = True) -> dict:
        """What `weft/index` answers: at once, or when the workspace has been read."""
        request = self.client.protocol.send_request_async("weft/index", {"wait": wait})
        return as_plain(await asyncio.wait_for(request, PATIENCE_SECONDS))

    async def index_with(self, **expected: int) -> dict:
        """Asks `weft/index` until it answers what is expected, for what the server sends no event for."""
        answer = None

        async def asked():
            nonlocal answer
            while answer is None or any(answer[name] != value for name, value in expected.items()):
                answer = await self.index()
            return answer

        try:
            return await asyncio.wait_for(asked(), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            raise AssertionError(f"waited in vain for {expected}, not {answer}") from None

    async def request(self, method: str, params: dict | None, request_id: str | None = None):
        """A request of weft's own; its answer as plain dictionaries."""
        sent = self.client.protocol.send_request(method, params, msg_id=request_id or self.next_id())
        return as_plain(await asyncio.wait_for(asyncio.wrap_future(sent), PATIENCE_SECONDS))

    def cancel(self, request_id: str) -> None:
        """Takes a request back, as the specification has it; it ends in an error."""
        self.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id=request_id))

    def on_progress(self, listener: Callable[[object, dict], None]) -> None:
        """Calls a function with the token and the value of each `$/progress` of weft's own."""
        self._listeners.append(listener)

    def _progressed(self, client, params):
        value = as_plain(params.value)
        if isinstance(value, dict) and set(value) & {"fraction", "text", "sessionId"}:
            for listener in self._listeners:
                listener(params.token, value)
            return
        DEFAULT_CLIENT_FEATURES[types.PROGRESS](client, params)

    def next_id(self) -> str:
        return f"request-{next(self._ids)}"

    def _features(self) -> dict:
        """pytest-lsp's own handlers, and ours beside them, each waking whoever waits."""

        def waking(handler):
            # pygls hands the client over where the first parameter is called so.
            def handle(ls, params):
                result = handler(ls, params)
                self._changed.set()
                return result

            return handle

        features = {method: waking(handler) for method, handler in DEFAULT_CLIENT_FEATURES.items()}
        features[types.WORKSPACE_APPLY_EDIT] = waking(self._edited)
        features["weft/trace"] = waking(lambda _client, params: self.traces.append(as_plain(params)))
        features[types.PROGRESS] = waking(self._progressed)
        features[types.CLIENT_REGISTER_CAPABILITY] = waking(
            lambda _client, params: self.registrations.extend(params.registrations)
        )
        return features


class Document:
    """An open document: the text here and the text in the server follow the same edits."""

    def __init__(self, editor: Editor, uri: str, text: str, version: int):
        self.editor = editor
        self.uri = uri
        self.text = text
        self.version = version

    def replace(self, start: int, end: int, new_text: str, versions: int = 1) -> None:
        """An incremental change of the text between two offsets."""
        change = types.TextDocumentContentChangePartial(
            range=types.Range(self.position(start), self.position(end)), text=new_text
        )
        self.text = self.text[:start] + new_text + self.text[end:]
        self._send(change, versions)

    def insert(self, offset: int, new_text: str) -> None:
        self.replace(offset, offset, new_text)

    def set_all(self, text: str) -> None:
        """A change that is the whole text."""
        self.text = text
        self._send(types.TextDocumentContentChangeWholeDocument(text=text), 1)

    def _send(self, change, versions: int) -> None:
        self.version += versions
        identifier = types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        self.editor.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=identifier, content_changes=[change])
        )

    def apply(self, edits: list[types.TextEdit]) -> None:
        """Edits of the server's, whose ranges are all of the text before them; reported as one change each."""
        places = [(self.offset(it.range.start), self.offset(it.range.end), it.new_text) for it in edits]
        for start, end, new_text in sorted(places, reverse=True):
            self.replace(start, end, new_text)

    async def actions(self, offset: int, diagnostics: list | None = None) -> dict[str, types.CodeAction]:
        """The code actions at an offset, by title."""
        position = self.position(offset)
        params = types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=self.uri),
            range=types.Range(position, position),
            context=types.CodeActionContext(diagnostics=diagnostics or []),
        )
        found = await asyncio.wait_for(
            self.editor.client.text_document_code_action_async(params), PATIENCE_SECONDS
        )
        return {it.title: it for it in found or []}

    async def act(self, title: str, offset: int, diagnostics: list | None = None):
        """Runs a code action as an editor does."""
        actions = await self.actions(offset, diagnostics)
        # What is under way goes on for a moment after its last edit has come.
        while title not in actions:
            actions = await self.actions(offset, diagnostics)
        action = actions[title]
        params = types.ExecuteCommandParams(
            command=action.command.command, arguments=action.command.arguments
        )
        return await asyncio.wait_for(
            self.editor.client.workspace_execute_command_async(params), PATIENCE_SECONDS
        )

    async def menu(self, offset: int) -> dict[str, types.CompletionItem]:
        """The entries of the completion menu at an offset, by label."""
        params = types.CompletionParams(
            text_document=types.TextDocumentIdentifier(uri=self.uri), position=self.position(offset)
        )
        found = await asyncio.wait_for(
            self.editor.client.text_document_completion_async(params), PATIENCE_SECONDS
        )
        return {it.label: it for it in (found.items if found else [])}

    async def until(self, wanted: Callable[[str], object], what: str) -> None:
        """Waits until the text is as wanted."""
        try:
            await self.editor.wait_for(lambda: wanted(self.text) or None, what)
        except AssertionError as error:
            raise AssertionError(f"{error} in\n{self.text}") from None

    def save(self) -> None:
        """Tells the server that the text is on the disk, which the caller has seen to."""
        identifier = types.TextDocumentIdentifier(uri=self.uri)
        self.editor.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=identifier))

    def close(self) -> None:
        identifier = types.TextDocumentIdentifier(uri=self.uri)
        self.editor.client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=identifier))

    def position(self, offset: int) -> types.Position:
        before = self.text[:offset]
        line_start = before.rfind("\n") + 1
        return types.Position(before.count("\n"), units(before[line_start:], self.editor.encoding))

    def offset(self, position: types.Position) -> int:
        start = 0
        for _ in range(position.line):
            start = self.text.index("\n", start) + 1
        end = start
        while units(self.text[start:end], self.editor.encoding) < position.character:
            end += 1
        return end

    def request(self, offset: int, kind=AUTOMATIC, request_id: str | None = None) -> asyncio.Future:
        """Sends textDocument/inlineCompletion and does not wait for the answer."""
        params = types.InlineCompletionParams(
            text_document=types.TextDocumentIdentifier(uri=self.uri),
            position=self.position(offset),
            context=types.InlineCompletionContext(trigger_kind=kind),
        )
        protocol = self.editor.client.protocol
        sent = protocol.send_request(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=request_id or self.editor.next_id()
        )
        return asyncio.wrap_future(sent)

    async def complete(self, offset: int, kind=AUTOMATIC) -> list[types.InlineCompletionItem]:
        """The suggestions at an offset. The answer must be a list object, also when it is empty."""
        answer = await asyncio.wait_for(self.request(offset, kind), PATIENCE_SECONDS)
        assert isinstance(answer, types.InlineCompletionList), answer
        return list(answer.items)

    def accept(self, item: types.InlineCompletionItem, offset: int) -> int:
        """Does what an editor does on Tab; returns the offset of the cursor afterwards."""
        assert isinstance(item.insert_text, str), "a snippet was not asked for"
        start = self.offset(item.range.start) if item.range else offset
        end = self.offset(item.range.end) if item.range else offset
        self.replace(start, end, item.insert_text)
        return start + len(item.insert_text)


def initialize_params(
    encodings: list[str] | None = None, options: dict | None = None, root: Path | None = None
) -> types.InitializeParams:
    kinds = [types.PositionEncodingKind(encoding) for encoding in encodings] if encodings else None
    return types.InitializeParams(
        capabilities=types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=kinds),
            text_document=types.TextDocumentClientCapabilities(
                inline_completion=types.InlineCompletionClientCapabilities(dynamic_registration=False),
                synchronization=types.TextDocumentSyncClientCapabilities(did_save=True),
            ),
            window=types.WindowClientCapabilities(
                work_done_progress=True, show_document=types.ShowDocumentClientCapabilities(support=True)
            ),
            workspace=types.WorkspaceClientCapabilities(
                configuration=True,
                workspace_folders=True,
                did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
                file_operations=types.FileOperationClientCapabilities(did_rename=True),
            ),
        ),
        workspace_folders=[types.WorkspaceFolder(uri=root.as_uri(), name=root.name)] if root else None,
        initialization_options=options,
    )


def units(text: str, encoding: str) -> int:
    """The length of a text in the units of a position encoding."""
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return len(text.encode(codec)) // size


def converter():
    """The client's own, which takes a code action with a command for a bare command."""

    def action(value, _type):
        is_bare = isinstance(value.get("command"), str)
        return made.structure(value, types.Command if is_bare else types.CodeAction)

    made = default_converter()
    made.register_structure_hook(types.Command | types.CodeAction, action)
    return made


def as_plain(value):
    """pygls makes named tuples of what it has no type for; dictionaries and lists are easier to read."""
    if hasattr(value, "_asdict"):
        return {name: as_plain(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {name: as_plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    return value
