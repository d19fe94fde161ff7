//! `weft key`: keys of engines, in a file that only the user can read or in the system's keyring. It must not show one, and takes none from
//! the command line, which others can read.

use crate::cli::KeyCommand;
use crate::config::engines::{KeyPlace, find_key, key_place};
use crate::config::keys::Stored;
use crate::config::{self, keyring, keys};
use crate::paths::Paths;
use anyhow::{Context, Result, bail};
use engine_remote::Secret;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

pub(crate) fn run(command: KeyCommand, paths: &Paths) -> Result<ExitCode> {
    match command {
        KeyCommand::Set { engine, keyring } => set(&engine, keyring, paths),
        KeyCommand::Remove { engine } => remove(&engine, paths),
        KeyCommand::List => list(paths),
    }
}

fn remove(engine: &str, paths: &Paths) -> Result<ExitCode> {
    let file = paths.keys.display();
    match keys::stored(&paths.keys)?.remove(engine) {
        Some(Stored::Key(_)) => say!("the key for {engine} is gone from {file}"),
        Some(Stored::Keyring) => {
            keyring::remove(engine).map_err(anyhow::Error::msg)?;
            say!("the key for {engine} is gone from the system's keyring");
        }
        None if asks_keyring(engine, paths) && keyring::remove(engine).map_err(anyhow::Error::msg)? => {
            say!("the key for {engine} is gone from the system's keyring");
        }
        None => bail!("there is no key for {engine} in {file}"),
    }
    keys::store(&paths.keys, engine, &Secret::default())?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the configuration names the keyring as the place of this engine's key.
fn asks_keyring(engine: &str, paths: &Paths) -> bool {
    let config = config::load(paths, None);
    let place = config.engines.get(engine).and_then(|(section, _)| key_place(section.kind?, section));
    place == Some(KeyPlace::Keyring)
}

fn set(engine: &str, in_keyring: bool, paths: &Paths) -> Result<ExitCode> {
    let typed = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("The key for {engine} (it is not shown): "))
            .context("the key could not be read from the terminal")?
    } else {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the key could not be read from stdin")?;
        text
    };
    let key = Secret::new(&typed);
    if key.is_empty() {
        bail!("no key was given, so nothing was changed. `weft key remove {engine}` takes one out");
    }
    if key.expose().contains(char::is_whitespace) {
        bail!("a key has no blanks or line ends in it, so nothing was changed");
    }
    if in_keyring {
        keyring::set(engine, &key).map_err(anyhow::Error::msg)?;
        // It takes the place of a key that was there: one place has it.
        keys::note_keyring(&paths.keys, engine)?;
        say!("the key for {engine} is in the system's keyring now");
    } else {
        let before = keys::stored(&paths.keys)?.remove(engine);
        keys::store(&paths.keys, engine, &key)?;
        say!("the key for {engine} is in {} now, which only you can read", paths.keys.display());
        if before == Some(Stored::Keyring)
            && let Err(problem) = keyring::remove(engine)
        {
            eprintln!("weft: the one in the system's keyring was not removed: {problem}");
        }
    }
    let config = config::load(paths, None);
    match config.engines.get(engine) {
        None => eprintln!("weft: {} has no [engines.{engine}] yet", paths.config.display()),
        Some((section, _)) => {
            let place = section.kind.and_then(|kind| key_place(kind, section));
            let looked_for = matches!(place, Some(KeyPlace::File | KeyPlace::Usual(_)));
            if !(looked_for || in_keyring && place == Some(KeyPlace::Keyring)) {
                eprintln!(
                    "weft: [engines.{engine}] says that its key is elsewhere; `key = \"file\"` uses this one"
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Which engine has its key where; never the key.
fn list(paths: &Paths) -> Result<ExitCode> {
    let config = config::load(paths, None);
    let stored = keys::stored(&paths.keys)?;
    for (name, (engine, _)) in &config.engines {
        let place = engine.kind.and_then(|kind| key_place(kind, engine));
        let found = match &place {
            None => "its section is not usable; `weft config show` says why".to_owned(),
            Some(place) => match find_key(name, place, &paths.keys, &|name| std::env::var(name).ok()) {
                Err(problem) => problem,
                Ok(None) => "none, and none is needed".to_owned(),
                Ok(Some(_)) => match place {
                    KeyPlace::Variable(variable) => format!("from the environment variable {variable}"),
                    KeyPlace::Usual(Some(variable)) if !stored.contains_key(name) => {
                        format!("from the environment variable {variable}")
                    }
                    KeyPlace::Keyring => "from the system's keyring".to_owned(),
                    _ if stored.get(name) == Some(&Stored::Keyring) => "from the system's keyring".to_owned(),
                    _ => format!("from {}", paths.keys.display()),
                },
            },
        };
        say!("{name:<16} {found}");
    }
    for name in stored.keys().filter(|name| !config.engines.contains_key(*name)) {
        say!("{name:<16} stored, but there is no [engines.{name}]");
    }
    Ok(ExitCode::SUCCESS)
}
