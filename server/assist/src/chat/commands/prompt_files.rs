//! The user's own commands: Markdown files in `.weft/prompts` of the workspace and in the user's folder. Must not read what lies outside
//! of these folders.
//!
//! The form is Continue's: front matter with `name` and `description`, and a text in which `{{{ input }}}` stands for what is typed
//! behind the command (<https://docs.continue.dev/customize/deep-dives/prompts>). The endings are `.md` and `.prompt`.

use std::path::{Path, PathBuf};

use super::{CommandError, Question, is_name};
use crate::chat::front_matter::FrontMatter;

/// The most bytes of a prompt file.
const MOST_BYTES: u64 = 32 * 1024;
/// The most prompt files of a folder.
const MOST_FILES: usize = 200;
/// Where a workspace has them.
const FOLDER: &str = ".weft/prompts";

/// A command of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptFile {
    /// What is typed behind `/`.
    pub name: String,
    /// What it does; from the file's first line where it does not say.
    pub description: String,
    /// Whose it is.
    pub source: PromptSource,
    /// The file.
    pub path: PathBuf,
    body: String,
}

impl PromptFile {
    /// Whether something is to be typed behind it.
    #[must_use]
    pub fn takes_input(&self) -> bool {
        placeholder(&self.body).is_some()
    }
}

/// Whose a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptSource {
    /// The workspace's, shared by all who work on it.
    Workspace,
    /// The user's.
    User,
}

/// All commands of the user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptFiles {
    files: Vec<PromptFile>,
    faults: Vec<String>,
}

impl PromptFiles {
    /// The commands, by name.
    #[must_use]
    pub fn all(&self) -> &[PromptFile] {
        &self.files
    }

    /// Files that cannot be used and why, for people.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    pub(super) fn find(&self, name: &str) -> Option<&PromptFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// Reads the prompt files of a workspace and of the user. Where both have one of the same name the user's counts: a workspace that
/// was just cloned must not change what a command does. Reads files: to be called where blocking is allowed.
#[must_use]
pub fn load_prompt_files(workspace: Option<&Path>, user_folder: Option<&Path>) -> PromptFiles {
    let mut found = PromptFiles::default();
    if let Some(folder) = user_folder {
        read_folder(folder, PromptSource::User, &mut found);
    }
    if let Some(root) = workspace {
        read_folder(&root.join(FOLDER), PromptSource::Workspace, &mut found);
    }
    found.files.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn read_folder(folder: &Path, source: PromptSource, found: &mut PromptFiles) {
    let (Ok(folder), Ok(entries)) = (folder.canonicalize(), std::fs::read_dir(folder)) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md" || ending == "prompt"));
    paths.sort();
    if paths.len() > MOST_FILES {
        found.faults.push(format!("{}: only the first {MOST_FILES} files are read", folder.display()));
    }
    for path in paths.into_iter().take(MOST_FILES) {
        match read_file(&path, &folder, source) {
            Ok(file) => match found.find(&file.name) {
                Some(other) => {
                    let fault =
                        format!("{}: /{} is {} already", path.display(), file.name, other.path.display());
                    found.faults.push(fault);
                }
                None if super::BUILT_IN.iter().any(|command| command.name == file.name) => {
                    let fault = format!(
                        "{}: /{} is a command of Weft's own; choose another name",
                        path.display(),
                        file.name
                    );
                    found.faults.push(fault);
                }
                None => found.files.push(file),
            },
            Err(reason) => found.faults.push(format!("{}: {reason}", path.display())),
        }
    }
}

fn read_file(path: &Path, folder: &Path, source: PromptSource) -> Result<PromptFile, String> {
    let cannot = |error: std::io::Error| format!("it cannot be read ({error})");
    let real = path.canonicalize().map_err(cannot)?;
    if !real.starts_with(folder) {
        return Err("it is a link to a file outside of its folder".to_owned());
    }
    let bytes = std::fs::metadata(&real).map_err(cannot)?.len();
    if bytes > MOST_BYTES {
        return Err(format!("it has {bytes} bytes, and a prompt file may have {MOST_BYTES}"));
    }
    let text = std::fs::read_to_string(&real).map_err(cannot)?;
    let head = FrontMatter::read(&text);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = as_name(head.text("name").as_deref().unwrap_or(stem));
    if !name.starts_with(char::is_alphabetic) {
        return Err("its name does not begin with a letter".to_owned());
    }
    let body = head.body.trim();
    let first_line = body.lines().next().unwrap_or_default().trim_start_matches('#').trim();
    let description = head.text("description").unwrap_or_else(|| first_line.chars().take(80).collect());
    Ok(PromptFile { name, description, source, path: path.to_owned(), body: body.to_owned() })
}

/// `Check SQL` is typed as `/check-sql`.
fn as_name(name: &str) -> String {
    let name = name.trim().to_lowercase();
    name.chars().map(|c| if is_name(c) { c } else { '-' }).collect()
}

/// The question that a prompt file asks.
pub(super) fn question(file: &PromptFile, input: &str) -> Result<Question, CommandError> {
    if file.body.is_empty() {
        let path = file.path.display().to_string();
        return Err(CommandError::EmptyFile { name: file.name.clone(), path });
    }
    let mut text = String::new();
    let mut rest = file.body.as_str();
    let mut placed = false;
    while let Some((start, end)) = placeholder(rest) {
        text.push_str(&rest[..start]);
        text.push_str(input);
        rest = &rest[end..];
        placed = true;
    }
    text.push_str(rest);
    if !placed && !input.is_empty() {
        text.push_str("\n\n");
        text.push_str(input);
    }
    Ok(Question { text: text.trim().to_owned(), mentions: Vec::new(), command: Some(file.name.clone()) })
}

/// The bytes of the first `{{{ input }}}`, or of `{{ input }}`, which older files have.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    ["{{{", "{{"].into_iter().find_map(|open| {
        let close = "}}}".get(..open.len())?;
        let mut from = 0;
        loop {
            let start = from + text.get(from..)?.find(open)?;
            let inner = text.get(start + open.len()..)?;
            let length = inner.find(close)?;
            if inner.get(..length)?.trim() == "input" {
                return Some((start, start + open.len() + length + close.len()));
            }
            from = start + 1;
        }
    })
}
