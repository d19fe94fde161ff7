//! From what names at the cursor lead to, to excerpts: each definition as short as it can be, and only where the file does
//! not already teach its use. It must not resolve names: that is `resolve`'s part.

use std::collections::HashSet;
use std::path::Path;

use index::{Found, Symbol};
use syntax::DefinitionKind;

use crate::excerpt::{Excerpt, Source};
use crate::resolve::{Reason, Receiver, Resolution, Target};
use crate::skeleton::skeleton;

/// Definitions that are looked at; resolution gives the best first.
const MOST: usize = 12;

/// The excerpts of a resolution's targets and of the types of the receiver at the cursor.
pub(crate) fn excerpts(resolution: &Resolution, here: &Path, words: &HashSet<String>) -> Vec<Excerpt> {
    let at_cursor = resolution.receivers.iter().filter(|receiver| receiver.at_cursor);
    // What stands in this very file the model either sees or the similar code brings.
    let elsewhere = |found: &Found| found.file.path != here;
    let receivers = at_cursor.flat_map(|receiver| of_receiver(receiver, &elsewhere, words));
    let targets = resolution.targets.iter().filter(|target| elsewhere(&target.found));
    let targets = targets.take(MOST).filter_map(|target| of_target(target, words));
    let mut excerpts: Vec<Excerpt> = receivers.chain(targets).collect();
    excerpts.dedup_by(|one, other| one.path == other.path && one.lines == other.lines);
    excerpts
}

/// The type before the cursor's dot with its members.
fn of_receiver(
    receiver: &Receiver,
    elsewhere: &dyn Fn(&Found) -> bool,
    words: &HashSet<String>,
) -> Vec<Excerpt> {
    let members: Vec<Found> = receiver.members.iter().filter_map(|member| member.found.clone()).collect();
    let one = |found: &Found| {
        // Inherited members are shown with the type that has them here: they are called on it.
        let text = skeleton(found, &members, words)?;
        let reason = format!("the type of `{}` before the cursor", receiver.text);
        excerpt(found, text, reason, score_of(&Reason::ReceiverType))
    };
    receiver.types.iter().filter(|found| elsewhere(found)).take(2).filter_map(one).collect()
}

fn of_target(target: &Target, words: &HashSet<String>) -> Option<Excerpt> {
    // Each use in the file teaches what the definition would; the model copies from there.
    let taught = match target.uses_in_file {
        0 | 1 => 1.0,
        2 => 0.6,
        _ => 0.3,
    };
    definition(&target.found, words, target.reason.to_string(), score_of(&target.reason) * taught)
}

/// A definition with its own members, in its type.
pub(crate) fn definition(
    found: &Found,
    words: &HashSet<String>,
    reason: String,
    score: f32,
) -> Option<Excerpt> {
    let members = found.file.members(found.index);
    let members: Vec<Found> = members.map(|(index, _)| Found { file: found.file.clone(), index }).collect();
    let text = in_its_type(found, skeleton(found, &members, words)?);
    excerpt(found, text, reason, score)
}

/// A method alone reads like a function: the line of its type goes before it, where blocks are shown by indentation.
fn in_its_type(found: &Found, text: String) -> String {
    let parent = found.symbol().and_then(|symbol| found.file.symbols.get(symbol.parent? as usize));
    match parent {
        Some(parent) if found.file.language.indent_blocks() => {
            let head = parent.signature.trim_end_matches([':', ' ']);
            let body: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
            format!("{head}:\n{}", body.join("\n"))
        }
        Some(parent) if parent.kind == DefinitionKind::Impl => {
            format!(
                "{} {{\n    {}\n}}",
                parent.signature.trim_end_matches(['{', ' ']),
                text.replace('\n', "\n    ")
            )
        }
        _ => text,
    }
}

fn score_of(reason: &Reason) -> f32 {
    match reason {
        Reason::ReceiverType => 1.0,
        Reason::UnusedImport => 0.9,
        Reason::ExpectedType => 0.8,
        Reason::BaseOrTrait => 0.7,
        Reason::EnclosingSignature => 0.6,
        Reason::LocalType => 0.5,
        // The file shows how these are used, or they are what every line names.
        Reason::SelfType | Reason::NearbyName => 0.25,
        // Where the cursor is in an argument list, the signature won no case of the measurement and lost two: the model
        // copies the names of the parameters.
        Reason::Callee => 0.25,
    }
}

fn excerpt(found: &Found, text: String, reason: String, score: f32) -> Option<Excerpt> {
    let symbol: &Symbol = found.symbol()?;
    Some(Excerpt {
        path: found.file.relative.clone(),
        lines: symbol.lines.clone(),
        text,
        source: Source::Definitions,
        reason,
        score,
    })
}
