//! Rust: paths and `use` trees, fields and methods, patterns, wrappers.

use super::*;

#[test]
fn an_enum_by_its_path_has_variants_and_functions() {
    check(
        "//- /Cargo.toml
[package]
name = \"shop\"
//- /src/lib.rs
mod cart;
mod error;
//- /src/error.rs
pub enum Error { Missing(&'static str), Empty { id: u32 } }
impl Error { pub fn code(&self) -> u32 { 1 } pub(crate) fn from_id(id: u32) -> Self { Self::Empty { id } } }
//- /src/cart.rs
use crate::error::Error;
fn take() -> Result<(), Error> { find().ok_or(Error::$0)?; Ok(()) }
",
        expect![[r#"
            Error:: [Error]: Missing Empty code from_id
            ReceiverType Error in error.rs, used 2
            NearbyName take in cart.rs, used 1
        "#]],
    );
}

#[test]
fn fields_of_elements_of_a_field() {
    check(
        "//- /src/lib.rs
mod profile;
mod report;
//- /src/profile.rs
pub(crate) struct Profile { pub(crate) threads: Vec<Thread> }
pub(crate) struct Thread { pub(crate) samples: Samples, pub(crate) name: String }
pub(crate) struct Samples { pub(crate) stack: Vec<usize>, pub(crate) cpu_delta: Option<Vec<i64>> }
//- /src/report.rs
use crate::profile::*;
fn load(path: &str) -> Result<Profile, Box<dyn std::error::Error>> { todo() }
fn report() {
    let profile = match load(\"x\") {
        Ok(p) => p,
        Err(e) => {
            return;
        }
    };
    for thread in &profile.threads {
        let stack = &thread.samples.stack;
        let deltas = thread.samples.$0
        let weight = 1;
    }
}
",
        expect![[r#"
            thread.samples. [Samples]: stack cpu_delta
            ReceiverType Samples in profile.rs, used 0
            LocalType Thread in profile.rs, used 0
            LocalType Profile in profile.rs, used 1
            NearbyName load in report.rs, used 2
            NearbyName report in report.rs, used 1
        "#]],
    );
}

#[test]
fn a_variant_in_a_match_on_self_and_reborrowed_fields() {
    check(
        "//- /src/lib.rs
mod entry;
mod map;
mod tables;
//- /src/tables.rs
pub(crate) struct Tables { state: u64 }
impl Tables {
    pub(crate) fn state(&self) -> &u64 { &self.state }
    pub(crate) fn make_hash(&self, item: u8) -> u64 { 0 }
}
//- /src/map.rs
use crate::tables::Tables;
pub struct Map<T, S> { pub(super) items: Vec<T>, pub(super) tables: Tables, state: S }
//- /src/entry.rs
use super::map::Map;
pub enum Entry<'a, T, S> { Vacant(VacantEntry<'a, T, S>), Occupied(OccupiedEntry<'a, T, S>) }
pub struct OccupiedEntry<'a, T, S> { map: &'a mut Map<T, S>, index: usize }
pub struct VacantEntry<'a, T, S> { map: &'a mut Map<T, S> }
impl<'a, T, S> Entry<'a, T, S> {
    pub fn and_modify<F>(self, f: F) -> Self where F: FnOnce(&T) {
        match self {
            Entry::Occupied(entry) => {
                {
                    let map = &mut *entry.map;
                    let item = map.items.get_mut(entry.index).expect(\"valid\");
                    let hash = map.tables.$0
                    f(item);
                }
                Entry::Occupied(entry)
            }
            Entry::Vacant(entry) => Entry::Vacant(entry),
        }
    }
}
",
        expect![[r#"
            map.tables. [Tables]: state make_hash
            ReceiverType Tables in tables.rs, used 0
            EnclosingSignature Entry in entry.rs, used 6
            LocalType Map in map.rs, used 2
            LocalType OccupiedEntry in entry.rs, used 2
            NearbyName VacantEntry in entry.rs, used 2
        "#]],
    );
}

#[test]
fn a_trait_object_in_an_option_behind_a_pointer() {
    check(
        "//- /src/lib.rs
pub mod session;
//- /src/session/mod.rs
mod local;
pub mod store;
pub use store::*;
//- /src/session/store.rs
pub trait EventStore: Send {
    fn store_event(&self, id: &str) -> bool;
    fn replay(&self);
}
//- /src/session/local.rs
use super::EventStore;
use std::sync::Arc;
pub struct Local { event_store: Option<Arc<dyn EventStore>>, id: String }
impl Local {
    fn send(&mut self) {
        let event_id = if let Some(event_store) = &self.event_store {
            event_store
                .$0
                .await
        } else {
            None
        };
    }
}
",
        expect![[r#"
            event_store. [EventStore]: store_event replay
            ReceiverType EventStore in store.rs, used 1
            SelfType Local in local.rs, used 2
        "#]],
    );
}

#[test]
fn an_unknown_receiver_whose_method_gives_one_type_everywhere() {
    check(
        "//- /src/lib.rs
mod meta;
mod service;
//- /src/meta.rs
pub struct Meta { pub raw: u8 }
impl Meta { pub fn set_protocol_version(&mut self, version: u8) {} }
pub trait GetMeta { fn get_meta_mut(&mut self) -> &mut Meta; }
pub struct A; pub struct B;
impl GetMeta for A { fn get_meta_mut(&mut self) -> &mut Meta { todo() } }
impl GetMeta for B { fn get_meta_mut(&mut self) -> &mut Meta { todo() } }
//- /src/service.rs
struct Peer<R> { role: R }
impl<R: Role> Peer<R> {
    fn send(&self, mut request: R::Request) {
        if let Some(metadata) = self.role.get() {
            let meta = request.get_meta_mut();
            meta.$0
        }
    }
}
",
        expect![[r#"
            meta. [Meta]: raw set_protocol_version
            ReceiverType Meta in meta.rs, used 0
            SelfType Peer in service.rs, used 2
        "#]],
    );
}

#[test]
fn clones_and_guards_are_seen_through() {
    check(
        "//- /src/lib.rs
mod active;
mod connection;
//- /src/connection.rs
pub struct Connection { id: u8 }
impl Connection {
    pub async fn wait_cleanup(&self) {}
    fn private(&self) {}
    pub fn open() -> Self { Self { id: 1 } }
}
//- /src/active.rs
use std::sync::{Arc, Mutex};
use crate::connection::Connection;
struct Active { connection: Arc<Mutex<Connection>> }
impl Active {
    async fn close(&self) {
        let connection = self.connection.lock().unwrap();
        let cleanup_connection = connection.clone();
        cleanup_connection.$0
    }
}
",
        expect![[r#"
            cleanup_connection. [Connection]: wait_cleanup
            ReceiverType Connection in connection.rs, used 1
            SelfType Active in active.rs, used 2
        "#]],
    );
}

#[test]
fn a_module_path_has_the_modules_public_items() {
    check(
        "//- /src/lib.rs
pub mod futures;
mod report;
//- /src/futures.rs
mod inner;
pub use inner::Late;
pub fn display_source(source: &str) -> String { todo() }
pub(crate) struct Stats;
fn hidden() {}
//- /src/futures/inner.rs
pub struct Late;
//- /src/report.rs
fn label() -> String {
    resolve_label(
        crate::futures::$0
    )
}
",
        expect![[r#"
            crate::futures:: [] complete: display_source Stats Late
            NearbyName label in report.rs, used 1
        "#]],
    );
}

#[test]
fn self_has_fields_own_methods_and_those_of_traits() {
    check(
        "//- /src/lib.rs
mod render;
//- /src/render.rs
pub trait Draw { fn draw(&mut self); fn both(&self) { } }
pub struct Screen { width: u32 }
impl Screen { fn new() -> Self { todo() } fn clear(&mut self) {} }
impl Draw for Screen {
    fn draw(&mut self) { self.$0 }
}
",
        expect![[r#"
            self. [Screen]: width clear draw both
            ReceiverType Screen in render.rs, used 3
            BaseOrTrait Draw in render.rs, used 2
        "#]],
    );
}

#[test]
fn a_trait_object_parameter_and_supertraits() {
    check(
        "//- /src/lib.rs
pub trait Base { fn base(&self); }
pub trait Derived: Base { fn derived(&self); }
fn both<T: Derived>(one: &T, other: &dyn Derived) { one.base(); other.$0 }
",
        expect![[r#"
            other. [Derived]: derived base
            ReceiverType Derived in lib.rs, used 3
            NearbyName both in lib.rs, used 1
            NearbyName Base in lib.rs, used 2
        "#]],
    );
}

#[test]
fn another_crate_of_the_workspace() {
    check(
        "//- /Cargo.toml
[workspace]
members = [\"a-core\", \"b\"]
//- /a-core/Cargo.toml
[package]
name = \"a-core\"
//- /a-core/src/lib.rs
mod pool;
pub use crate::pool::Pool;
//- /a-core/src/pool.rs
pub struct Pool { size: usize }
impl Pool { pub fn connect(&self) {} pub fn with_size(size: usize) -> Pool { Pool { size } } }
//- /b/Cargo.toml
[package]
name = \"b\"
//- /b/src/lib.rs
use a_core::Pool;
fn start() { let pool = Pool::with_size(3); pool.$0 }
",
        expect![[r#"
            pool. [Pool]: connect
            ReceiverType Pool in pool.rs, used 1
            NearbyName start in lib.rs, used 1
        "#]],
    );
}

#[test]
fn deref_target_and_generic_argument() {
    check(
        "//- /src/lib.rs
use std::ops::Deref;
pub struct Inner { pub depth: u8 }
impl Inner { pub fn dive(&self) {} }
pub struct Guard<T> { value: T }
impl<T> Deref for Guard<T> { type Target = Inner; fn deref(&self) -> &Inner { todo() } }
impl<T> Guard<T> { pub fn get_value(&self) -> &T { &self.value } }
fn run(guard: Guard<Inner>) { let inner = guard.get_value(); guard.$0 }
",
        expect![[r#"
            guard. [Guard Inner]: value deref get_value depth dive
            ReceiverType Guard in lib.rs, used 4
            EnclosingSignature Inner in lib.rs, used 5
            NearbyName run in lib.rs, used 1
        "#]],
    );
}

#[test]
fn what_is_called_and_its_result_as_an_argument() {
    check(
        "//- /src/lib.rs
mod shape;
mod show;
//- /src/shape.rs
pub struct Shape;
impl Shape { pub fn show(&self, style: Style) -> Style { style } }
pub struct Style;
//- /src/show.rs
use crate::shape::{Shape, Style};
struct Canvas { shape: Shape }
impl Canvas {
    fn paint(&self) -> Style {
        let style = self.shape.show($0
        style
    }
}
",
        expect![[r#"
            Callee show in shape.rs, used 1
            Callee Shape in shape.rs, used 1
            EnclosingSignature Style in shape.rs, used 1
            SelfType Canvas in show.rs, used 2
        "#]],
    );
}

#[test]
fn types_that_name_themselves_end() {
    check(
        "//- /src/lib.rs
type A = B;
type B = A;
struct Node { next: Option<Box<Node>>, a: A }
impl Node { fn walk(&self) { self.next.as_ref().unwrap().a.x.$0 } }
",
        expect![[r#"
            SelfType Node in lib.rs, used 3
            NearbyName A in lib.rs, used 3
            NearbyName B in lib.rs, used 2
        "#]],
    );
}

#[test]
fn a_shadowing_binding_of_unknown_type_hides_the_type() {
    check(
        "//- /src/lib.rs
struct Known { field: u8 }
fn run(known: Known) { let known = unknown_function(); known.$0 }
",
        expect![[r#"
            EnclosingSignature Known in lib.rs, used 2
            NearbyName run in lib.rs, used 1
        "#]],
    );
}

#[test]
fn iterators_hand_their_elements_to_closures() {
    check(
        "//- /src/lib.rs
struct Item { size: u8 }
struct Shelf { items: Vec<Item> }
impl Shelf { fn total(&self) -> u8 { self.items.iter().map(|item| item.$0).sum() } }
",
        expect![[r#"
            item. [Item]: size
            ReceiverType Item in lib.rs, used 2
            SelfType Shelf in lib.rs, used 2
        "#]],
    );
}
