//! `@tree`: the workspace as a tree of names.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::mentions::error::MentionError;
use crate::mentions::resolved::{Resolved, counted, plain};
use crate::mentions::world::World;

/// Lines of the tree.
const MOST_LINES: usize = 400;

/// A folder: its folders, and the names of its files.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: Vec<String>,
}

/// All files that no pattern excludes, as deep as there is room.
pub(crate) fn resolve(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let listing = world.files.read(&world.roots);
    let paths: Vec<&str> = listing.files.iter().map(|file| file.relative.as_str()).collect();
    if paths.is_empty() {
        let what = "the workspace has no files that Weft may read. Open a folder that has some";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let (text, mut cut) = render(&paths, MOST_LINES);
    if listing.beyond_limit > 0 {
        let more = counted(listing.beyond_limit, "file");
        cut = [cut, format!("{more} beyond the first {} were not looked at", paths.len())].join("; ");
    }
    Ok(vec![plain(typed, "the files of the workspace", "", text, cut.trim_start_matches("; ").to_owned())])
}

/// The paths as a tree of at most so many lines, the deepest folders only counted; and what that left out.
pub(crate) fn render(paths: &[&str], most_lines: usize) -> (String, String) {
    let mut top = Folder::default();
    for path in paths {
        let mut folder = &mut top;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                folder.files.push(part.to_owned());
            } else {
                folder = folder.folders.entry(part.to_owned()).or_default();
            }
        }
    }
    let deepest = paths.iter().map(|path| path.matches('/').count()).max().unwrap_or(0);
    let depth = (0..=deepest).rev().find(|depth| lines(&top, *depth) <= most_lines).unwrap_or(0);
    let mut text = String::new();
    write(&mut text, &top, 0, depth);
    let mut cut = String::new();
    if depth < deepest {
        let below = paths.iter().filter(|path| path.matches('/').count() > depth).count();
        cut = format!("{} in deeper folders were only counted", counted(below, "file"));
    }
    let shown: Vec<&str> = text.lines().collect();
    if shown.len() > most_lines {
        cut = format!("{} of {} were left out", counted(shown.len() - most_lines, "line"), shown.len());
        text = shown.get(..most_lines).unwrap_or_default().join("\n");
    }
    (text.trim_end().to_owned(), cut)
}

fn lines(folder: &Folder, depth: usize) -> usize {
    let below = |folder: &Folder| if depth == 0 { 0 } else { lines(folder, depth - 1) };
    folder.files.len() + folder.folders.values().map(|it| 1 + below(it)).sum::<usize>()
}

fn count(folder: &Folder) -> usize {
    folder.files.len() + folder.folders.values().map(count).sum::<usize>()
}

fn write(out: &mut String, folder: &Folder, level: usize, depth: usize) {
    let indent = "  ".repeat(level);
    for (name, inner) in &folder.folders {
        // Writing to a String cannot fail.
        let _ = if level < depth {
            writeln!(out, "{indent}{name}/")
        } else {
            writeln!(out, "{indent}{name}/ ({})", counted(count(inner), "file"))
        };
        if level < depth {
            write(out, inner, level + 1, depth);
        }
    }
    for name in &folder.files {
        let _ = writeln!(out, "{indent}{name}");
    }
}
