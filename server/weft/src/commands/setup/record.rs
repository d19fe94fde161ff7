//! Making a change and taking it back. What is changed has a copy beside it, and a record in Weft's data folder knows which; a file that
//! somebody has edited since is never overwritten by an undo. It must not know editors.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::plan::{Change, read};

/// The record of one editor.
#[derive(Debug)]
pub(super) struct Record {
    file: PathBuf,
}

/// What stands in it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Entries {
    files: Vec<Entry>,
    /// Folders that were made, the outermost first.
    folders: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    /// The copy; none where there was no file.
    backup: Option<PathBuf>,
    /// The SHA-256 of what was written, in hexadecimal.
    written: String,
}

impl Record {
    /// The record of an editor, in a folder that need not be there.
    pub(super) fn of(folder: &Path, editor: &str) -> Self {
        Self { file: folder.join(format!("{editor}.json")) }
    }

    /// What an undo would touch.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>> {
        Ok(self.read()?.files.into_iter().map(|entry| entry.path).collect())
    }

    /// Makes changes; returns the copies that were made. The record is written before each file, so that nothing is changed without one.
    pub(super) fn apply(&self, changes: &[Change]) -> Result<Vec<PathBuf>> {
        let mut entries = self.read()?;
        let mut backups = Vec::new();
        for change in changes {
            let now = read(&change.path)?;
            if now != change.before {
                bail!(
                    "{} has changed meanwhile; nothing of it was touched. Run the setup again",
                    change.path.display()
                );
            }
            let known = entries.files.iter_mut().find(|entry| entry.path == change.path);
            let written = hash(change.after.as_bytes());
            match (known, &now) {
                // What an earlier setup wrote is not worth a copy: the one from before it is still there.
                (Some(entry), Some(now)) if entry.written == hash(now) => entry.written = written,
                (known, now) => {
                    let backup = now.as_ref().map(|bytes| back_up(&change.path, bytes)).transpose()?;
                    backups.extend(backup.clone());
                    let entry = Entry { path: change.path.clone(), backup, written };
                    match known {
                        Some(known) => *known = entry,
                        None => entries.files.push(entry),
                    }
                }
            }
            let folders = missing_folders(&change.path);
            entries
                .folders
                .extend(folders.into_iter().filter(|it| !entries.folders.contains(it)).collect::<Vec<_>>());
            self.write(&entries)?;
            write(&change.path, change.after.as_bytes())?;
        }
        Ok(backups)
    }

    /// Takes everything back; returns, for people, what was left because it is not what a setup wrote.
    pub(super) fn undo(&self) -> Result<Vec<String>> {
        let mut entries = self.read()?;
        let mut left = Vec::new();
        let mut kept = Vec::new();
        for entry in entries.files.drain(..).rev() {
            if let Some(why) = restore(&entry)? {
                left.push(why);
                kept.push(entry);
            }
        }
        kept.reverse();
        entries.files = kept;
        // A folder that something else is in stays.
        entries.folders.retain(|folder| folder.exists());
        for folder in entries.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
        if entries.files.is_empty() {
            std::fs::remove_file(&self.file)
                .with_context(|| format!("{} cannot be removed", self.file.display()))?;
        } else {
            self.write(&entries)?;
        }
        Ok(left)
    }

    fn read(&self) -> Result<Entries> {
        let Some(bytes) = read(&self.file)? else { return Ok(Entries::default()) };
        serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{}, the record of what setups changed, is broken; remove it to begin anew",
                self.file.display()
            )
        })
    }

    fn write(&self, entries: &Entries) -> Result<()> {
        write(&self.file, &serde_json::to_vec_pretty(entries)?)
    }
}

/// Makes a file what it was. Says, for people, why not.
fn restore(entry: &Entry) -> Result<Option<String>> {
    let now = read(&entry.path)?;
    let before = entry.backup.as_deref().map(read).transpose()?.flatten();
    if entry.backup.is_some() && before.is_none() {
        return Ok(Some(format!("{} is left as it is: its copy is gone", entry.path.display())));
    }
    if now == before {
        return remove_backup(entry).map(|()| None);
    }
    if now.as_deref().map(hash).as_deref() != Some(entry.written.as_str()) {
        let copy = entry.backup.as_ref().map_or_else(
            || "there was no such file before".to_owned(),
            |backup| format!("as it was it is {}", backup.display()),
        );
        return Ok(Some(format!(
            "{} is left as it is, because it was edited since; {copy}",
            entry.path.display()
        )));
    }
    match before {
        Some(before) => write(&entry.path, &before)?,
        None => std::fs::remove_file(&entry.path)
            .with_context(|| format!("{} cannot be removed", entry.path.display()))?,
    }
    remove_backup(entry).map(|()| None)
}

fn remove_backup(entry: &Entry) -> Result<()> {
    let Some(backup) = &entry.backup else { return Ok(()) };
    std::fs::remove_file(backup).with_context(|| format!("{} cannot be removed", backup.display()))
}

/// Copies a file beside itself, never over another copy.
fn back_up(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let name = path.file_name().context("a file without a name")?.to_string_lossy().into_owned();
    for number in 1..1000 {
        let ending = if number == 1 { String::new() } else { format!("-{number}") };
        let backup = path.with_file_name(format!("{name}.weft-backup{ending}"));
        let mut options = std::fs::OpenOptions::new();
        match options.write(true).create_new(true).open(&backup) {
            Ok(mut file) => {
                file.write_all(bytes).with_context(|| format!("{} cannot be written", backup.display()))?;
                return Ok(backup);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be written", backup.display()));
            }
        }
    }
    bail!("there are a thousand copies of {}; remove some", path.display())
}

/// The folders that must be made for a file, the outermost first.
fn missing_folders(path: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> =
        path.ancestors().skip(1).take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    missing.reverse();
    missing
}

/// Writes a file whole or not at all. A link stays one: what it points at is written.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let cannot = || format!("{} cannot be written", path.display());
    let folder = path.parent().context("a file without a folder")?;
    std::fs::create_dir_all(folder).with_context(cannot)?;
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().context("a file without a name")?.to_owned();
    name.push(".weft-new");
    let new = target.with_file_name(name);
    std::fs::write(&new, bytes).with_context(cannot)?;
    if let Ok(metadata) = std::fs::metadata(&target) {
        std::fs::set_permissions(&new, metadata.permissions()).with_context(cannot)?;
    }
    std::fs::rename(&new, &target).with_context(cannot)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
