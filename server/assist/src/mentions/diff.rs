//! `@diff` and `@commit`: what changed, as git tells it. Secrets and ignored files are left out, and said.

use std::path::Path;

use crate::mentions::error::{MentionError, shortened};
use crate::mentions::file::left_out;
use crate::mentions::git::{GitError, Repository};
use crate::mentions::kind::DiffBase;
use crate::mentions::place::check;
use crate::mentions::resolved::{Resolved, plain, say_cut};
use crate::mentions::world::World;

/// Files whose changes are shown.
const MOST_FILES: usize = 300;
/// Paths of one call; a command line has an end.
const PATHS_A_CALL: usize = 100;
/// Untracked files that are named.
const MOST_UNTRACKED: usize = 100;

/// How differences are written: no program of the repository's, one format whatever its settings. Nothing is asked of the files of
/// submodules, which would run git by their settings.
const FORMAT: [&str; 8] = [
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--relative",
    "--ignore-submodules=dirty",
    "--submodule=short",
    "--unified=3",
];

/// The changes of a root's files.
struct Changes {
    text: String,
    cut: Vec<String>,
    /// Files that are not shown, with the reasons.
    left_out: Vec<String>,
}

impl Changes {
    /// All that is not in the text.
    fn all_cut(&self) -> Vec<String> {
        let left_out =
            (!self.left_out.is_empty()).then(|| format!("not shown: {}", shortened(&self.left_out)));
        self.cut.iter().cloned().chain(left_out).collect()
    }
}

/// `@diff`.
pub(crate) fn diff(typed: &str, base: &DiffBase, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let mut unknown = None;
    let found = in_each_root(typed, world, |root, repository| {
        let (arguments, title) = match base {
            DiffBase::WorkingTree => {
                (vec![head(repository)?], "all changes that are not committed".to_owned())
            }
            DiffBase::Staged => {
                (vec!["--cached".to_owned(), head(repository)?], "the staged changes".to_owned())
            }
            DiffBase::Revision(revision) => {
                let Some(commit) = commit_of(repository, revision)? else {
                    unknown = Some(revision.clone());
                    return Ok(None);
                };
                let parted = repository
                    .run(&["merge-base", &commit, "HEAD"])
                    .map(|output| output.text.trim().to_owned());
                (vec![parted.unwrap_or(commit)], format!("the changes since `{revision}`"))
            }
        };
        let mut changes = changes(world, root, repository, &arguments)?;
        if *base != DiffBase::Staged {
            let names = untracked(world, root, repository, &mut changes)?;
            changes.text.push_str(&names);
        }
        Ok(Some((title, changes)))
    })?;
    if let (true, Some(revision)) = (found.is_empty(), unknown) {
        return Err(MentionError::NoSuchRevision { mention: typed.to_owned(), revision });
    }
    let what = match base {
        DiffBase::WorkingTree => {
            "nothing differs from the last commit. To see that one, use @commit".to_owned()
        }
        DiffBase::Staged => "nothing is staged. Use @diff for changes that are not staged".to_owned(),
        DiffBase::Revision(revision) => {
            format!("nothing differs from where this branch parted from `{revision}`")
        }
    };
    attachments(typed, found, what)
}

/// `@commit`.
pub(crate) fn commit(typed: &str, revision: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let found = in_each_root(typed, world, |root, repository| {
        let Some(commit) = commit_of(repository, revision)? else { return Ok(None) };
        let parent = match commit_of(repository, &format!("{commit}^1"))? {
            Some(parent) => parent,
            None => empty_tree(repository)?,
        };
        let format = "--format=commit %h, %ad%n%n%w(0,4,4)%B";
        let message = repository.run(&[
            "log",
            "-1",
            "--date=short",
            "--no-show-signature",
            "--no-color",
            format,
            &commit,
        ])?;
        let mut changes = changes(world, root, repository, &[parent, commit.clone()])?;
        changes.text = format!("{}\n\n{}", message.text.trim_end(), changes.text);
        let short = commit.get(..10).unwrap_or(&commit);
        Ok(Some((format!("commit {short}"), changes)))
    })?;
    if found.is_empty() {
        return Err(MentionError::NoSuchRevision {
            mention: typed.to_owned(),
            revision: revision.to_owned(),
        });
    }
    attachments(typed, found, String::new())
}

fn attachments(
    typed: &str,
    found: Vec<(String, Changes)>,
    nothing: String,
) -> Result<Vec<Resolved>, MentionError> {
    let all_cut: Vec<String> = found.iter().flat_map(|(_, changes)| changes.all_cut()).collect();
    let some = found.into_iter().filter(|(_, changes)| !changes.text.trim().is_empty());
    let resolved: Vec<Resolved> = some
        .map(|(title, changes)| {
            let mut one = plain(typed, &title, "diff", changes.text.trim_end().to_owned(), String::new());
            changes.all_cut().iter().for_each(|what| say_cut(&mut one.attachment, what));
            one
        })
        .collect();
    match (resolved.is_empty(), all_cut.is_empty()) {
        (false, _) => Ok(resolved),
        (true, true) => Err(MentionError::NoChanges { mention: typed.to_owned(), what: nothing }),
        (true, false) => {
            Err(MentionError::AllLeftOut { mention: typed.to_owned(), reasons: all_cut.join("; ") })
        }
    }
}

