//! Tests of the index over small workspaces in temporary folders.

mod cache;
mod dependencies;
mod places;
mod queries;
mod scans;
mod updates;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use syntax::{Language, Tree};
use tempfile::TempDir;
use text::Text;

use crate::{Found, Index, Options, ScanReport};

/// A folder with files, removed at its end.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        for (path, content) in files {
            workspace.write(path, content);
        }
        workspace
    }

    /// The root, in a folder of its own so that the cache lies outside.
    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    fn write(&self, relative: &str, content: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn options(&self) -> Options {
        Options { cache_dir: Some(self.folder.path().join("cache")), ..Options::default() }
    }

    fn index(&self) -> Index {
        Index::new(vec![self.root()], self.options())
    }

    fn scanned(&self) -> (Index, ScanReport) {
        let index = self.index();
        let report = index.scan(&AtomicBool::new(false));
        (index, report)
    }
}

fn update(index: &Index, path: &Path, content: &str) {
    let language = Language::from_path(path).unwrap();
    let text = Text::new(content);
    index.update(path, language, &text, &Tree::parse(language, &text));
}

/// The relative paths of all files.
fn files(index: &Index) -> Vec<String> {
    let mut files: Vec<String> = index.files().iter().map(|file| file.relative.clone()).collect();
    files.sort_unstable();
    files
}

/// Each as `path:line kind signature`.
fn shown(found: &[Found]) -> String {
    let mut lines: Vec<String> = found
        .iter()
        .map(|found| {
            let symbol = found.symbol().unwrap();
            format!(
                "{}:{} {:?} {}\n",
                found.file.relative,
                symbol.lines.start + 1,
                symbol.kind,
                symbol.signature
            )
        })
        .collect();
    lines.sort_unstable();
    lines.concat()
}

/// Everything that the index answers, in an order that does not depend on how it came to know it.
fn everything(index: &Index) -> String {
    use std::fmt::Write as _;
    let mut entries = index.files();
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    let mut out = String::new();
    let mut names = std::collections::BTreeSet::new();
    for entry in &entries {
        writeln!(out, "{entry:?}").unwrap();
        names.extend(
            entry.symbols.iter().flat_map(|symbol| symbol.bases.iter().chain([&symbol.name])).cloned(),
        );
        names.extend(["value", "total", "print"].map(str::to_owned));
    }
    for name in &names {
        let users: Vec<String> =
            index.files_referencing(name).iter().map(|file| file.relative.clone()).collect();
        writeln!(out, "{name}: {users:?}").unwrap();
        writeln!(out, "{}{}", shown(&index.definitions_named(name)), shown(&index.subtypes_of(name)))
            .unwrap();
    }
    for entry in &entries {
        let modules: Vec<String> =
            index.modules_named(&entry.module).iter().map(|file| file.relative.clone()).collect();
        writeln!(out, "{}: {}", entry.module, modules.len()).unwrap();
        let identifiers: Vec<String> = names.iter().cloned().collect();
        let query =
            crate::SimilarQuery { identifiers: &identifiers, language: entry.language, exclude: None };
        // The order of sums differs, and with it the last digits and what is first among equals.
        let mut similar: Vec<String> = index
            .similar(&query, 1000)
            .iter()
            .map(|it| format!("{} {:?} {:.3}", it.file.relative, it.lines, it.score))
            .collect();
        similar.sort_unstable();
        writeln!(out, "{similar:?}").unwrap();
    }
    out
}
