"""Copilot's protocol: what each of its clients sends, in its order and with its oddities, to the real server with the real model.

The sequences are written down from the clients' sources. What is checked of each: nothing is answered with an error, ghost text arrives
in the shape that the client accepts, and what the user did with it is counted.
"""

import shutil

import pytest

from support.raw import Raw
from support.samples import SUM, SUM_REST

LINE = SUM.count("\n")
BEFORE = SUM.rsplit("\n", 1)[1]
CURSOR = {"line": LINE, "character": len(BEFORE)}


@pytest.fixture
def raw(weft):
    with Raw.started(weft) as client:
        yield client


@pytest.fixture
def workspace(fixtures, tmp_path):
    folder = tmp_path / "harbor"
    shutil.copytree(fixtures / "chat", folder)
    (folder / "questions.toml").unlink()
    return folder


def info(editor: str, plugin: str) -> dict:
    return {
        "editorInfo": {"name": editor, "version": "1.0"},
        "editorPluginInfo": {"name": plugin, "version": "1.507.0"},
    }


def opened(uri: str, version: int = 0) -> dict:
    return {"textDocument": {"uri": uri, "languageId": "python", "version": version, "text": SUM}}


def doc(uri: str, version: int = 0, **more) -> dict:
    return {
        "version": version,
        "tabSize": 4,
        "indentSize": 4,
        "insertSpaces": True,
        "path": uri.removeprefix("file://"),
        "uri": uri,
        "relativePath": "sum.py",
        "languageId": "python",
        "position": CURSOR,
        **more,
    }


def feedback(raw: Raw) -> dict:
    return raw.call("weft/why", None)["feedback"]


def check_legacy(completion: dict, version: int) -> None:
    """copilot.lua takes no range that begins behind the line's beginning, copilot.el no other version."""
    assert completion["text"] == BEFORE + SUM_REST
    assert completion["displayText"] == SUM_REST
    assert completion["range"] == {"start": {"line": LINE, "character": 0}, "end": CURSOR}
    assert completion["docVersion"] == version
    assert completion["uuid"]


def end(raw: Raw, nothing: object) -> None:
    raw.call("shutdown", nothing)
    raw.notify("exit", nothing)
    assert raw.exit_code() == 0


def test_copilot_el(raw, workspace):
    """Emacs writes null for no parameters, and an empty settings object too."""
    uri = (workspace / "sum.py").as_uri()
    raw.call(
        "initialize",
        {
            "processId": None,
            "rootUri": workspace.as_uri(),
            "workspaceFolders": [{"uri": workspace.as_uri(), "name": "harbor"}],
            "capabilities": {"workspace": {"workspaceFolders": True}},
            "initializationOptions": info("Emacs", "copilot.el"),
        },
    )
    raw.notify("initialized", None)
    raw.notify("workspace/didChangeConfiguration", {"settings": None})
    assert raw.call("checkStatus", {"dummy": "checkStatus"})["status"] == "OK"
    assert raw.call("signInInitiate", {"dummy": "signInInitiate"})["status"] == "AlreadySignedIn"
    raw.notify("textDocument/didOpen", opened(uri))
    raw.notify("textDocument/didFocus", {"textDocument": {"uri": uri}})
    assert raw.told("didChangeStatus")["kind"] == "Normal"

    # Until 0.3 by the old methods.
    first, *_ = raw.call("getCompletions", {"doc": doc(uri)})["completions"]
    check_legacy(first, 0)
    raw.call("notifyShown", {"uuid": first["uuid"]})
    assert raw.call("getCompletionsCycling", {"doc": doc(uri)})["completions"]
    raw.call("notifyAccepted", {"uuid": first["uuid"]})

    # Since then by LSP's.
    params = {
        "textDocument": {"uri": uri, "version": 0},
        "position": CURSOR,
        "context": {"triggerKind": 2},
        "formattingOptions": {"tabSize": 4, "insertSpaces": True},
    }
    item, *_ = raw.call("textDocument/inlineCompletion", params)["items"]
    assert item["insertText"] == SUM_REST
    raw.notify("textDocument/didShowCompletion", {"item": {"command": item["command"]}})
    part = {"item": {"command": item["command"]}, "acceptedLength": 1}
    raw.notify("textDocument/didPartiallyAcceptCompletion", part)
    assert raw.call("workspace/executeCommand", item["command"]) is True
    told = feedback(raw)
    assert (told["shown"], told["partlyAccepted"], told["accepted"], told["rejected"]) == (2, 1, 2, 0)

    # A panel, and what becomes of an overlay that is cleared.
    count = raw.call("getPanelCompletions", {"doc": doc(uri), "panelId": "copilot-panel"})["solutionCountTarget"]
    texts = [raw.told("PanelSolution")["completionText"] for _ in range(count)]
    assert SUM_REST in texts
    raw.told("PanelSolutionsDone")
    again, *_ = raw.call("getCompletions", {"doc": doc(uri)})["completions"]
    raw.call("notifyRejected", {"uuids": [again["uuid"]]})
    assert feedback(raw)["rejected"] == 1
    end(raw, None)


