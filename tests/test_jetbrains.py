"""JetBrains IDEs by LSP4IJ: the template that it imports, and what it then sends, by its own protocol library, to the real server.

No IDE runs here. LSP4IJ's format rules are those of its LanguageServerTemplateManager and LanguageServerTemplateDeserializer and of its
page UserDefinedLanguageServerTemplate.md (read at its commit 039872f1); what it sends is in tests/jetbrains/Lsp4ijClient.java.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from support.editors import LOOP_LINE, REPOSITORY, STOCK, SUGGESTED, TYPED, workspace

TEMPLATE = REPOSITORY / "editors" / "jetbrains" / "lsp4ij"
CLIENT = Path(__file__).parent / "jetbrains" / "Lsp4ijClient.java"
LANGUAGES = REPOSITORY / "grammars"
# Where LSP's name of a language is another than the folder's.
IDS = {"tsx": "typescriptreact"}
# What LSP4IJ reads of a template's folder; it passes over everything else, so a misspelt name would be lost in silence.
FILES = {"template.json", "settings.json", "settings.schema.json", "initializationOptions.json", "clientSettings.json", "installer.json", "README.md"}


def read(name: str) -> dict:
    return json.loads((TEMPLATE / name).read_text(encoding="utf-8"))


def test_the_template_has_what_lsp4ij_reads_and_nothing_else():
    names = {it.name for it in TEMPLATE.iterdir()}
    assert "template.json" in names and names <= FILES
    template = read("template.json")
    assert set(template) <= {"id", "name", "programArgs", "fileTypeMappings", "languageMappings"}
    # These three are taken without a look whether they are there.
    assert template["id"] and template["name"] and template["programArgs"]["default"]
    assert set(template["programArgs"]) <= {"default", "windows"}
    for name in ["settings.json", "initializationOptions.json", "clientSettings.json"]:
        assert isinstance(read(name), dict)


def test_each_mapping_is_one_that_lsp4ij_keeps_and_no_file_has_two():
    patterns = []
    for mapping in read("template.json")["fileTypeMappings"]:
        # One without a language id, or with neither a name nor a pattern, is dropped.
        assert set(mapping) == {"fileType", "languageId"} and mapping["languageId"]
        assert set(mapping["fileType"]) == {"name", "patterns"}
        assert mapping["fileType"]["name"]
        for pattern in mapping["fileType"]["patterns"]:
            assert re.fullmatch(r"\*\.\w+", pattern), pattern
            patterns.append(pattern)
    assert len(patterns) == len(set(patterns))


def test_every_language_of_weft_is_mapped_by_the_id_that_it_knows():
    mapped = {mapping["languageId"] for mapping in read("template.json")["fileTypeMappings"]}
    known = {IDS.get(it.name, it.name) for it in LANGUAGES.iterdir() if (it / "language.toml").is_file()}
    assert known <= mapped


def test_the_installer_has_only_tasks_that_lsp4ij_has():
    installer = read("installer.json")
    assert set(installer) <= {"id", "name", "properties", "check", "run"}
    tasks = [task for step in ("check", "run") for task in installer.get(step, {}).items()]
    assert tasks, "an installer that checks nothing"
    for name, task in tasks:
        assert name in {"exec", "download", "configureServer"}
        assert task["name"] and set(task["command"]) <= {"windows", "default", "linux", "mac"}


def test_the_command_of_the_template_starts_the_server(weft):
    """LSP4IJ splits it into words as a shell does."""
    words = shlex.split(read("template.json")["programArgs"]["default"])
    programs = f"{weft.binary.parent}{os.pathsep}{weft.environment['PATH']}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}).encode()
    asked = b"Content-Length: %d\r\n\r\n" % len(body) + body
    done = subprocess.run(words, env=weft.environment | {"PATH": programs}, input=asked, capture_output=True, timeout=60)
    assert b'"inlineCompletionProvider"' in done.stdout


@pytest.fixture
def project(tmp_path):
    root = workspace(tmp_path)
    lines = (root / STOCK).read_text().split("\n")
    lines[LOOP_LINE - 1] = " " * 12 + "<cursor>"
    (root / STOCK).write_text("\n".join(lines))
    shutil.copy(REPOSITORY / "fixtures" / "chat" / "harbor" / "limits.py", root / "limits.py")
    return root


def test_lsp4ijs_library_types_edits_and_leaves(weft, project):
    jars = [str(jar) for name in ("org.eclipse.lsp4j_", "org.eclipse.lsp4j.jsonrpc_", "com.google.gson_", "org.eclipse.xtext.xbase.lib_")
            for jar in Path(os.environ["WEFT_LSP4J"]).glob(f"{name}*.jar")]
    words = ["java", "-cp", os.pathsep.join(jars), CLIENT, weft.binary, project, STOCK, TYPED, SUGGESTED, "limits.py", "MAX_BERTHS = 37", "MAX_BERTHS = 40"]
    done = subprocess.run(words, env=weft.environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok: ") == 6, done.stdout
