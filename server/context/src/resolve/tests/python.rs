//! Python: attributes, chains of calls, `with`, imports and re-exports, bases.

use super::*;

#[test]
fn an_attribute_set_from_an_annotated_parameter() {
    check(
        "//- /src/pkg/__init__.py
//- /src/pkg/portainer.py
class Portainer:
    url: str
    async def container_image_status(self, endpoint_id: int, image: str) -> Status: ...
    def _private(self): ...
class Status:
    ok: bool
//- /src/pkg/watcher.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .portainer import Portainer
class Watcher:
    def __init__(self, portainer: Portainer) -> None:
        self._portainer = portainer
    async def watch(self) -> None:
        await self._portainer.$0
",
        expect![[r#"
            self._portainer. [Portainer] complete: url container_image_status _private
            ReceiverType Portainer in portainer.py, used 1
            SelfType Watcher in watcher.py, used 1
        "#]],
    );
}

#[test]
fn what_with_binds_through_enter_and_through_generators() {
    check(
        "//- /docket.py
from contextlib import asynccontextmanager
from typing import AsyncGenerator
from client import Redis
class Docket:
    @asynccontextmanager
    async def redis(self) -> AsyncGenerator[Redis, None]:
        yield self._redis
//- /client.py
class Pipeline:
    def hincrby(self, name, key): ...
    async def __aenter__(self) -> \"Pipeline\": ...
class Redis:
    def pipeline(self) -> Pipeline: ...
//- /progress.py
from docket import Docket
class Progress:
    docket: Docket
    async def up(self):
        async with self.docket.redis() as redis:
            async with redis.pipeline() as pipe:
                pipe.$0
",
        expect![[r#"
            pipe. [Pipeline] complete: hincrby
            ReceiverType Pipeline in client.py, used 0
            LocalType Redis in client.py, used 0
            SelfType Progress in progress.py, used 1
            NearbyName Docket in docket.py, used 1
        "#]],
    );
}

#[test]
fn a_call_that_is_handed_a_class_is_guessed_to_give_one() {
    check(
        "//- /widgets.py
class Tree:
    def set_json(self, value): ...
//- /view.py
from widgets import Tree
class View(App):
    def show(self):
        tree_widget = self.query_one(\"#tree\", Tree)
        tree_widget.$0
",
        expect![[r#"
            tree_widget. [Tree]: set_json
            ReceiverType Tree in widgets.py, used 1
            SelfType View in view.py, used 1
        "#]],
    );
}

#[test]
fn unions_optionals_and_quoted_annotations() {
    check(
        "//- /entry.py
from dataclasses import dataclass
@dataclass
class Entry:
    value: dict
    ttl: float | None = None
    @property
    def expired(self) -> bool: ...
//- /store.py
from entry import Entry
def get(store) -> float:
    entry: \"Entry | None\" = store.load()
    return entry.$0
",
        expect![[r#"
            entry. [Entry] complete: value ttl expired
            ReceiverType Entry in entry.py, used 1
            NearbyName get in store.py, used 1
        "#]],
    );
}

#[test]
fn a_name_that_is_imported_and_not_used_comes_before_those_that_are() {
    check(
        "//- /pkg/__init__.py
from .utils import import_string as import_string, other
//- /pkg/utils.py
def import_string(path: str) -> object: ...
def other(): ...
//- /pkg/worker.py
class Worker: ...
//- /cli.py
from typing import cast
from pkg import import_string, other
from pkg.worker import Worker
def run(path: str):
    other()
    worker = cast(Worker, $0
",
        expect![[r#"
            UnusedImport import_string in utils.py, used 0
            NearbyName Worker in worker.py, used 1
            NearbyName other in utils.py, used 1
            NearbyName run in cli.py, used 1
        "#]],
    );
}

#[test]
fn what_is_called_at_the_cursor_and_typed_parameters_beside_it() {
    check_all(
        "//- /keys.py
def get_leader_commands(menu: str = \"leader\") -> list[str]: ...
class InputContext:
    leader_menu: str
    leader_pending: bool
//- /router.py
from keys import InputContext, get_leader_commands
def resolve(ctx: InputContext, key: str):
    if ctx.leader_pending:
        for command in get_leader_commands($0
            pass
",
        expect![[r#"
            ctx. [InputContext] complete: leader_menu leader_pending
            Callee get_leader_commands in keys.py, used 1
            EnclosingSignature InputContext in keys.py, used 1
            NearbyName resolve in router.py, used 1
        "#]],
    );
}

#[test]
fn a_constructor_is_the_callee_of_a_class() {
    check(
        "//- /errors.py
class StoreError(Exception):
    def __init__(self, operation: str, key: str) -> None: ...
//- /store.py
from errors import StoreError
def fail():
    raise StoreError($0
",
        expect![[r#"
            Callee __init__ in errors.py, used 0
            Callee StoreError in errors.py, used 1
            NearbyName fail in store.py, used 1
        "#]],
    );
}

#[test]
fn inherited_members_and_when_they_are_all() {
    check(
        "//- /base.py
from abc import ABC
class Base(ABC):
    def __init__(self): self._stack = []
    def close(self): ...
//- /store.py
from base import Base
class Store(Base):
    size: int = 0
    def put(self):
        self.$0
",
        expect![[r#"
            self. [Store] complete: size put _stack close
            ReceiverType Store in store.py, used 1
            BaseOrTrait Base in base.py, used 1
        "#]],
    );
}

#[test]
fn a_base_that_is_not_found_or_getattr_leaves_the_list_open() {
    check(
        "//- /store.py
from nowhere import Base
class Store(Base):
    def put(self):
        self.$0
",
        expect![[r#"
            self. [Store]: put
            ReceiverType Store in store.py, used 1
        "#]],
    );
    check(
        "//- /store.py
class Store:
    def __getattr__(self, name): ...
    def put(self):
        self.$0
",
        expect![[r#"
            self. [Store]: put
            ReceiverType Store in store.py, used 1
        "#]],
    );
}

#[test]
fn an_enums_values_and_a_module_as_receiver() {
    check(
        "//- /state.py
from enum import Enum
class State(Enum):
    COMPLETED = \"completed\"
    FAILED = \"failed\"
    def is_final(self) -> bool: ...
//- /run.py
from state import State
mark(State.$0, publish=False)
",
        expect![[r#"
            State. [State] complete: COMPLETED FAILED is_final value name
            ReceiverType State in state.py, used 1
        "#]],
    );
    check(
        "//- /pkg/__init__.py
//- /pkg/type_util.py
def is_literal(t): ...
def _hidden(): ...
LIMIT = 3
//- /pkg/parsers.py
from pkg import type_util as tu
def parse(t):
    if tu.$0
        return 1
",
        expect![[r#"
            tu. []: is_literal LIMIT
            NearbyName parse in parsers.py, used 1
        "#]],
    );
}

#[test]
fn a_partial_name_belongs_to_the_receiver_before_it() {
    check(
        "//- /a.py
class A:
    def __init__(self):
        self._portainer = 1
        self.other = 2
    def run(self):
        self._port$0
",
        expect![[r#"
            self. [A] complete: _portainer other run
            ReceiverType A in a.py, used 1
        "#]],
    );
}

#[test]
fn elements_of_lists_dictionaries_and_comprehensions() {
    check(
        "//- /a.py
class Item:
    name: str
class Shelf:
    items: dict[int, list[Item]]
    def names(self):
        return [item.$0 for values in self.items.values() for item in values]
",
        expect![[r#"
            item. [Item] complete: name
            ReceiverType Item in a.py, used 2
            SelfType Shelf in a.py, used 1
        "#]],
    );
}

#[test]
fn unannotated_results_are_read_from_what_is_returned() {
    check(
        "//- /config.py
class Config:
    help_formatter: int
_config = None
def get_config():
    global _config
    if _config is None:
        return Config()
    return Config()
//- /main.py
from config import get_config
get_config().$0
",
        expect![[r#"
            get_config(). [Config] complete: help_formatter
            ReceiverType Config in config.py, used 0
            NearbyName get_config in config.py, used 1
        "#]],
    );
}

#[test]
fn inside_an_f_string_only_the_field_counts() {
    check(
        "//- /a.py
class A:
    def __init__(self): self.label = 1
    def text(self): return f\"{self.label} and {self.$0
",
        expect![[r#"
            self. [A] complete: label text
            ReceiverType A in a.py, used 1
        "#]],
    );
    check(
        "//- /a.py
class A:
    def __init__(self): self.label = 1
    def text(self): return \"self.$0
",
        expect![[r#"
            SelfType A in a.py, used 1
        "#]],
    );
}

#[test]
fn a_declared_type_is_what_is_expected() {
    check(
        "//- /model.py
class ExecutionProgress: ...
//- /run.py
from model import ExecutionProgress
class Run:
    def __init__(self):
        self.progress: ExecutionProgress = $0
",
        expect![[r#"
            ExpectedType ExecutionProgress in model.py, used 1
            SelfType Run in run.py, used 1
        "#]],
    );
}

#[test]
fn an_unknown_name_gives_nothing() {
    check(
        "//- /a.py
def run(thing):
    thing.$0
",
        expect![[r#"
            NearbyName run in a.py, used 1
        "#]],
    );
}

#[test]
fn a_shadowed_import_is_not_that_import() {
    check(
        "//- /b.py
class Client:
    def get(self): ...
client = Client()
//- /a.py
from b import client
def run(client):
    client.$0
",
        expect![[r#"
            NearbyName run in a.py, used 1
        "#]],
    );
}

#[test]
fn re_exports_and_inheritance_in_a_circle_end() {
    check(
        "//- /a/__init__.py
from b import thing
from a import thing
//- /b/__init__.py
from a import thing
from b import *
class Loop(Loop): ...
class One(Two): ...
class Two(One):
    def two(self): ...
//- /c.py
from a import thing
from b import One, Loop
def run(one: One):
    thing.x
    Loop().y
    one.$0
",
        expect![[r#"
            one. [One] complete: two
            ReceiverType One in __init__.py, used 1
            NearbyName Loop in __init__.py, used 1
            NearbyName run in c.py, used 1
        "#]],
    );
}

#[test]
fn attributes_set_together_and_by_with() {
    check(
        "//- /a.py
class Header:
    def __init__(self, data):
        (self.flags, self.size) = unpack(data)
        self.first, rest = data
        with open(data) as self.file:
            pass
        call(self.never, other=1)
    def show(self):
        self.$0
",
        expect![[r#"
            self. [Header] complete: flags size first file show
            ReceiverType Header in a.py, used 1
        "#]],
    );
}

#[test]
fn a_mixin_may_have_what_stands_beside_it() {
    check_all(
        "//- /host.py
from typing import Protocol
class Host(Protocol):
    def notify(self, text: str) -> None: ...
//- /mixin.py
from host import Host
class Moves:
    step = 1
    def move(self: Host) -> None:
        self.$0
class App(Moves, Other): ...
",
        expect![[r#"
            self. [Host Moves]: notify step move
            ReceiverType Host in host.py, used 1
            ReceiverType Moves in mixin.py, used 2
            NearbyName App in mixin.py, used 1
        "#]],
    );
}
