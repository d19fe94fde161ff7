//! `@repo`: a map of the workspace by its definitions, those first that the rest rests on. Files are ranked as PageRank ranks pages (Page
//! and others, 1999): a file that uses a name gives a part of its own weight to the files that define it.

use std::fmt::Write as _;
use std::sync::Arc;

use index::{FileEntry, Index};
use rustc_hash::FxHashMap;
use syntax::DefinitionKind;

use crate::mentions::error::MentionError;
use crate::mentions::files::relative;
use crate::mentions::folder::outline_depth;
use crate::mentions::resolved::{Resolved, Worth, counted, plain, say_cut};
use crate::mentions::world::World;

/// The map's length in bytes.
const MOST_BYTES: usize = 16 * 1024;
/// Definitions shown of one file.
const MOST_OF_FILE: usize = 12;
/// Names that are looked at.
const MOST_NAMES: usize = 40_000;
/// A name that more files define tells nothing of who means whom.
const MOST_DEFINING: usize = 4;
/// Shorter names are as a rule no definitions of note.
const LEAST_LETTERS: usize = 3;
/// How much of a file's weight goes along its uses; the usual factor.
const DAMPING: f64 = 0.85;
/// After so many rounds the order no longer changes.
const ROUNDS: usize = 20;

/// Makes the map.
pub(crate) fn resolve(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let nothing = |what| MentionError::Nothing { mention: typed.to_owned(), what };
    let Some(index) = &world.index else {
        return Err(nothing("the workspace has no index, which the map is made from. Use @tree"));
    };
    let mut files = index.files();
    // The index leaves out what patterns exclude and secrets, but has open documents from elsewhere.
    files.retain(|file| relative(&world.roots, &file.path).is_some());
    files.sort_by(|one, other| one.path.cmp(&other.path));
    if files.is_empty() {
        return Err(nothing(if index.is_ready() {
            "the index has no file in a language that Weft knows. Use @tree"
        } else {
            "the workspace is still being indexed. Try again in a moment, or use @tree"
        }));
    }
    let graph = graph(index, &files);
    let ranks = ranks(files.len(), &graph.edges);
    let mut order: Vec<usize> = (0..files.len()).collect();
    let rank = |at: &usize| ranks.get(*at).copied().unwrap_or(0.0);
    order.sort_by(|one, other| rank(other).total_cmp(&rank(one)).then(one.cmp(other)));
    let (mut text, mut shown) = (String::new(), 0);
    for at in order {
        let Some(file) = files.get(at) else { continue };
        let section = section(file, at, &graph, &ranks);
        if text.len() + section.len() > MOST_BYTES {
            break;
        }
        text.push_str(&section);
        shown += 1;
    }
    let title = format!("a map of the workspace, {}", counted(files.len(), "file"));
    let mut resolved = plain(typed, &title, "", text.trim_end().to_owned(), String::new());
    resolved.worth = Worth::Found;
    if shown < files.len() {
        let what = format!(
            "{} of {} files, those that the others use least, were left out",
            files.len() - shown,
            files.len()
        );
        say_cut(&mut resolved.attachment, &what);
    }
    if graph.names_left_out {
        say_cut(&mut resolved.attachment, "the order rests on a part of the names");
    }
    if !index.is_ready() {
        say_cut(&mut resolved.attachment, "the workspace is still being indexed");
    }
    Ok(vec![resolved])
}

/// Who uses whom.
struct Graph {
    /// From a file that uses names to one that defines them, with how many.
    edges: FxHashMap<(usize, usize), f64>,
    /// The files that use a definition, by its file and its index there.
    users: FxHashMap<(usize, usize), Vec<usize>>,
    names_left_out: bool,
}

