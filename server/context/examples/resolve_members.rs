//! How well resolution knows what follows a dot: takes real code, removes one member's name after another, and asks what
//! can stand there. Prints how often the list of members has the name, and every complete list that lacks it, which
//! would forbid the right answer. For whoever changes `resolve`.
//!
//! usage: resolve_members FOLDER [EVERY_NTH]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use context::resolve::resolve;
use documents::{DocumentId, DocumentStore};
use index::{Index, Options};

#[derive(Default)]
struct Row {
    places: u32,
    known: u32,
    listed: u32,
    complete: u32,
    wrong: u32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        return Err("usage: resolve_members FOLDER [EVERY_NTH]".into());
    };
    let every: usize = arguments.next().map_or(Ok(10), |it| it.parse())?;
    let root = std::path::PathBuf::from(folder).canonicalize()?;
    let index = Index::new(vec![root], Options::default());
    index.scan(&AtomicBool::new(false));
    let mut out = std::io::stderr().lock();
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut times: Vec<Duration> = Vec::new();
    let mut number = 0_usize;
    let mut files = index.files();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    for file in files {
        let (Some(text), Some(id)) = (index.text_of(&file.path), DocumentId::from_path(&file.path)) else {
            continue;
        };
        for (at, name) in members(&text) {
            number += 1;
            if !number.is_multiple_of(every) {
                continue;
            }
            let (before, after) = text.split_at(at);
            let holed = format!("{before}{}", after.get(name.len()..).unwrap_or_default());
            let store = DocumentStore::default();
            let language = file.language.id();
            let snapshot = store.open(id.clone(), language, 1, &holed);
            if snapshot.tree().is_none() {
                continue;
            }
            let start = Instant::now();
            let resolution = resolve(&snapshot, at, &index);
            times.push(start.elapsed());
            let row = rows.entry(language).or_default();
            row.places += 1;
            let Some(receiver) = resolution.receivers.iter().find(|it| it.at_cursor) else { continue };
            let listed = receiver.members.iter().any(|member| member.name == name);
            row.known += 1;
            row.listed += u32::from(listed);
            row.complete += u32::from(receiver.complete);
            if !listed {
                let line = before.matches('\n').count() + 1;
                let kind = if receiver.complete { "WRONG" } else { "open" };
                row.wrong += u32::from(receiver.complete);
                writeln!(
                    out,
                    "{kind} {}:{line} {}{}{name}",
                    file.relative, receiver.text, receiver.separator
                )?;
            }
        }
    }
    for (language, row) in rows {
        writeln!(
            out,
            "{language}: {} places, {} with a known receiver, name listed at {}, list complete at {}, of those wrong {}",
            row.places, row.known, row.listed, row.complete, row.wrong
        )?;
    }
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100);
    writeln!(out, "median {:?}, 90 % {:?}, slowest {:?}", at(50), at(90), times.last())?;
    Ok(())
}

/// Every name after a `.` or `::`, with its byte offset; also those in comments, which resolution passes over.
fn members(text: &str) -> Vec<(usize, &str)> {
    let word = |it: char| it.is_alphanumeric() || it == '_';
    text.char_indices()
        .filter(|(at, character)| {
            (*character == '.' || *character == ':') && {
                let head = text.get(..*at).unwrap_or_default();
                if *character == ':' {
                    head.ends_with(':')
                } else {
                    head.ends_with(|it: char| word(it) || ")]?".contains(it))
                }
            }
        })
        .filter_map(|(at, _)| {
            let rest = text.get(at + 1..)?;
            let name = rest.get(..rest.find(|it| !word(it)).unwrap_or(rest.len()))?;
            (!name.is_empty() && !name.starts_with(|it: char| it.is_ascii_digit())).then_some((at + 1, name))
        })
        .collect()
}
