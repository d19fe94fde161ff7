//! What can follow an `@` that is being typed. It must not read a file's content: it works from the index and the list of files.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use index::{FileEntry, Symbol};
use nucleo_matcher::Config;
use syntax::DefinitionKind;

use crate::mentions::files::{Listing, relative};
use crate::mentions::kind::KEYWORDS;
use crate::mentions::parse::quoted;
use crate::mentions::suggest::Ranker;
use crate::mentions::world::World;

/// Something to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What stands behind the `@` when it is chosen; it replaces all that was typed there.
    pub insert: String,
    /// What is shown.
    pub label: String,
    /// What it is, in a few words.
    pub detail: String,
    /// What kind of thing it is.
    pub kind: CandidateKind,
}

/// Kinds of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// A word of Weft's, such as `diff`. One that ends with `:` wants something behind it.
    Keyword,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A definition.
    Symbol(DefinitionKind),
}

/// A file or a folder before a definition that fits as well.
const PATH_BONUS: u32 = 40;
/// An open file before another one.
const OPEN_BONUS: u32 = 40;
/// A name that begins with what was typed before one that only has its letters.
const BEGINS_BONUS: u32 = 60;
/// So many symbols are ranked: some milliseconds. Of more those that begin with what was typed; the next letter leaves fewer.
const MOST_RANKED: usize = 8_000;
/// Symbols are looked at from so many letters on.
const LEAST_FOR_SYMBOLS: usize = 2;

/// The candidates for what was typed behind `@` (see [`crate::mentions::typed_at`]), best first: words of Weft's, then files (open ones first), folders and
/// symbols by how well they fit. Reads the names of files from the disk when [`World::files`] does not have them yet.
pub fn complete(typed: &str, world: &World, limit: usize) -> Vec<Candidate> {
    let (only_symbols, typed) = match typed.strip_prefix("symbol:") {
        Some(rest) => (true, rest),
        None => (false, typed),
    };
    let is_quoted = typed.starts_with('"');
    let typed = typed.trim_start_matches('"');
    if typed.starts_with("search:")
        || typed.starts_with("url:")
        || typed.starts_with("http") && typed.contains(':')
    {
        return Vec::new();
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    if !only_symbols && !is_quoted {
        candidates.extend(keywords(typed));
    }
    let listing = world.files.listing(&world.roots);
    let entries = world.index.as_ref().map(|index| index.files()).unwrap_or_default();
    let folders = if only_symbols { Vec::new() } else { folders(&listing) };
    let mut found: Vec<Found<'_>> = Vec::new();
    if !only_symbols {
        found.extend(fitting_files(typed, world, &listing));
        found.extend(fitting_folders(typed, &folders));
    }
    if !is_quoted && typed.chars().count() >= LEAST_FOR_SYMBOLS {
        fitting_symbols(typed, &entries, &mut found);
    }
    // Of thousands that fit, only those that are shown are put in order and written out.
    if found.len() > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, Found::compare);
        found.truncate(limit);
    }
    found.sort_unstable_by(Found::compare);
    candidates.extend(found.iter().map(|one| one.candidate(only_symbols)));
    candidates.dedup();
    candidates.truncate(limit);
    candidates
}

/// Something that fits, not yet written out.
struct Found<'a> {
    score: u32,
    what: What<'a>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum What<'a> {
    OpenFile(&'a str),
    File(&'a str),
    Folder(&'a str),
    /// A path of a file and the number of a definition there come last.
    Symbol(&'a str, &'a str, usize, ByEntry<'a>),
}

/// A file of the index; all are equal, so that they decide no order.
struct ByEntry<'a>(&'a FileEntry);

impl Found<'_> {
    /// The better one first; of equals the shorter one.
    fn compare(&self, other: &Self) -> Ordering {
        let by_score = other.score.cmp(&self.score);
        by_score
            .then_with(|| self.name().len().cmp(&other.name().len()))
            .then_with(|| self.what.cmp(&other.what))
    }

    fn name(&self) -> &str {
        match self.what {
            What::OpenFile(name) | What::File(name) | What::Folder(name) | What::Symbol(name, ..) => name,
        }
    }

    fn candidate(&self, prefixed: bool) -> Candidate {
        let path = |path: &str, detail: &str, kind| Candidate {
            insert: quoted(path),
            label: path.to_owned(),
            detail: detail.to_owned(),
            kind,
        };
        match &self.what {
            What::OpenFile(name) => path(name, "open file", CandidateKind::File),
            What::File(name) => path(name, "file", CandidateKind::File),
            What::Folder(name) => path(name, "folder", CandidateKind::Folder),
            What::Symbol(name, file, at, ByEntry(entry)) => {
                let symbol = entry.symbols.get(*at);
                let label =
                    symbol.map_or_else(|| (*name).to_owned(), |symbol| qualified(entry, symbol).into_owned());
                let kind = symbol.map_or(DefinitionKind::Variable, |symbol| symbol.kind);
                let insert = if prefixed { format!("symbol:{label}") } else { label.clone() };
                let detail = format!("{} in {file}", kind_name(kind));
                Candidate { insert, label, detail, kind: CandidateKind::Symbol(kind) }
            }
        }
    }
}

impl PartialEq for ByEntry<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ByEntry<'_> {}

impl PartialOrd for ByEntry<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByEntry<'_> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

fn keywords(typed: &str) -> impl Iterator<Item = Candidate> {
    let fitting = KEYWORDS.iter().filter(move |(word, _)| word.starts_with(typed));
    let staged = "diff:staged".starts_with(typed) && typed.starts_with("diff:");
    let staged = staged.then_some(&("diff:staged", "what is staged"));
    fitting.chain(staged).map(|(word, detail)| Candidate {
        insert: (*word).to_owned(),
        label: (*word).to_owned(),
        detail: (*detail).to_owned(),
        kind: CandidateKind::Keyword,
    })
}

fn fitting_files<'a>(typed: &str, world: &World, listing: &'a Listing) -> Vec<Found<'a>> {
    let open: BTreeSet<String> =
        world.open.iter().filter_map(|document| relative(&world.roots, document.path.as_deref()?)).collect();
    let mut ranker = Ranker::new(typed, Config::DEFAULT.match_paths());
    let fitting = listing.files.iter().filter_map(|file| {
        let score = scored(&mut ranker, typed, &file.relative)?;
        Some(if open.contains(&file.relative) {
            Found { score: score + OPEN_BONUS, what: What::OpenFile(&file.relative) }
        } else {
            Found { score, what: What::File(&file.relative) }
        })
    });
    fitting.collect()
}