def test_copilot_lua(raw, workspace):
    """It offers UTF-8 as Neovim does and counts in UTF-16 all the same; `_` makes its parameters an object."""
    uri = (workspace / "sum.py").as_uri()
    answer = raw.call(
        "initialize",
        {
            "processId": None,
            "rootUri": workspace.as_uri(),
            "workspaceFolders": [{"uri": workspace.as_uri(), "name": str(workspace)}],
            "capabilities": {
                "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
                "window": {"showDocument": {"support": True}, "workDoneProgress": True},
                "workspace": {"workspaceFolders": True},
            },
            "initializationOptions": info("Neovim", "copilot.lua"),
            "trace": "off",
        },
    )
    assert answer["capabilities"]["positionEncoding"] == "utf-16"
    raw.notify("initialized", {})
    settings = {
        "enableAutoCompletions": True,
        "disabledLanguages": [],
        "github": {"copilot": {"selectedCompletionModel": ""}},
    }
    raw.notify("workspace/didChangeConfiguration", {"settings": settings})
    raw.notify("$/setTrace", {"value": "off"})
    assert raw.call("checkStatus", {"_": True})["status"] == "OK"
    assert raw.call("getVersion", {"_": True})["version"]
    models = raw.call("copilot/models", {"_": True})
    assert any("completion" in it["scopes"] and it["default"] for it in models)
    raw.notify("textDocument/didOpen", opened(uri, 4))
    params = {
        "doc": doc(uri, 4),
        "textDocument": {"uri": uri, "version": 4, "relativePath": "sum.py"},
        "position": CURSOR,
        "_": True,
    }
    first, *_ = raw.call("getCompletions", params)["completions"]
    check_legacy(first, 4)
    raw.call("notifyShown", {"uuid": first["uuid"], "_": True})
    for completion in raw.call("getCompletionsCycling", params)["completions"]:
        assert completion["text"].startswith(BEFORE)
    # A word is accepted, then all of it.
    for length in [len(BEFORE) + 1, len(first["text"])]:
        raw.call("notifyAccepted", {"uuid": first["uuid"], "acceptedLength": length, "_": True})
    told = feedback(raw)
    assert (told["shown"], told["partlyAccepted"], told["accepted"]) == (1, 1, 1)
    raw.call("notifyRejected", {"uuids": [first["uuid"]], "_": True})
    # What is taken back ends as the standard says, and the next is answered.
    taken_back = raw.request("getCompletions", params)
    raw.notify("$/cancelRequest", {"id": taken_back})
    raw.wait_for(lambda it: it.get("id") == taken_back, "an end of what was taken back")
    assert raw.call("getCompletions", params)["completions"]
    assert raw.told("didChangeStatus", lambda it: it["busy"])["kind"] == "Normal"
    end(raw, None)


