//! Which files belong to the index: the walk over a root, and what is left out of it for good (secrets, environments,
//! caches, files that no person wrote). It must not parse.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use ignore::gitignore::GitignoreBuilder;
use ignore::{Walk, WalkBuilder};

/// The file with patterns, as in a `.gitignore`, of what Weft shall not read.
pub const IGNORE_FILE: &str = ".weftignore";

/// How a file is known to be unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    /// Nanoseconds since 1970; negative before.
    pub(crate) modified: i64,
    /// Length in bytes.
    pub(crate) bytes: u64,
}

/// Why a file that the walk found is not in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeftOut {
    /// Larger than [`crate::Options::max_file_bytes`].
    TooLarge,
    /// It has a zero byte in its first 8 KiB, or is not UTF-8.
    Binary,
    /// Its lines are so long that no person can have written them.
    Generated,
    /// It could not be read, or has gone.
    Unreadable,
}

/// Folders that hold what was installed or built, whether or not a `.gitignore` says so.
const SKIPPED_FOLDERS: [&str; 3] = ["node_modules", "site-packages", "__pycache__"];
/// Files that mark such folders: a virtual environment, and a cache directory by the Cache Directory Tagging
/// Specification.
const SKIP_MARKS: [&str; 2] = ["pyvenv.cfg", "CACHEDIR.TAG"];

/// Lines longer than this on average are data, or minified code.
const MAX_MEAN_LINE_BYTES: usize = 250;
/// Shorter files are not judged by their lines.
const MIN_JUDGED_BYTES: usize = 4096;

/// All files below a root that no pattern excludes, each folder in the order of the names. Links are not followed.
/// Other roots are left to their own walk.
pub fn walk(root: &Path, roots: &[Arc<Path>]) -> Walk {
    let others: Vec<Arc<Path>> = roots.iter().filter(|other| ***other != *root).cloned().collect();
    builder(root)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|file_type| file_type.is_dir());
            entry.depth() == 0
                || !is_folder
                || (!is_skipped(entry.path()) && !others.iter().any(|other| **other == *entry.path()))
        })
        .build()
}

/// Whether the walk over `root` comes by a file. For a file that does not exist: whether it comes by the innermost folder
/// of its path that does.
pub(crate) fn is_walked(root: &Path, path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return false;
    }
    let exists = |path: &&Path| path.symlink_metadata().is_ok();
    let Some(target) = path.ancestors().find(exists).map(Path::to_owned) else { return false };
    let wanted = target.clone();
    let mut walk = builder(root)
        .filter_entry(move |entry| {
            entry.depth() == 0 || (wanted.starts_with(entry.path()) && !is_skipped(entry.path()))
        })
        .build();
    walk.any(|entry| entry.is_ok_and(|entry| entry.path() == target))
}

/// Whether a pattern (`.gitignore`, `.weftignore` and the like) excludes a path below `root`, or a folder of what was installed or
/// built, or of version control, holds it. That a name begins with a dot is no reason here, as it is for [`walk`]. For a path that
/// does not exist, as of a file that was removed: whether the patterns of the folders above it exclude it.
pub fn is_left_out(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return true };
    let folders: Vec<&Path> =
        path.ancestors().skip(1).take_while(|folder| folder.starts_with(root) && *folder != root).collect();
    let controlled = below.components().any(|part| {
        [".git", ".hg", ".svn", ".jj"].iter().any(|folder| part.as_os_str() == OsStr::new(folder))
    });
    if below.as_os_str().is_empty() {
        return false;
    }
    if controlled || folders.iter().any(|folder| is_skipped(folder)) || is_skipped(path) {
        return true;
    }
    if path.symlink_metadata().is_err() {
        return is_excluded_by_name(root, path);
    }
    let target = path.to_owned();
    let mut walk = builder(root)
        .hidden(false)
        .filter_entry(move |entry| entry.depth() == 0 || target.starts_with(entry.path()))
        .build();
    !walk.any(|entry| entry.is_ok_and(|entry| entry.path() == path))
}

/// Whether any ignore file between the root and a path has a pattern for it. A pattern that takes an exclusion back in a folder
/// further down is not looked at: rather too much is left out.
fn is_excluded_by_name(root: &Path, path: &Path) -> bool {
    let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    folders.flat_map(|folder| [".gitignore", ".ignore", IGNORE_FILE].map(|name| (folder, name))).any(
        |(folder, name)| {
            let mut patterns = GitignoreBuilder::new(folder);
            // What cannot be read excludes nothing, as in the walk.
            drop(patterns.add(folder.join(name)));
            patterns
                .build()
                .is_ok_and(|patterns| patterns.matched_path_or_any_parents(path, false).is_ignore())
        },
    )
}

/// Whether a file's name says that it holds keys or passwords. Such a file is not read, even when it is open.
pub fn is_secret(path: &Path) -> bool {
    let in_secret_folder = path.components().any(|part| {
        [".ssh", ".gnupg", ".aws", ".kube"].iter().any(|folder| part.as_os_str() == OsStr::new(folder))
    });
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    in_secret_folder
        || [".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].iter().any(|start| name.starts_with(start))
        || [".netrc", ".pgpass", ".npmrc", ".pypirc", ".htpasswd", ".git-credentials"].contains(&&*name)
        || ["pem", "key", "p12", "pfx", "jks", "keystore", "kdbx", "asc", "gpg", "env"].contains(&extension)
}

/// The stamp of a regular file; none for anything else, links included.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    stamp_of(&fs::symlink_metadata(path).ok()?)
}

/// The stamp of a regular file that may be reached by links, as installed packages often are.
pub(crate) fn stamp_of_target(path: &Path) -> Option<Stamp> {
    stamp_of(&fs::metadata(path).ok()?)
}

fn stamp_of(metadata: &fs::Metadata) -> Option<Stamp> {
    let metadata = Some(metadata).filter(|metadata| metadata.is_file())?;
    let modified = metadata.modified().ok()?;
    let nanoseconds = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |it| -it),
    };
    Some(Stamp { modified: nanoseconds, bytes: metadata.len() })
}

/// The content of a file.
///
/// # Errors
/// When it is not for the index.
pub(crate) fn read(path: &Path, max_bytes: u64) -> Result<String, LeftOut> {
    let unreadable = |_: io::Error| LeftOut::Unreadable;
    let file = File::open(path).map_err(unreadable)?;
    let mut content = Vec::new();
    // It may grow while it is read.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > max_bytes {
        return Err(LeftOut::TooLarge);
    }
    if content.iter().take(8 * 1024).any(|&byte| byte == 0) {
        return Err(LeftOut::Binary);
    }
    let content = String::from_utf8(content).map_err(|_| LeftOut::Binary)?;
    let lines = content.as_bytes().iter().filter(|&&byte| byte == b'\n').count() + 1;
    if content.len() > MIN_JUDGED_BYTES && content.len() / lines > MAX_MEAN_LINE_BYTES {
        return Err(LeftOut::Generated);
    }
    Ok(content)
}

fn builder(root: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .follow_links(false)
        // A folder need not be a repository for its .gitignore to mean what it says.
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .sort_by_file_name(Ord::cmp);
    builder
}

fn is_skipped(folder: &Path) -> bool {
    let name = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
    SKIPPED_FOLDERS.contains(&name) || SKIP_MARKS.iter().any(|mark| folder.join(mark).exists())
}
