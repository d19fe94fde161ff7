//! `weft key`: keys of engines, in a file that only the user can read. It must not show one, and takes none from the command line, which
//! others can read.

use crate::cli::KeyCommand;
use crate::config::engines::{KeyPlace, find_key, key_place};
use crate::config::{self, keys};
use crate::paths::Paths;
use anyhow::{Context, Result, bail};
use engine_remote::Secret;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

pub(crate) fn run(command: KeyCommand, paths: &Paths) -> Result<ExitCode> {
    match command {
        KeyCommand::Set { engine } => set(&engine, paths),
        KeyCommand::Remove { engine } => {
            if !keys::stored(&paths.keys)?.contains_key(&engine) {
                bail!("there is no key for {engine} in {}", paths.keys.display());
            }
            keys::store(&paths.keys, &engine, &Secret::default())?;
            say!("the key for {engine} is gone from {}", paths.keys.display());
            Ok(ExitCode::SUCCESS)
        }
        KeyCommand::List => list(paths),
    }
}

fn set(engine: &str, paths: &Paths) -> Result<ExitCode> {
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
    keys::store(&paths.keys, engine, &key)?;
    say!("the key for {engine} is in {} now, which only you can read", paths.keys.display());
    let config = config::load(paths, None);
    match config.engines.get(engine) {
        None => eprintln!("weft: {} has no [engines.{engine}] yet", paths.config.display()),
        Some((section, _)) => {
            let place = section.kind.and_then(|kind| key_place(kind, section));
            if !matches!(place, Some(KeyPlace::File | KeyPlace::Usual(_))) {
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