def test_sidekick_nvim(raw, workspace):
    """Next edits by Copilot's method, ghost text by Neovim's own client, which runs the item's command on acceptance."""
    uri = (workspace / "sum.py").as_uri()
    answer = raw.call(
        "initialize",
        {
            "processId": None,
            "rootUri": workspace.as_uri(),
            "capabilities": {
                "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
                "textDocument": {"inlineCompletion": {"dynamicRegistration": False}},
            },
            "initializationOptions": info("Neovim", "Neovim"),
        },
    )
    commands = answer["capabilities"]["executeCommandProvider"]["commands"]
    raw.notify("initialized", {})
    raw.notify("workspace/didChangeConfiguration", {"settings": {"telemetry": {"telemetryLevel": "all"}}})
    assert raw.call("signIn", {})["status"] == "AlreadySignedIn"
    raw.notify("textDocument/didOpen", opened(uri, 0))
    raw.notify("textDocument/didFocus", {"textDocument": {"uri": uri}})
    place = {"textDocument": {"uri": uri, "version": 0}, "position": CURSOR, "context": {"triggerKind": 2}}
    assert raw.call("textDocument/copilotInlineEdit", place) == {"edits": []}
    item, *_ = raw.call("textDocument/inlineCompletion", place)["items"]
    assert item["insertText"] == SUM_REST
    assert item["range"] == {"start": CURSOR, "end": CURSOR}
    # Neovim runs no command that the server has not named.
    assert item["command"]["command"] in commands
    arguments = {"command": item["command"]["command"], "arguments": item["command"]["arguments"]}
    raw.call("workspace/executeCommand", arguments)
    assert feedback(raw)["accepted"] == 1
    assert raw.told("didChangeStatus", lambda it: it["busy"])
    raw.told("didChangeStatus", lambda it: not it["busy"])
    end(raw, None)


def test_lsp_copilot(raw, workspace):
    """Sublime Text introduces itself after `initialize`, sends the whole text along, and asks twice at once."""
    uri = (workspace / "sum.py").as_uri()
    raw.call("initialize", {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}})
    raw.notify("initialized", {})
    assert raw.call("getVersion", {})["buildType"]
    assert raw.call("checkStatus", {})["status"] == "OK"
    assert raw.call("setEditorInfo", info("vscode", "LSP-copilot")) == "OK"
    assert raw.told("statusNotification")["status"] == "Normal"
    raw.notify("textDocument/didOpen", opened(uri, 1))
    assert raw.call("checkFileStatus", {"uri": uri}) == {"status": "included"}
    params = {"doc": doc(uri, 1, source=SUM, indentSize=1)}
    passed_over = raw.request("getCompletions", params)
    found = raw.call("getCompletionsCycling", params)["completions"]
    raw.result(passed_over, "getCompletions")
    check_legacy(found[0], 1)
    raw.call("notifyAccepted", {"uuid": found[0]["uuid"]})
    raw.call("notifyRejected", {"uuids": [it["uuid"] for it in found[1:]]})
    assert feedback(raw)["accepted"] == 1
    # A buffer without a file is no document of LSP's.
    unsaved, *_ = raw.call("getCompletions", {"doc": doc("buffer:7", 3, source=SUM)})["completions"]
    check_legacy(unsaved, 3)
    end(raw, None)


