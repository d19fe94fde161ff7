//! What the names at a cursor mean, well enough to help a model, and without a language server: the type before the dot
//! and its members, the function that is being called, what was imported and not yet used, the types around.
//!
//! Names are followed through imports, re-exports and bases; types through annotations, constructors and the results of
//! methods. The code at a cursor is mostly broken, so what stands there is read by tokens, not by a tree. It must not
//! decide what a model sees, and nothing here fails: what is not understood is left out.

mod collections;
mod curly;
mod current;
mod ecmascript;
mod go;
mod holders;
mod infer;
mod java;
mod last;
mod lexer;
mod lexical;
mod listing;
mod locals;
mod members;
mod names;
mod python;
mod python_blocks;
mod python_modules;
mod rust;
mod rust_modules;
mod scope;
mod source;
mod targets;
#[cfg(test)]
mod tests;
mod tokens;
mod types;
mod values;
mod world;
mod written;

use std::fmt;
use std::sync::Arc;

use documents::Snapshot;
use index::{Found, Index};

/// What is known of a cursor's surroundings.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// Definitions that what comes next may use, best first, each once.
    pub targets: Vec<Target>,
    /// Expressions of a known type and what can follow them; those at the cursor first.
    pub receivers: Vec<Receiver>,
}

/// A definition that what comes next may use.
#[derive(Clone, Debug)]
pub struct Target {
    /// The definition.
    pub found: Found,
    /// Why it may be used.
    pub reason: Reason,
    /// How often the file's text already mentions its name, outside imports.
    pub uses_in_file: u32,
}

/// Why a definition may be used at a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It is the type of the expression before the cursor's dot.
    ReceiverType,
    /// The cursor is in the brackets of its call.
    Callee,
    /// It is what has to stand here by the declared type.
    ExpectedType,
    /// It is imported and not used yet.
    UnusedImport,
    /// The signature of the function around the cursor names it.
    EnclosingSignature,
    /// A local of the function around the cursor has this type.
    LocalType,
    /// The class around the cursor extends or implements it.
    BaseOrTrait,
    /// It is the class around the cursor.
    SelfType,
    /// A line near the cursor names it.
    NearbyName,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReceiverType => "the type of what is before the cursor",
            Self::Callee => "what is called at the cursor",
            Self::ExpectedType => "the type that is expected at the cursor",
            Self::UnusedImport => "imported and not used yet",
            Self::EnclosingSignature => "named by the signature around the cursor",
            Self::LocalType => "the type of a local variable",
            Self::BaseOrTrait => "extended or implemented here",
            Self::SelfType => "the type around the cursor",
            Self::NearbyName => "named near the cursor",
        })
    }
}

/// An expression and what can follow it.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The expression as it is written, such as `self._client`.
    pub text: String,
    /// What stands, or would stand, between it and a member: `.` or `::` or `?.`.
    pub separator: &'static str,
    /// Whether the cursor is right behind it, perhaps with the beginning of a member's name between them.
    pub at_cursor: bool,
    /// The definitions of its types; empty when only the names of its members are known.
    pub types: Vec<Found>,
    /// What can follow, nearest first, each name once.
    pub members: Vec<Member>,
    /// Whether nothing else can follow, but for Python's names with two underscores on both sides: every base was found,
    /// and no method answers to unknown names.
    pub complete: bool,
}

/// One thing that can follow a receiver.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its definition; none for an attribute that only a method sets.
    pub found: Option<Found>,
}

/// Looks at the names around `cursor`, a byte offset (clamped). Finishes the snapshot's syntax tree and reads files that
/// were not read before, so it is for a thread that may block. Nothing for a text without a path or a language.
pub fn resolve(snapshot: &Snapshot, cursor: usize, index: &Index) -> Resolution {
    let cursor = snapshot.text.floor_char_boundary(cursor);
    let Some((source, site)) = current::read(snapshot, cursor, index) else { return Resolution::default() };
    let world = world::World::new(index, Arc::clone(&source));
    targets::resolution(&world, cursor, &site)
}
