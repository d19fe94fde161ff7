"""The start and the end of a session: before any model is there, and after the editor is gone."""

import asyncio

import psutil
import pytest
from lsprotocol import types

from support.editor import Editor, initialize_params
from support.weft import PATIENCE_SECONDS


async def test_initialize_answers_before_any_engine_runs(make_weft, record_property):
    weft = make_weft()
    async with Editor.launched(weft) as editor:
        params = initialize_params()
        editor.client.capabilities = params.capabilities
        loop = asyncio.get_running_loop()
        start = loop.time()
        result = await editor.client.initialize_async(params)
        took = (loop.time() - start) * 1000
        assert weft.engine_processes() == [], "initialize waits for nobody"
        # A figure for the reader; a busy machine is slow, so it is not judged.
        record_property("initialize answered after", f"{took:.0f} ms, the start of the process included")
        assert result.server_info.name.lower() == "weft"
        assert result.capabilities.inline_completion_provider
        sync = result.capabilities.text_document_sync
        kind = sync if isinstance(sync, types.TextDocumentSyncKind) else sync.change
        assert kind == types.TextDocumentSyncKind.Incremental
        editor.client.initialized(types.InitializedParams())


async def test_initialize_answers_without_any_model(make_weft, empty_models):
    async with Editor.started(make_weft(WEFT_MODELS=str(empty_models))) as editor:
        assert await editor.why() == []


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["utf-8"], "utf-8"),
        (["utf-16"], "utf-16"),
        (["utf-32"], "utf-32"),
        (["utf-8", "utf-16"], "utf-8"),
        (None, "utf-16"),
    ],
)
async def test_the_position_encoding_is_one_that_the_client_offers(weft, offered, chosen):
    async with Editor.launched(weft) as editor:
        result = await editor.initialize(offered)
        assert editor.encoding == chosen
        if offered:
            assert result.capabilities.position_encoding == chosen


async def test_an_editor_that_dies_takes_its_server_with_it(weft):
    async with Editor.started(weft) as editor:
        server = editor.client._server
        server.stdin.close()
        await asyncio.wait_for(server.wait(), PATIENCE_SECONDS)
        assert not psutil.pid_exists(server.pid)