def test_a_conversation_of_lsp_copilot(raw, workspace):
    """A conversation that begins without a question, a question with a reference, and one to what is no file."""
    limits = workspace / "harbor" / "limits.py"
    raw.call(
        "initialize",
        {
            "processId": None,
            "workspaceFolders": [{"uri": workspace.as_uri(), "name": "harbor"}],
            "capabilities": {},
            "initializationOptions": info("vscode", "LSP-copilot"),
        },
    )
    raw.notify("initialized", {})
    raw.call("weft/index", {"wait": True})
    assert raw.call("conversation/preconditions", {})["status"] == "ok"
    assert "explain" in [it["id"] for it in raw.call("conversation/templates", {"options": {}})]
    assert raw.call("conversation/agents", {"options": {}}) == []
    token = "copilot_chat://1"
    begun = raw.call(
        "conversation/create",
        {
            "turns": [{"request": ""}],
            "capabilities": {"allSkills": True, "skills": []},
            "workDoneToken": token,
            "computeSuggestions": True,
            "source": "panel",
        },
    )
    reference = {
        "type": "file",
        "status": "included",
        "uri": limits.as_uri(),
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 40, "character": 0}},
    }
    no_file = {"type": "file", "status": "included", "uri": (workspace / "gone.py").as_uri()}
    turn = raw.call(
        "conversation/turn",
        {
            "conversationId": begun["conversationId"],
            "message": "What is the value of MAX_BERTHS?",
            "workDoneToken": token,
            "doc": doc((workspace / "harbor" / "storage.py").as_uri(), 1),
            "computeSuggestions": True,
            "references": [reference, no_file, {"type": "github.web-search", "id": "1"}],
            "source": "panel",
        },
    )
    assert turn["conversationId"] == begun["conversationId"]
    told = reply(raw, token, turn["turnId"])
    assert "37" in told["text"]
    # With the document that is being edited, as always.
    assert limits.as_uri() in told["references"]
    assert "gone.py" in told["warnings"][0]
    assert raw.call("conversation/destroy", {"conversationId": begun["conversationId"]}) == "OK"
    # It is kept among the conversations of all editors.
    kept = raw.call("weft/chat/session", {"id": turn["conversationId"]})
    assert [it["role"] for it in kept["messages"]] == ["user", "assistant"]


def test_a_conversation_of_copilot_el(raw, workspace):
    limits = workspace / "harbor" / "limits.py"
    options = info("Emacs", "copilot.el")
    raw.call(
        "initialize",
        {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}, "initializationOptions": options},
    )
    raw.notify("initialized", None)
    raw.call("weft/index", {"wait": True})
    uri = limits.as_uri()
    raw.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": uri, "languageId": "python", "version": 0, "text": limits.read_text()}},
    )
    made = raw.call(
        "conversation/create",
        {
            "workDoneToken": "copilot-chat-1",
            "turns": [{"request": "What is the value of MAX_BERTHS?", "response": "", "turnId": ""}],
            "capabilities": {"skills": ["current-editor"], "allSkills": ["current-editor"]},
            "references": [{"type": "file", "uri": uri}],
            "source": "panel",
            "model": "a-model-of-somebody-else",
        },
    )
    told = reply(raw, "copilot-chat-1", made["turnId"])
    assert "37" in told["text"]
    assert told["kinds"][0] == "begin" and told["kinds"][-1] == "end"
    again = {"workDoneToken": "copilot-chat-2", "conversationId": made["conversationId"], "source": "panel"}
    turn = raw.call("conversation/turn", {**again, "message": "Count from 1 to 500 in words, one on each line."})
    assert turn["conversationId"] == made["conversationId"]
    # The user stops it once the first words are there.
    raw.told("$/progress", lambda it: it["token"] == "copilot-chat-2" and it["value"]["reply"])
    raw.notify("window/workDoneProgress/cancel", {"token": "copilot-chat-2"})
    raw.told("$/progress", lambda it: it["token"] == "copilot-chat-2" and it["value"]["kind"] == "end")
    kept = raw.call("weft/chat/session", {"id": made["conversationId"]})
    assert [it["state"] for it in kept["messages"]][-1] == "stopped"
    end(raw, None)


def reply(raw: Raw, token: str, turn: str) -> dict:
    """All that is told of a turn."""
    told = {"text": "", "references": [], "warnings": [], "kinds": []}
    while told["kinds"][-1:] != ["end"]:
        value = raw.told("$/progress", lambda it: it["token"] == token and it["value"].get("turnId") == turn)["value"]
        told["kinds"].append(value["kind"])
        told["text"] += value["reply"]
        told["references"] += [it["uri"] for it in value["references"]]
        told["warnings"] += [it["message"] for it in value["warnings"]]
        assert "result" not in value, value
    return told