/// Does something in each root that is in a repository.
fn in_each_root(
    typed: &str,
    world: &World,
    mut visit: impl FnMut(&Path, &Repository) -> Result<Option<(String, Changes)>, GitError>,
) -> Result<Vec<(String, Changes)>, MentionError> {
    let told = |error: GitError| {
        let (GitError::Failed(reason) | GitError::NotRun(reason)) = error;
        MentionError::Git { mention: typed.to_owned(), reason }
    };
    let (mut found, mut repositories) = (Vec::new(), 0);
    for root in &world.roots {
        let Some(repository) = Repository::of(root).map_err(told)? else { continue };
        repositories += 1;
        found.extend(visit(root, &repository).map_err(told)?);
    }
    if repositories == 0 {
        return Err(MentionError::NoRepository { mention: typed.to_owned() });
    }
    Ok(found)
}

/// The hash of the commit that a revision means; none when git knows none.
fn commit_of(repository: &Repository, revision: &str) -> Result<Option<String>, GitError> {
    let strange = revision.starts_with('-') || revision.chars().any(|one| one.is_control() || one == ' ');
    if strange || revision.is_empty() {
        return Ok(None);
    }
    let wanted = format!("{revision}^{{commit}}");
    match repository.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]) {
        Ok(output) => Ok(Some(output.text.trim().to_owned())),
        Err(GitError::Failed(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last commit; before the first one, the tree without a file.
fn head(repository: &Repository) -> Result<String, GitError> {
    match commit_of(repository, "HEAD")? {
        Some(commit) => Ok(commit),
        None => empty_tree(repository),
    }
}

fn empty_tree(repository: &Repository) -> Result<String, GitError> {
    // It has another name with each kind of hash; nothing is written.
    Ok(repository.run(&["hash-object", "-t", "tree", "--stdin"])?.text.trim().to_owned())
}

/// The differences of the files that may be read.
fn changes(
    world: &World,
    root: &Path,
    repository: &Repository,
    base: &[String],
) -> Result<Changes, GitError> {
    let base: Vec<&str> = base.iter().map(String::as_str).collect();
    let names = run_diff(repository, &[&["--name-only", "-z"], base.as_slice()].concat(), &[])?;
    let (paths, left_out) = readable(world, root, &names.text);
    let mut changes = Changes { text: String::new(), cut: Vec::new(), left_out };
    if paths.len() > MOST_FILES {
        changes.cut.push(format!("{} more changed files were left out", paths.len() - MOST_FILES));
    }
    if names.truncated {
        changes.cut.push("more files changed than git could list here".to_owned());
    }
    let shown = paths.get(..paths.len().min(MOST_FILES)).unwrap_or_default();
    for some in shown.chunks(PATHS_A_CALL) {
        let output = run_diff(repository, &base, some)?;
        let mut text = output.text.as_str();
        if output.truncated {
            // The last line may be a part of one.
            text = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            changes.cut.push("the differences are longer than 1 MiB; their end was left out".to_owned());
        }
        changes.text.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            changes.text.push('\n');
        }
    }
    changes.text = crate::mentions::place::unix(&changes.text);
    Ok(changes)
}

fn run_diff(
    repository: &Repository,
    arguments: &[&str],
    paths: &[&str],
) -> Result<crate::mentions::git::Output, GitError> {
    repository.run(&[&["diff"], FORMAT.as_slice(), arguments, &["--"], paths].concat())
}

/// The files that git does not follow, by name.
fn untracked(
    world: &World,
    root: &Path,
    repository: &Repository,
    changes: &mut Changes,
) -> Result<String, GitError> {
    let output = repository.run(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let (paths, left_out) = readable(world, root, &output.text);
    changes.left_out.extend(left_out);
    if paths.is_empty() {
        return Ok(String::new());
    }
    let shown: Vec<String> = paths.iter().take(MOST_UNTRACKED).map(|path| format!("  {path}\n")).collect();
    if paths.len() > shown.len() {
        changes.cut.push(format!(
            "{} of {} untracked files were not named",
            paths.len() - shown.len(),
            paths.len()
        ));
    }
    Ok(format!("\nUntracked files, only by name:\n{}", shown.concat()))
}

/// Of paths that end with zero bytes those that may be read, and the others with their reasons.
fn readable<'a>(world: &World, root: &Path, paths: &'a str) -> (Vec<&'a str>, Vec<String>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in paths.split('\0').filter(|path| !path.is_empty()) {
        match check_named(world, &root.join(path), path) {
            Ok(()) => good.push(path),
            Err(error) => bad.push(left_out(&error)),
        }
    }
    (good, bad)
}

/// git gives a link as the path that it holds and does not follow it, so only the link's own name is looked at.
fn check_named(world: &World, path: &Path, shown: &str) -> Result<(), MentionError> {
    if path.is_symlink() {
        let shown = shown.to_owned();
        return if index::is_secret(path) { Err(MentionError::Secret { path: shown }) } else { Ok(()) };
    }
    check(world, path, shown).map(drop)
}
