//! From a typed path to a file that may be read, and its text: every rule about what is never read is here. Nothing else of
//! mentions opens a file of the workspace.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use documents::Snapshot;

use crate::mentions::error::MentionError;
use crate::mentions::files::{Listing, relative};
use crate::mentions::suggest::similar_paths;
use crate::mentions::world::World;

/// A file or folder that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path to open, free of links unless it exists only in the editor.
    pub(crate) path: PathBuf,
    /// How it is shown: see [`relative`].
    pub(crate) shown: String,
}

/// What is read as a whole, in bytes.
pub(crate) const MOST_WHOLE: u64 = 1 << 20;
/// What lines are read of, in bytes.
pub(crate) const MOST_FOR_LINES: u64 = 8 << 20;
/// A zero byte in so many of the first ones makes a file binary, as for git.
const LOOKED_AT: usize = 8 * 1024;

/// Finds what a typed path means.
///
/// # Errors
/// When it is outside, secret, ignored, missing, or the end of several paths.
pub(crate) fn locate(world: &World, typed: &str) -> Result<Place, MentionError> {
    locate_in(world, typed, Names::Fresh)
}

/// Which names of files are searched for one that ends like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those that are kept: quick, and right unless a file was made since.
    Kept,
    /// Those on the disk, if the kept ones do not have it.
    Fresh,
}

/// As [`locate`], with a choice of where a file is searched for.
///
/// # Errors
/// As [`locate`].
pub(crate) fn locate_in(world: &World, typed: &str, names: Names) -> Result<Place, MentionError> {
    let typed = if cfg!(windows) { typed.replace('\\', "/") } else { typed.to_owned() };
    let asked = Path::new(&typed);
    let outside = || MentionError::Outside { path: typed.clone() };
    if asked.is_absolute() {
        let inside =
            world.roots.iter().any(|root| asked.starts_with(root) || is_below_canonical(asked, root));
        return if inside {
            check(world, &normal(asked).ok_or_else(outside)?, &typed)
        } else {
            Err(outside())
        };
    }
    let mut escapes = true;
    let mut found: Vec<Place> = Vec::new();
    for base in bases(world, asked) {
        let Some(candidate) = normal(&base.join(asked)).filter(|path| is_below_any(world, path)) else {
            continue;
        };
        escapes = false;
        if exists(world, &candidate) {
            let place = check(world, &candidate, &typed)?;
            if !found.contains(&place) {
                found.push(place);
            }
        }
    }
    if escapes && !world.roots.is_empty() {
        return Err(outside());
    }
    match (found.len(), found.pop()) {
        (1, Some(place)) => Ok(place),
        (0, _) | (_, None) => by_end(world, &typed, names),
        (_, Some(last)) => {
            let candidates = found.into_iter().chain([last]).map(|place| place.shown).collect();
            Err(MentionError::Ambiguous { path: typed, candidates })
        }
    }
}

/// The path without links; of one that does not exist, as far as it does.
fn real_path(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let Some((above, real)) = existing else { return path.to_owned() };
    match path.strip_prefix(above) {
        Ok(below) if !below.as_os_str().is_empty() => real.join(below),
        _ => real,
    }
}

/// Whether a path that is known (of an open document, a problem, git) may be read.
///
/// # Errors
/// When it is outside, secret or ignored. Whether it exists is not asked.
pub(crate) fn check(world: &World, path: &Path, typed: &str) -> Result<Place, MentionError> {
    let shown = relative(&world.roots, path).unwrap_or_else(|| typed.to_owned());
    let real = real_path(path);
    if index::is_secret(path) || index::is_secret(&real) {
        return Err(MentionError::Secret { path: shown });
    }
    let root = world.roots.iter().map(|root| real_path(root)).find(|root| real.starts_with(root));
    let Some(root) = root else { return Err(MentionError::Outside { path: typed.to_owned() }) };
    // Of a link, what it leads to counts.
    if index::is_left_out(&root, &real) {
        return Err(MentionError::Ignored { path: shown });
    }
    Ok(Place { path: real, shown })
}