fn graph(index: &Index, files: &[Arc<FileEntry>]) -> Graph {
    let numbers: FxHashMap<&std::path::Path, usize> =
        files.iter().enumerate().map(|(at, file)| (file.path.as_path(), at)).collect();
    let mut defined: FxHashMap<&str, Vec<(usize, usize)>> = FxHashMap::default();
    for (at, file) in files.iter().enumerate() {
        for (number, symbol) in file.symbols.iter().enumerate() {
            let counts = symbol.kind != DefinitionKind::Impl
                && symbol.name.len() >= LEAST_LETTERS
                && !symbol.name.starts_with("__")
                && outline_depth(file, symbol).is_some();
            if counts {
                defined.entry(&symbol.name).or_default().push((at, number));
            }
        }
    }
    let mut names: Vec<(&str, Vec<(usize, usize)>)> = defined.into_iter().collect();
    names.retain(|(_, places)| places.len() <= MOST_DEFINING);
    names.sort_unstable();
    let names_left_out = names.len() > MOST_NAMES;
    let mut graph = Graph { edges: FxHashMap::default(), users: FxHashMap::default(), names_left_out };
    for (name, places) in names.into_iter().take(MOST_NAMES) {
        let users = index.files_referencing(name);
        let users: Vec<usize> =
            users.iter().filter_map(|file| numbers.get(file.path.as_path()).copied()).collect();
        for (file, number) in &places {
            let others: Vec<usize> = users.iter().copied().filter(|user| user != file).collect();
            for user in &others {
                #[allow(clippy::cast_precision_loss)] // At most a handful.
                let share = 1.0 / places.len() as f64;
                *graph.edges.entry((*user, *file)).or_default() += share;
            }
            if !others.is_empty() {
                graph.users.insert((*file, *number), others);
            }
        }
    }
    graph
}

fn ranks(count: usize, edges: &FxHashMap<(usize, usize), f64>) -> Vec<f64> {
    let mut sorted: Vec<(usize, usize, f64)> =
        edges.iter().map(|((from, to), weight)| (*from, *to, *weight)).collect();
    // Sums in another order would differ in their last digits.
    sorted.sort_by_key(|(from, to, _)| (*from, *to));
    let mut out = vec![0.0; count];
    for (from, _, weight) in &sorted {
        if let Some(sum) = out.get_mut(*from) {
            *sum += weight;
        }
    }
    #[allow(clippy::cast_precision_loss)] // Only shares are needed.
    let even = 1.0 / count.max(1) as f64;
    let mut ranks = vec![even; count];
    for _ in 0..ROUNDS {
        let mut next = vec![(1.0 - DAMPING) * even; count];
        for (from, to, weight) in &sorted {
            let (Some(rank), Some(sum)) = (ranks.get(*from), out.get(*from)) else { continue };
            if let Some(next) = next.get_mut(*to) {
                *next += DAMPING * rank * weight / sum;
            }
        }
        // What uses nothing gives its weight to all.
        let lost = (1.0 - next.iter().sum::<f64>()) * even;
        next.iter_mut().for_each(|rank| *rank += lost);
        ranks = next;
    }
    ranks
}

/// A file with its most used definitions, in the order of the text.
fn section(file: &FileEntry, at: usize, graph: &Graph, ranks: &[f64]) -> String {
    let score = |number: usize| {
        let users = graph.users.get(&(at, number)).map_or(&[][..], Vec::as_slice);
        users.iter().filter_map(|user| ranks.get(*user)).sum::<f64>()
    };
    let symbols = file.symbols.iter().enumerate();
    let mut shown: Vec<(usize, usize, f64)> = symbols
        .filter_map(|(number, symbol)| Some((number, outline_depth(file, symbol)?, score(number))))
        .collect();
    let all = shown.len();
    shown.sort_by(|one, other| {
        (other.2.total_cmp(&one.2)).then(one.1.cmp(&other.1)).then(one.0.cmp(&other.0))
    });
    shown.truncate(MOST_OF_FILE);
    shown.sort_unstable_by_key(|(number, ..)| *number);
    let mut users: Vec<usize> = graph
        .users
        .iter()
        .filter(|((file, _), _)| *file == at)
        .flat_map(|(_, users)| users.iter().copied())
        .collect();
    users.sort_unstable();
    users.dedup();
    let used =
        if users.is_empty() { String::new() } else { format!(" (used by {})", counted(users.len(), "file")) };
    let mut out = format!("{}{used}\n", file.relative);
    for (number, depth, _) in &shown {
        let Some(symbol) = file.symbols.get(*number) else { continue };
        let head = symbol.signature.trim_end_matches([' ', '{', ':']);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:>5}  {}{head}", symbol.lines.start + 1, "    ".repeat(*depth));
    }
    if all > shown.len() {
        let _ = writeln!(out, "       … {} more", all - shown.len());
    }
    out
}
