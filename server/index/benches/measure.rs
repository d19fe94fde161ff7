//! Measures the index on a folder: `cargo bench --profile dev -p index -- FOLDER`. Prints how long a scan takes without
//! and with a cache, what memory it needs, and how long queries and edits take. Not a test: nothing depends on the figures.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use index::{FileEntry, Index, Options, SimilarQuery};
use syntax::Tree;
use text::{Edit, Text};

/// Queries of each kind.
const QUERIES: usize = 1000;

fn main() {
    let root =
        PathBuf::from(std::env::args().skip(1).find(|it| it != "--bench").unwrap()).canonicalize().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let options = Options { cache_dir: Some(cache.path().to_owned()), ..Options::default() };
    for label in ["cold", "warm"] {
        let index = Index::new(vec![root.clone()], options.clone());
        let report = index.scan(&AtomicBool::new(false));
        println!("{label} scan: {:.2?}, {report:?}", report.elapsed);
        println!("{label} memory: {}", memory());
        if label == "warm" {
            measure(&index);
        }
    }
    let cached: u64 =
        std::fs::read_dir(cache.path()).unwrap().flatten().map(|it| it.metadata().unwrap().len()).sum();
    println!("cache: {} MiB", cached >> 20);
}

fn measure(index: &Index) {
    let mut files = index.files();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let pick = |at: usize| Arc::clone(&files[at * 7919 % files.len()]);
    let name = |at: usize| {
        let file: Arc<FileEntry> = pick(at);
        file.symbols.get(at * 31 % file.symbols.len().max(1)).map_or("new".to_owned(), |it| it.name.clone())
    };
    let common = ["new", "self", "__init__", "len", "value", "get", "i", "name"];
    timed("definitions_named", |at| _ = index.definitions_named(&name(at)));
    timed("definitions_named, common names", |at| _ = index.definitions_named(common[at % common.len()]));
    timed("files_referencing", |at| _ = index.files_referencing(&name(at)));
    timed("files_referencing, common names", |at| _ = index.files_referencing(common[at % common.len()]));
    timed("subtypes_of", |at| _ = index.subtypes_of(&name(at)));
    timed("modules_named", |at| _ = index.modules_named(&pick(at).module));
    let queries: Vec<(Vec<String>, Arc<FileEntry>, u32)> = (0..QUERIES)
        .map(|at| {
            let file = pick(at);
            let text = Text::new(&index.text_of(&file.path).unwrap());
            let tree = Tree::parse(file.language, &text);
            let line = at * 13 % (file.lines as usize);
            let mut names = Vec::new();
            let range = text.line_start(line)..text.line_end(line + 14);
            tree.visit_identifiers(&text, range, &mut |name, _| names.push(name.to_owned()));
            (names, file, line as u32)
        })
        .collect();
    timed("similar", |at| {
        let (identifiers, file, line) = &queries[at];
        let exclude = Some((file.path.as_path(), line.saturating_sub(60)..line + 60));
        _ = index.similar(&SimilarQuery { identifiers, language: file.language, exclude }, 10);
    });
    let mut typical = files.clone();
    typical.retain(|file| (400..=1200).contains(&file.lines));
    let largest = files.iter().max_by_key(|file| file.lines).unwrap();
    edits("edits of files of 400 to 1200 lines", index, |at| &typical[at * 7919 % typical.len()]);
    edits(&format!("edits of the largest, {} lines", largest.lines), index, |_| largest);
}

fn edits<'a>(label: &str, index: &Index, file: impl Fn(usize) -> &'a Arc<FileEntry>) {
    let mut took = Vec::new();
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    for at in 0..50 {
        let file = file(at);
        let before = Text::new(&index.text_of(&file.path).unwrap());
        let start = before.line_start(file.lines as usize / 2);
        let versions: Vec<(Text, Tree)> = (0..3)
            .map(|turn| {
                let mut text = before.clone();
                let new_text = format!("new_name_{at}_{turn} = other_{at}(value)\n");
                text.apply(&Edit { range: start..start, new_text }).unwrap();
                let tree = Tree::parse(file.language, &text);
                (text, tree)
            })
            .collect();
        took.push(quickest(|turn| {
            index.update(&file.path, file.language, &versions[turn].0, &versions[turn].1)
        }));
        let (text, tree) = &versions[0];
        parts[0].push(quickest(|_| _ = tree.definitions(text)));
        parts[1].push(quickest(|_| _ = tree.imports(text)));
        parts[2].push(quickest(|_| tree.visit_identifiers(text, 0..text.len_bytes(), &mut |_, _| {})));
    }
    print(label, took);
    for (part, took) in ["definitions", "imports", "identifiers"].iter().zip(parts) {
        print(&format!("  of that, {part} by itself"), took);
    }
}

fn timed(label: &str, mut run: impl FnMut(usize)) {
    print(label, (0..QUERIES).map(|at| quickest(|_| run(at))).collect());
}

/// The least of three times, so that what else the machine does is not measured.
fn quickest(mut run: impl FnMut(usize)) -> Duration {
    let times = (0..3).map(|turn| {
        let started = Instant::now();
        run(turn);
        started.elapsed()
    });
    times.min().unwrap()
}

fn print(label: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!("{label}: p50 {:.2?}, p99 {:.2?}, worst {:.2?}", at(0.5), at(0.99), at(1.0));
}

/// The resident memory now and at its highest, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