/// As [`check`], for a document that is open: outside of the roots it may be read, because somebody works with it.
///
/// # Errors
/// When it is secret or ignored.
pub(crate) fn check_open(world: &World, document: &Snapshot) -> Result<Place, MentionError> {
    let Some(path) = document.path.as_deref() else {
        let name = document.id.as_str().rsplit(['/', ':']).next().unwrap_or_default();
        return Ok(Place { path: PathBuf::new(), shown: name.to_owned() });
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match check(world, path, &name) {
        // Through a link out of a root it is as far outside as by its own path.
        Err(MentionError::Outside { .. }) => Ok(Place { path: path.to_owned(), shown: name }),
        other => other,
    }
}

/// The text of a file, lines ending with `\n`: that of the open document, else what is on disk. `limit` is in bytes.
///
/// # Errors
/// When it is no file, too large, binary, not UTF-8, or the system refuses.
pub(crate) fn read(world: &World, place: &Place, limit: u64) -> Result<String, MentionError> {
    let path = place.shown.clone();
    let too_large = |bytes: u64| match limit {
        MOST_WHOLE => MentionError::TooLarge { path: place.shown.clone(), bytes, limit },
        _ => MentionError::TooLargeForLines { path: place.shown.clone(), bytes, limit },
    };
    if let Some(document) = open_document(world, &place.path) {
        let bytes = document.text.len_bytes() as u64;
        return if bytes > limit { Err(too_large(bytes)) } else { Ok(unix(&document.text.to_string())) };
    }
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => MentionError::Missing { path: path.clone(), suggestions: Vec::new() },
        _ => MentionError::Unreadable { path: path.clone(), reason: error.to_string() },
    };
    // Asked before it is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(&place.path).map_err(refused)?;
    if !metadata.is_file() {
        return Err(MentionError::NotAFile { path });
    }
    let mut bytes = Vec::new();
    let file = File::open(&place.path).map_err(refused)?;
    // The file may have grown since.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(refused)?;
    if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
        return Err(MentionError::Binary { path });
    }
    if bytes.len() as u64 > limit {
        return Err(too_large(metadata.len().max(bytes.len() as u64)));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| MentionError::NotUtf8 { path, offset: error.utf8_error().valid_up_to() })?;
    Ok(unix(text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

/// The open document of a path.
pub(crate) fn open_document<'a>(world: &'a World, path: &Path) -> Option<&'a Snapshot> {
    let all = || world.open.iter().chain(world.current.as_ref().map(|current| &current.document));
    let by_path = all().find(|document| document.path.as_deref() == Some(path));
    // The editor may have come by a link.
    by_path.or_else(|| {
        all().find(|document| {
            document.path.as_deref().is_some_and(|it| {
                it.file_name() == path.file_name() && fs::canonicalize(it).is_ok_and(|it| it == path)
            })
        })
    })
}

/// The text with `\n` for each line end that an editor counts.
pub(crate) fn unix(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// The folders that a path may be meant from. With several roots, `name/…` means the root of that name.
fn bases(world: &World, asked: &Path) -> Vec<PathBuf> {
    let mut bases = world.roots.clone();
    let first = asked.components().find(|part| *part != Component::CurDir);
    for root in &world.roots {
        let names_root = root.file_name().is_some_and(|name| first == Some(Component::Normal(name)));
        if names_root && world.roots.len() > 1 {
            bases.extend(root.parent().map(Path::to_owned));
        }
    }
    bases
}

/// The file that a path is the end of.
fn by_end(world: &World, typed: &str, names: Names) -> Result<Place, MentionError> {
    let wanted = typed.trim_start_matches("./").trim_end_matches('/');
    let search = |listing: &Listing| -> Vec<(PathBuf, String)> {
        let files = listing.files.iter().filter(|file| ends_with(&file.relative, wanted));
        files.map(|file| (file.path.clone(), file.relative.clone())).collect()
    };
    let listing = world.files.listing(&world.roots);
    let mut found = search(&listing);
    found.retain(|(path, _)| path.symlink_metadata().is_ok());
    let stale = found.is_empty() && names == Names::Fresh;
    let listing = if stale { world.files.read(&world.roots) } else { listing };
    if found.is_empty() {
        found = search(&listing);
    }
    if found.is_empty() {
        found = folders_ending(&listing, wanted);
    }
    match (found.len(), found.pop()) {
        (1, Some((path, shown))) => check(world, &path, &shown),
        (0, _) | (_, None) => Err(MentionError::Missing {
            path: typed.to_owned(),
            suggestions: similar_paths(&listing, wanted),
        }),
        (_, Some(last)) => {
            let candidates = found.into_iter().chain([last]).map(|(_, shown)| shown).collect();
            Err(MentionError::Ambiguous { path: typed.to_owned(), candidates })
        }
    }
}

fn folders_ending(listing: &Listing, wanted: &str) -> Vec<(PathBuf, String)> {
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    let mut last = "";
    for file in &listing.files {
        let folder = file.relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder == last {
            continue;
        }
        last = folder;
        let above = std::iter::successors(Some(folder), |folder| Some(folder.rsplit_once('/')?.0));
        for (shown, path) in above.zip(file.path.ancestors().skip(1)) {
            if ends_with(shown, wanted) && !found.iter().any(|(known, _)| known == path) {
                found.push((path.to_owned(), shown.to_owned()));
            }
        }
    }
    found
}

fn ends_with(path: &str, wanted: &str) -> bool {
    !wanted.is_empty()
        && path.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn exists(world: &World, path: &Path) -> bool {
    path.symlink_metadata().is_ok() || open_document(world, path).is_some()
}

fn is_below_any(world: &World, path: &Path) -> bool {
    world.roots.iter().any(|root| path.starts_with(root))
}

fn is_below_canonical(path: &Path, root: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(root)) {
        (Ok(path), Ok(root)) => path.starts_with(root),
        _ => false,
    }
}

/// The path without `.` and `..`; none when it leads above the root of the file system.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            other => out.push(other),
        }
    }
    Some(out)
}
