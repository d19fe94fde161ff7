"""The JetBrains plugin where no IDE runs: its tests of what needs none (some with the real server), its plugin.xml, its threads.

`cargo xtask e2e jetbrains` has compiled it, against the platform's API of 2018 and stubs for what is newer. What has never run in an IDE
is said in docs/editors/jetbrains.md.
"""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from support.editors import REPOSITORY

PLUGIN = REPOSITORY / "editors" / "jetbrains" / "plugin"
SOURCES = sorted((PLUGIN / "src" / "main" / "kotlin").rglob("*.kt"))
CLASSES = Path(os.environ["WEFT_JETBRAINS_CLASSES"])
XML = ElementTree.parse(PLUGIN / "src" / "main" / "resources" / "META-INF" / "plugin.xml").getroot()

# The attributes of plugin.xml that name a class.
CLASS_ATTRIBUTES = ["implementation", "serviceImplementation", "instance", "factoryClass", "class"]


def elements(path: str) -> list[ElementTree.Element]:
    found = XML.findall(path)
    assert found, path
    return found


def test_what_needs_no_ide(weft):
    tests = sorted(it.stem for it in (PLUGIN / "src" / "test" / "kotlin").rglob("*Test.kt"))
    class_path = Path(os.environ["WEFT_JETBRAINS_CLASS_PATH"]).read_text(encoding="utf-8")
    words = ["java", "-cp", class_path, "org.junit.runner.JUnitCore", *(f"dev.weft.{name}" for name in tests)]
    env = weft.environment | {"WEFT_BIN": str(weft.binary)}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    count = sum(it.read_text(encoding="utf-8").count("@Test") for it in (PLUGIN / "src" / "test").rglob("*.kt"))
    assert f"OK ({count} tests)" in done.stdout


def test_every_class_that_plugin_xml_names_was_compiled():
    named = [element.get(attribute) for element in XML.iter() for attribute in CLASS_ATTRIBUTES if element.get(attribute)]
    assert len(named) >= 12
    for name in named:
        assert (CLASSES / f"{name.replace('.', '/')}.class").is_file(), name


def test_every_part_of_the_plugin_is_registered():
    extensions = {element.tag for element in elements("extensions/*")}
    assert extensions == {
        "postStartupActivity",
        "applicationService",
        "applicationConfigurable",
        "inline.completion.provider",
        "statusBarWidgetFactory",
        "toolWindow",
        "notificationGroup",
    }
    actions = {element.get("class") for element in elements(".//action")}
    source = (PLUGIN / "src/main/kotlin/dev/weft/actions/Actions.kt").read_text(encoding="utf-8")
    # All but the two that others are made of.
    assert actions == {f"dev.weft.actions.{name}" for name in re.findall(r"^class (\w+)", source, re.MULTILINE)}
    keys = {element.get("first-keystroke") for element in elements(".//keyboard-shortcut")}
    assert keys == {"control J", "control I"}


def test_ids_are_those_that_the_code_says_and_none_comes_twice():
    ids = [element.get("id") for element in [*elements("extensions/*"), *elements(".//action"), *elements(".//group")] if element.get("id")]
    ids.remove("Weft")  # The tool window's and the notifications'.
    assert len(ids) == len(set(ids))
    code = "\n".join(it.read_text(encoding="utf-8") for it in SOURCES)
    provider = XML.find("extensions/inline.completion.provider")
    # The platform wants the provider's own id here.
    assert f'InlineCompletionProviderID("{provider.get("id")}")' in code
    assert f'const val ID = "{XML.find("extensions/statusBarWidgetFactory").get("id")}"' in code
    assert f'getToolWindow("{XML.find("extensions/toolWindow").get("id")}")' in code
    assert f'const val NOTIFICATIONS = "{XML.find("extensions/notificationGroup").get("id")}"' in code


def test_versions_agree_with_the_build():
    build = (PLUGIN / "build.gradle.kts").read_text(encoding="utf-8")
    since = XML.find("idea-version").get("since-build")
    assert f'sinceBuild = "{since}"' in build
    # 2024.2 is 242: the first with everything that is used.
    year, number = re.search(r'intellijIdeaCommunity\("20(\d\d)\.(\d)', build).groups()
    assert since == f"{year}{number}"
    assert f'version = "{XML.findtext("version")}"' in build
    assert XML.findtext("id") == "dev.weft"


# Calls that wait, as javap writes them.
WAITING = [
    r"java/util/concurrent/(CompletableFuture|Future)\.(get|join):",
    r"java/util/concurrent/CountDownLatch\.await",
    r"java/lang/Thread\.(sleep|join):",
    r"java/lang/Object\.wait:",
    r"java/lang/Process\.waitFor:",
    r"BuildersKt\.runBlocking",
    r"\.(invokeAndWait|runReadAction|executeOnPooledThread):",
]
# Classes with code that runs on a thread made for it: the two ends of the pipe.
OWN_THREADS = {"dev.weft.protocol.Connection", "dev.weft.server.ServerProcess", "dev.weft.protocol.FramingKt"}
PIPES = [r"LinkedBlockingQueue\.take:", r"FramingKt\.readMessage:", r"BufferedReader\.readLine:", r"InputStream\.read"]


def test_nothing_waits_on_a_thread_of_the_ides():
    """Continue's users left over freezes. No compiled method waits for an answer, a lock or a time; pipes are read where a thread is made for it."""
    files = sorted(str(it) for it in CLASSES.rglob("*.class"))
    done = subprocess.run(["javap", "-c", "-p", *files], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    name = ""
    seen = 0
    for line in done.stdout.splitlines():
        if found := re.match(r"(?:\w+ )*(?:class|interface) ([\w.$]+)", line):
            name = found.group(1).split("$")[0]
        if "invoke" not in line:
            continue
        seen += 1
        for call in WAITING:
            assert not re.search(call, line), f"{name}: {line}"
        for call in PIPES:
            # The page's files are read out of the plugin's own archive, on JCEF's thread.
            if name not in OWN_THREADS and name != "dev.weft.chat.PageFile":
                assert not re.search(call, line), f"{name}: {line}"
    assert seen > 1000, "the classes were read"


def test_the_page_of_the_chat_is_packed():
    build = (PLUGIN / "build.gradle.kts").read_text(encoding="utf-8")
    assert '"../../chat/dist"' in build and 'into("chat")' in build
    assert 'getResourceAsStream("/chat/$it")' in (PLUGIN / "src/main/kotlin/dev/weft/chat/PageFiles.kt").read_text(encoding="utf-8")
