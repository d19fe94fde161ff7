//! The user's rules for the model: AGENTS.md and CLAUDE.md of the workspace's folders, and `.weft/rules/*.md`. Must not read what lies
//! outside the workspace, also behind a symbolic link, and drops nothing without saying so.
//!
//! AGENTS.md: <https://agents.md>; the nearest one to a file is the last word. The front matter of rules (`globs`, `alwaysApply`,
//! `description`) is that of Cursor and Continue.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use super::front_matter::FrontMatter;

/// The most bytes of one rule file. A small model follows a page of rules at best.
const MOST_BYTES: usize = 8 * 1024;
/// The most bytes of all rules together.
const MOST_BYTES_TOGETHER: usize = 16 * 1024;
/// Less of a rule that does not fit says nothing.
const LEAST_BYTES: usize = 512;
/// Folders between the workspace's root and a file that are looked into.
const MOST_FOLDERS: usize = 32;
/// Names of rule files in any folder.
const NAMES: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];
/// The folder of rules with conditions.
const FOLDER: &str = ".weft/rules";

/// A rule that applies to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its file, from the workspace's root, with `/`.
    pub path: String,
    /// Why it applies, for people: `applies to src/**/*.py`.
    pub why: String,
    /// Its text.
    pub text: String,
    /// How much of it was left out, for people; empty when nothing was.
    pub cut: String,
}

/// A rule file that does not apply, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotApplied {
    /// Its file, from the workspace's root, with `/`.
    pub path: String,
    /// Why it does not.
    pub why: String,
    /// Whether something is wrong with the file that its author should know.
    pub faulty: bool,
}

/// All rules of a workspace with respect to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Those that apply, the most general first.
    pub applied: Vec<Rule>,
    /// The others.
    pub not_applied: Vec<NotApplied>,
}

/// Finds the rules for a question about `files`, paths from the workspace's root with `/`, the edited file first. Reads files: to be
/// called where blocking is allowed.
#[must_use]
pub fn find(root: &Path, files: &[String]) -> Rules {
    let mut found = Finding { rules: Rules::default(), seen: Vec::new(), left: MOST_BYTES_TOGETHER };
    let Ok(root) = root.canonicalize() else { return found.rules };
    for folder in folders_above(files.first().map_or("", String::as_str)) {
        for name in NAMES {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let why = if folder.is_empty() {
                "applies to the whole workspace".to_owned()
            } else {
                format!("applies to {folder}/")
            };
            found.add(&root, path, |_| Applies::Yes(why));
        }
    }
    for path in rule_files(&root) {
        found.add(&root, path, |head| applies(head, files));
    }
    found.rules
}

/// The folders from the root to a file's own, the root first as an empty path.
fn folders_above(file: &str) -> Vec<&str> {
    let ends = file.match_indices('/').map(|(at, _)| &file[..at]);
    let inside = |folder: &&str| !folder.split('/').any(|part| part == ".." || part.is_empty());
    std::iter::once("").chain(ends.filter(inside)).take(MOST_FOLDERS).collect()
}

fn rule_files(root: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.join(FOLDER)) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut paths: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("{FOLDER}/{name}")).collect();
    paths.sort();
    paths
}

enum Applies {
    Yes(String),
    No(String),
    Faulty(String),
}

/// What a rule's front matter says of the files.
fn applies(head: &FrontMatter<'_>, files: &[String]) -> Applies {
    let globs = head.list("globs");
    let always = head.text("alwaysApply").map(|value| value.eq_ignore_ascii_case("true"));
    if always == Some(true) {
        return Applies::Yes("applies always".to_owned());
    }
    if !globs.is_empty() {
        let written = globs.join(", ");
        return match glob_set(&globs) {
            Ok(set) if files.iter().any(|file| set.is_match(file)) => {
                Applies::Yes(format!("applies to {written}"))
            }
            Ok(_) => Applies::No(format!("applies to {written}")),
            Err(reason) => Applies::Faulty(format!("its globs cannot be read ({reason})")),
        };
    }
    match (always, head.text("description")) {
        (None, None) => Applies::Yes("applies always".to_owned()),
        _ => Applies::No("applies only when it is mentioned".to_owned()),
    }
}

fn glob_set(globs: &[&str]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        // As in ignore files: without a slash it means the name, in whatever folder.
        let anywhere = if glob.contains('/') { (*glob).to_owned() } else { format!("**/{glob}") };
        let anywhere = anywhere.trim_start_matches("./").trim_start_matches('/');
        let glob = GlobBuilder::new(anywhere).literal_separator(true).build();
        set.add(glob.map_err(|error| error.to_string())?);
    }
    set.build().map_err(|error| error.to_string())
}

struct Finding {
    rules: Rules,
    /// Files and texts that were taken: CLAUDE.md is often a link to AGENTS.md, or a copy.
    seen: Vec<(PathBuf, String)>,
    left: usize,
}

impl Finding {
    fn add(&mut self, root: &Path, path: String, applies: impl FnOnce(&FrontMatter<'_>) -> Applies) {
        let Ok(file) = root.join(&path).canonicalize() else { return };
        if !file.starts_with(root) {
            return self.refuse(path, "it is a link to a file outside of the workspace", true);
        }
        if !file.is_file() {
            return;
        }
        let (whole, longer) = match read(&file) {
            Ok(read) => read,
            Err(reason) => return self.refuse(path, &reason, true),
        };
        let head = FrontMatter::read(&whole);
        let why = match applies(&head) {
            Applies::Yes(why) => why,
            Applies::No(why) => return self.refuse(path, &why, false),
            Applies::Faulty(why) => return self.refuse(path, &why, true),
        };
        let text = head.body.trim();
        // Claude's way to take another file in; AGENTS.md is there already.
        let only_refers = text == "@AGENTS.md";
        if text.is_empty() || only_refers {
            return self.refuse(
                path,
                if only_refers { "says only to read AGENTS.md" } else { "is empty" },
                false,
            );
        }
        if self.seen.iter().any(|(seen, taken)| *seen == file || taken == text) {
            return self.refuse(path, "says the same as a rule that applies", false);
        }
        if self.left < LEAST_BYTES && text.len() > self.left {
            return self.refuse(path, "there is no room for more rules; shorten the others", true);
        }
        let kept = cut_to(text, self.left);
        let cut = if longer || kept.len() < text.len() {
            format!("only its first {} bytes are used; a model follows short rules better", kept.len())
        } else {
            String::new()
        };
        self.left -= kept.len();
        self.rules.applied.push(Rule { path, why, text: kept.to_owned(), cut });
        self.seen.push((file, text.to_owned()));
    }

    fn refuse(&mut self, path: String, why: &str, faulty: bool) {
        self.rules.not_applied.push(NotApplied { path, why: why.to_owned(), faulty });
    }
}

/// A file's text, up to the limit, and whether there is more of it.
fn read(file: &Path) -> Result<(String, bool), String> {
    let cannot = |error: std::io::Error| format!("it cannot be read ({error})");
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    File::open(file).map_err(cannot)?.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    let longer = bytes.len() > MOST_BYTES;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // The limit may cut a character.
        Err(error) if longer && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Err("it is not UTF-8 text".to_owned()),
    };
    let text = if longer { cut_to(text, MOST_BYTES) } else { text };
    Ok((text.to_owned(), longer))
}

/// The beginning of a text that fits, to the end of a line.
fn cut_to(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let fits = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let fits = &text[..fits];
    fits.rfind('\n').map_or(fits, |at| &fits[..at])
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
