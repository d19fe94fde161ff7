//! Which file a code block belongs to. It must not open files: their definitions are handed to it.

use std::path::Path;

use syntax::Language;

use super::fence::CodeBlock;
use super::patch;
use super::snippet::Snippet;

/// A file that a block could belong to.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its path from the workspace's root.
    pub path: &'a str,
    /// The names of its functions and types.
    pub definitions: &'a [String],
    /// Whether it is the file that the user looks at.
    pub is_current: bool,
}

/// Where a block belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the candidate of this index.
    File(usize),
    /// To a file that is not among the candidates; the path is as the answer writes it. If it does not exist, it is to be made.
    New(String),
    /// These candidates fit equally well: ask the user.
    Unclear(Vec<usize>),
    /// To none that is known.
    Nowhere,
}

/// The file that a block belongs to: the one that it names, else the one that has its definitions, else the current one
/// if its language fits.
pub fn find_target(block: &CodeBlock, files: &[Candidate<'_>]) -> Target {
    let named = if block.is_diff() { patch::path_of(&block.code) } else { None };
    if let Some(path) = named.or_else(|| block.path.clone()) {
        let exact = files.iter().position(|file| file.path == path.trim_start_matches("./"));
        let same: Vec<usize> = positions(files, |file| patch::same_file(file.path, &path));
        return match (exact, same.as_slice()) {
            (Some(exact), _) => Target::File(exact),
            (None, [only]) => Target::File(*only),
            (None, []) => Target::New(path),
            (None, several) => current_of(files, several),
        };
    }
    let language = block.known_language();
    let language_of = |file: &Candidate<'_>| Language::from_path(Path::new(file.path));
    let fits = |file: &Candidate<'_>| language.is_none() || block.is_diff() || language_of(file) == language;
    let fitting = positions(files, fits);
    let score = |index: &usize| {
        let Some(file) = files.get(*index) else { return 0 };
        let Some(language) = language_of(file) else { return 0 };
        let names = Snippet::parse(language, &block.code).map(|it| it.names()).unwrap_or_default();
        names.iter().filter(|name| file.definitions.contains(name)).count()
    };
    let scores: Vec<(usize, usize)> = fitting.iter().map(|index| (score(index), *index)).collect();
    let most = scores.iter().map(|(score, _)| *score).max().unwrap_or(0);
    let best: Vec<usize> =
        scores.iter().filter(|(score, _)| *score == most).map(|(_, index)| *index).collect();
    match (most, best.as_slice()) {
        (0, fitting) => match fitting.iter().find(|index| files.get(**index).is_some_and(|it| it.is_current))
        {
            Some(current) => Target::File(*current),
            None => Target::Nowhere,
        },
        (_, [only]) => Target::File(*only),
        (_, several) => current_of(files, several),
    }
}

fn current_of(files: &[Candidate<'_>], several: &[usize]) -> Target {
    let current = several.iter().find(|index| files.get(**index).is_some_and(|file| file.is_current));
    current.map_or_else(|| Target::Unclear(several.to_vec()), |index| Target::File(*index))
}

fn positions(files: &[Candidate<'_>], fits: impl Fn(&Candidate<'_>) -> bool) -> Vec<usize> {
    files.iter().enumerate().filter(|(_, file)| fits(file)).map(|(index, _)| index).collect()
}
