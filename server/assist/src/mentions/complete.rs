//! What can follow an `@` that is being typed. It must not read a file's content: it works from the index and the list of files.

use std::collections::BTreeSet;

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
    let mut ranked: Vec<(u32, u8, Candidate)> = Vec::new();
    if !only_symbols {
        let listing = world.files.listing(&world.roots);
        ranked.extend(files(typed, world, &listing));
        ranked.extend(folders(typed, &listing));
    }
    if !is_quoted && typed.chars().count() >= LEAST_FOR_SYMBOLS {
        ranked.extend(symbols(typed, only_symbols, world));
    }
    ranked.sort_by(|one, other| {
        let order = other.0.cmp(&one.0).then(one.1.cmp(&other.1));
        order.then_with(|| {
            (one.2.label.len(), &one.2.label, &one.2.detail).cmp(&(
                other.2.label.len(),
                &other.2.label,
                &other.2.detail,
            ))
        })
    });
    ranked.dedup_by(|one, other| one.2 == other.2);
    candidates.extend(ranked.into_iter().map(|(_, _, candidate)| candidate));
    candidates.truncate(limit);
    candidates
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

fn files(typed: &str, world: &World, listing: &Listing) -> Vec<(u32, u8, Candidate)> {
    let open: BTreeSet<String> =
        world.open.iter().filter_map(|document| relative(&world.roots, document.path.as_deref()?)).collect();
    let mut ranker = Ranker::new(typed, Config::DEFAULT.match_paths());
    let fitting = listing.files.iter().filter_map(|file| {
        let score = scored(&mut ranker, typed, &file.relative)?;
        let is_open = open.contains(&file.relative);
        Some((score, is_open, &file.relative))
    });
    fitting
        .map(|(score, is_open, path)| {
            let candidate = Candidate {
                insert: quoted(path),
                label: path.clone(),
                detail: if is_open { "open file".to_owned() } else { "file".to_owned() },
                kind: CandidateKind::File,
            };
            (score + if is_open { OPEN_BONUS } else { 0 }, u8::from(!is_open), candidate)
        })
        .collect()
}

fn folders(typed: &str, listing: &Listing) -> Vec<(u32, u8, Candidate)> {
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
    let mut ranker = Ranker::new(typed, Config::DEFAULT.match_paths());
    let paths = folders.into_iter().map(|folder| format!("{folder}/"));
    let fitting = paths.filter_map(|path| Some((scored(&mut ranker, typed, &path)?, path)));
    fitting
        .map(|(score, path)| {
            let (insert, detail) = (quoted(&path), "folder".to_owned());
            (score, 2, Candidate { insert, label: path, detail, kind: CandidateKind::Folder })
        })
        .collect()
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

fn symbols(typed: &str, prefixed: bool, world: &World) -> Vec<(u32, u8, Candidate)> {
    let entries = world.index.as_ref().map(|index| index.files()).unwrap_or_default();
    let is_path = typed.contains(['.', ':']);
    let mut ranker = Ranker::new(typed, Config::DEFAULT);
    let mut found = Vec::new();
    for entry in &entries {
        for symbol in &entry.symbols {
            if matches!(symbol.kind, DefinitionKind::Impl | DefinitionKind::Field | DefinitionKind::Variable)
            {
                continue;
            }
            let name = if is_path { qualified(entry, symbol) } else { symbol.name.clone() };
            if !has_letters(&name, typed) {
                continue;
            }
            let Some(score) = ranker.score(&name) else { continue };
            let score = score + if begins(&name, typed) { BEGINS_BONUS } else { 0 };
            let label = qualified(entry, symbol);
            let insert = if prefixed { format!("symbol:{label}") } else { label.clone() };
            let detail = format!("{} in {}", kind_name(symbol.kind), entry.relative);
            found.push((
                score,
                3,
                Candidate { insert, label, detail, kind: CandidateKind::Symbol(symbol.kind) },
            ));
        }
    }
    found
}

fn qualified(entry: &FileEntry, symbol: &Symbol) -> String {
    let parent = symbol.parent.and_then(|at| entry.symbols.get(at as usize));
    parent.map_or_else(|| symbol.name.clone(), |parent| format!("{}.{}", parent.name, symbol.name))
}

fn begins(name: &str, typed: &str) -> bool {
    !typed.is_empty() && name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// Whether the letters of one stand in the other in their order: a quick no for most names.
fn has_letters(name: &str, typed: &str) -> bool {
    if !typed.is_ascii() {
        return true;
    }
    let mut rest = name.bytes();
    typed
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .all(|wanted| rest.any(|byte| byte.eq_ignore_ascii_case(&wanted)))
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