fn fitting_folders<'a>(typed: &str, folders: &'a [String]) -> Vec<Found<'a>> {
    let mut ranker = Ranker::new(typed, Config::DEFAULT.match_paths());
    let fitting = folders.iter().filter_map(|folder| {
        Some(Found { score: scored(&mut ranker, typed, folder)?, what: What::Folder(folder) })
    });
    fitting.collect()
}

/// The folders that have files, each with a `/` at its end.
fn folders(listing: &Listing) -> Vec<String> {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    let mut last = "";
    for file in &listing.files {
        let Some((mut folder, _)) = file.relative.rsplit_once('/') else { continue };
        if folder == last {
            continue;
        }
        last = folder;
        while folders.insert(folder) {
            let Some((outer, _)) = folder.rsplit_once('/') else { break };
            folder = outer;
        }
    }
    folders.into_iter().map(|folder| format!("{folder}/")).collect()
}

/// How well a path fits; more when its last part begins with what was typed.
fn scored(ranker: &mut Ranker, typed: &str, path: &str) -> Option<u32> {
    if !has_letters(path, typed) {
        return None;
    }
    let score = ranker.score(path)?;
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    Some(score + PATH_BONUS + if begins(name, typed) { BEGINS_BONUS } else { 0 })
}

fn fitting_symbols<'a>(typed: &str, entries: &'a [Arc<FileEntry>], found: &mut Vec<Found<'a>>) {
    use DefinitionKind::{Field, Impl, Variable};
    let is_path = typed.contains(['.', ':']);
    let name_of = |entry: &FileEntry, symbol: &'a Symbol| {
        if is_path { qualified(entry, symbol) } else { Cow::Borrowed(symbol.name.as_str()) }
    };
    let named = |symbol: &Symbol| !matches!(symbol.kind, Impl | Field | Variable);
    let all = entries
        .iter()
        .flat_map(|entry| entry.symbols.iter().enumerate().map(move |(at, it)| (entry, at, it)));
    // What a path begins with may stand in the name of the type.
    let last = typed.rsplit(['.', ':']).next().unwrap_or(typed);
    let mut fitting: Vec<(&Arc<FileEntry>, usize, &Symbol)> =
        all.filter(|(_, _, symbol)| named(symbol) && has_letters(&symbol.name, last)).collect();
    if fitting.len() > MOST_RANKED {
        fitting.sort_by_key(|(_, _, symbol)| !begins(&symbol.name, last));
        fitting.truncate(MOST_RANKED);
    }
    let mut ranker = Ranker::new(typed, Config::DEFAULT);
    for (entry, at, symbol) in fitting {
        let name = name_of(entry, symbol);
        let Some(score) = ranker.score(&name) else { continue };
        let score = score + if begins(&name, typed) { BEGINS_BONUS } else { 0 };
        found.push(Found { score, what: What::Symbol(&symbol.name, &entry.relative, at, ByEntry(entry)) });
    }
}

fn qualified<'a>(entry: &FileEntry, symbol: &'a Symbol) -> Cow<'a, str> {
    let parent = symbol.parent.and_then(|at| entry.symbols.get(at as usize));
    parent.map_or(Cow::Borrowed(symbol.name.as_str()), |parent| {
        Cow::Owned(format!("{}.{}", parent.name, symbol.name))
    })
}

fn begins(name: &str, typed: &str) -> bool {
    !typed.is_empty() && name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// Whether the letters of one stand in the other in their order: a quick no for most names.
fn has_letters(name: &str, typed: &str) -> bool {
    let mut rest = name.as_bytes();
    let mut letters = typed.bytes().filter(|byte| *byte != b' ');
    !typed.is_ascii()
        || letters.all(|byte| {
            let found = memchr::memchr2(byte.to_ascii_lowercase(), byte.to_ascii_uppercase(), rest);
            rest = found.and_then(|at| rest.get(at + 1..)).unwrap_or_default();
            found.is_some()
        })
}

fn kind_name(kind: DefinitionKind) -> &'static str {
    use DefinitionKind as Kind;
    match kind {
        Kind::Function => "function",
        Kind::Method => "method",
        Kind::Class => "class",
        Kind::Struct => "struct",
        Kind::Enum => "enum",
        Kind::Variant => "variant",
        Kind::Trait => "trait",
        Kind::Impl => "impl",
        Kind::Constant => "constant",
        Kind::Variable => "variable",
        Kind::Type => "type",
        Kind::Module => "module",
        Kind::Field => "field",
        Kind::Macro => "macro",
    }
}
