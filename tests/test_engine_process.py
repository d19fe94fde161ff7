"""`weft serve`: started on demand, shared, private, restarted after a crash, gone after its idle time."""

import asyncio
import os
import shutil
import stat

import psutil
from lsprotocol import types

from support.editor import INVOKED, Editor
from support.samples import SUM, SUM_REST, many_lines
from support.weft import PATIENCE_SECONDS, wait_until


async def test_the_engine_is_private_to_the_user_and_the_machine(weft, editor):
    document = editor.open(SUM)
    assert await document.complete(len(SUM))
    engine = weft.engine()
    assert stat.S_IMODE(os.stat(weft.engine_file).st_mode) == 0o600
    listening = [it for it in engine.process.net_connections("inet") if it.status == psutil.CONN_LISTEN]
    assert {(it.laddr.ip, it.laddr.port) for it in listening} <= {("127.0.0.1", engine.port), ("::1", engine.port)}
    assert listening
    for path in ["/weft/v1/status", "/weft/v1/model", "/", "/no-such-page"]:
        assert engine.status_of(path, token=None) == 401
        assert engine.status_of(path, token="wrong") == 401
        assert engine.status_of(path, token=engine.token[:-1]) == 401
    assert engine.status_of("/weft/v1/status", engine.token) == 200
    assert len(engine.token) >= 32


async def test_two_editors_and_the_command_line_share_one_engine(make_weft, tmp_path):
    weft = make_weft()
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    async with Editor.started(weft) as first, Editor.started(weft) as second:
        assert weft.engine_processes() == [] or len(weft.engine_processes()) == 1
        documents = [first.open(SUM), second.open(SUM)]
        # At the same moment, so that both find no engine and want to start one.
        answers = await asyncio.gather(*(it.complete(len(SUM)) for it in documents))
        assert [it[0].insert_text for it in answers] == [SUM_REST, SUM_REST]
        [process] = weft.engine_processes()
        assert weft.engine().pid == process.pid
        done = await asyncio.to_thread(weft.run, "complete", f"{path}:8:12")
        assert done.returncode == 0, done.stderr
        assert [it.pid for it in weft.engine_processes()] == [process.pid]
    assert process.is_running(), "the engine outlives the editors"


async def test_loading_the_model_shows_as_progress(make_weft):
    async with Editor.started(make_weft()) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM))
        reports = await editor.wait_for(
            lambda: next((it for it in editor.progress() if it and it[-1].kind == "end"), None),
            "the end of a $/progress",
        )
        assert isinstance(reports[0], types.WorkDoneProgressBegin)
        assert "model" in reports[0].title.lower()


async def test_an_engine_killed_in_the_middle_of_a_completion_is_replaced(make_weft):
    weft = make_weft()
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM))
        engine = weft.engine()
        busy_before = engine.busy_seconds()
        long_text = many_lines(400) + SUM
        other = editor.open(long_text, "other.py")
        request = other.request(len(long_text), INVOKED)
        # It is in the middle once it has computed for a while on the long prompt.
        await asyncio.to_thread(wait_until, lambda: engine.busy_seconds() > busy_before + 0.2, "work on the prompt")
        assert not request.done()
        engine.kill()
        answer = await asyncio.wait_for(asyncio.gather(request, return_exceptions=True), PATIENCE_SECONDS)
        assert isinstance(answer[0], Exception) or answer[0] is not None
        await editor.message("engine")
        assert editor.client._server.returncode is None, "the editor session lives"
        document.insert(0, "# after the crash\n")
        items = await document.complete(len(document.text))
        assert items[0].insert_text == SUM_REST
        assert weft.engine().pid != engine.pid


async def test_an_engine_killed_while_idle_is_not_missed(make_weft):
    weft = make_weft()
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM))
        engine = weft.engine()
        process = engine.process
        engine.kill()
        await asyncio.to_thread(psutil.wait_procs, [process], PATIENCE_SECONDS)
        document.insert(0, "# a new question\n")
        items = await document.complete(len(document.text))
        assert items[0].insert_text == SUM_REST


async def test_a_stale_state_file_is_no_obstacle(make_weft):
    """A machine that lost power leaves a file that names a process and a port of long ago."""
    weft = make_weft()
    weft.engine_file.parent.mkdir(parents=True, mode=0o700)
    weft.engine_file.write_text('{"port": 1, "token": "stale", "pid": 999999, "version": "0.0.0"}')
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        items = await document.complete(len(SUM))
        assert items[0].insert_text == SUM_REST


async def test_an_idle_engine_leaves_and_comes_back_when_needed(make_weft):
    weft = make_weft(WEFT_IDLE_SECONDS="2")
    async with Editor.started(weft) as editor:
        document = editor.open(SUM)
        assert await document.complete(len(SUM))
        [process] = weft.engine_processes()
        gone, _ = await asyncio.to_thread(psutil.wait_procs, [process], PATIENCE_SECONDS)
        assert gone, "it left"
        assert not weft.engine_file.exists()
        document.insert(0, "# and again\n")
        items = await document.complete(len(document.text))
        assert items[0].insert_text == SUM_REST


async def test_an_update_of_weft_does_not_disturb_an_open_editor(make_weft, binary, tmp_path):
    """The program's file is replaced while the editor's server runs; then an engine is needed."""
    weft = make_weft()
    weft.binary = tmp_path / "weft"
    shutil.copy(binary, weft.binary)
    async with Editor.started(weft) as editor:
        shutil.copy(binary, tmp_path / "newer")
        (tmp_path / "newer").rename(weft.binary)
        document = editor.open(SUM)
        items = await document.complete(len(SUM))
        assert items[0].insert_text == SUM_REST


def test_ps_and_stop(make_weft, tmp_path):
    weft = make_weft()
    assert weft.run("ps").returncode == 0
    assert weft.run("stop").returncode == 0, "nothing to stop is no failure"
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    assert weft.run("complete", f"{path}:8:12").returncode == 0
    engine = weft.engine()
    shown = weft.run("ps")
    assert str(engine.pid) in shown.stdout
    process = engine.process
    assert weft.run("stop").returncode == 0
    gone, _ = psutil.wait_procs([process], PATIENCE_SECONDS)
    assert gone
    assert weft.engine() is None
