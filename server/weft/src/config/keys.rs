//! The file of keys, which only the user can read: it has a key itself, or says that the keyring has it. It must not show one: who asks for
//! a key gets a [`Secret`].
//!
//! The file comes first: on Linux the keyring needs a session bus, which servers, containers and editors over ssh have not.

use anyhow::{Context, Result, bail};
use engine_remote::Secret;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// What the file has for an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Key(Secret),
    /// The keyring has it.
    Keyring,
}

/// What stands in a key's place where the keyring has it. No key looks like this.
const IN_KEYRING: &str = "@keyring";

/// What the file has, by the names of the engines.
pub(crate) fn stored(file: &Path) -> Result<BTreeMap<String, Stored>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
    };
    check_rights(file)?;
    // The parser's message would quote the line, and with it a key.
    let keys: BTreeMap<String, String> = toml::from_str(&text).ok().with_context(|| {
        format!("{} is not what `weft key set` writes; remove it and set the keys again", file.display())
    })?;
    let read = |written: String| match written.as_str() {
        IN_KEYRING => Stored::Keyring,
        key => Stored::Key(Secret::new(key)),
    };
    Ok(keys.into_iter().map(|(engine, written)| (engine, read(written))).collect())
}

/// Stores a key; an empty one is taken out.
pub(crate) fn store(file: &Path, engine: &str, key: &Secret) -> Result<()> {
    change(file, engine, (!key.is_empty()).then(|| Stored::Key(key.clone())))
}

/// Notes that the keyring has an engine's key.
pub(crate) fn note_keyring(file: &Path, engine: &str) -> Result<()> {
    change(file, engine, Some(Stored::Keyring))
}

fn change(file: &Path, engine: &str, to: Option<Stored>) -> Result<()> {
    let mut keys = stored(file)?;
    match to {
        None => drop(keys.remove(engine)),
        Some(to) => drop(keys.insert(engine.to_owned(), to)),
    }
    let written = |stored: &Stored| match stored {
        Stored::Key(key) => key.expose().to_owned(),
        Stored::Keyring => IN_KEYRING.to_owned(),
    };
    let table: toml::Table =
        keys.iter().map(|(engine, stored)| (engine.clone(), toml::Value::String(written(stored)))).collect();
    let text =
        format!("# Keys of engines, written by `weft key set`. Nobody else may read this file.\n{table}");
    write_privately(file, &text).with_context(|| format!("{} cannot be written", file.display()))
}

/// Whole or not at all, and never readable by others, not for a moment.
fn write_privately(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let half = file.with_extension(format!("{}.half", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&half).and_then(|mut out| out.write_all(text.as_bytes()));
    let moved = written.and_then(|()| std::fs::rename(&half, file));
    if moved.is_err() {
        drop(std::fs::remove_file(&half));
    }
    moved
}

/// A file of keys that others can read holds no secrets any more.
#[cfg(unix)]
fn check_rights(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let rights = std::fs::metadata(file).map(|data| data.permissions().mode() & 0o777)?;
    if rights & 0o077 != 0 {
        bail!(
            "{file} holds keys and others can read it (its rights are {rights:o}), so it is not used. `chmod 600 {file}` \
             closes it; whoever could read the keys may have them",
            file = file.display()
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_rights(_file: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stored_and_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config/keys.toml");
        assert!(stored(&file).unwrap().is_empty());
        store(&file, "a", &Secret::new("sk-\"1\"\n")).unwrap();
        store(&file, "b.c", &Secret::new("sk-2")).unwrap();
        note_keyring(&file, "d").unwrap();
        let keys = stored(&file).unwrap();
        assert_eq!(keys["a"], Stored::Key(Secret::new("sk-\"1\"")));
        assert_eq!(keys["b.c"], Stored::Key(Secret::new("sk-2")));
        assert_eq!(keys["d"], Stored::Keyring);
        store(&file, "a", &Secret::default()).unwrap();
        store(&file, "d", &Secret::new("sk-3")).unwrap();
        assert_eq!(stored(&file).unwrap().keys().collect::<Vec<_>>(), ["b.c", "d"]);
        assert_eq!(stored(&file).unwrap()["d"], Stored::Key(Secret::new("sk-3")));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        store(&file, "a", &Secret::new("sk-1")).unwrap();
        let rights = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(rights(&file), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = stored(&file).unwrap_err().to_string();
        assert!(error.contains("chmod 600") && !error.contains("sk-1"), "{error}");
    }

    #[test]
    fn a_broken_file_does_not_show_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        store(&file, "a", &Secret::new("sk-1")).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + "b = sk-222\n").unwrap();
        let error = format!("{:#}", stored(&file).unwrap_err());
        assert!(!error.contains("sk-222"), "{error}");
    }
}
