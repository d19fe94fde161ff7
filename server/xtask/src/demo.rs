//! `cargo xtask demo`: from a fresh machine to real completions in one command.
//!
//! It uses the user's own weft folders, so that weft is ready for use afterwards; it shows what the
//! binary prints and must never print a completion of its own.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::setup::{self, Purpose};
use crate::{process, weft};

const HELP: &str = "\
Install what is missing, build weft, fetch the small model and show real completions.

Usage: cargo xtask demo

What it does, in order: `cargo xtask setup` for building; cargo build into ~/.cache/weft/build;
`weft models pull qwen2.5-coder-0.5b` (0.5 GB, once); `weft complete` at places in fixtures/.
";

/// fixtures/demo.toml: the places to show, in order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    place: Vec<Place>,
}

/// A place in fixtures/ where code is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    title: String,
    /// Path below fixtures/.
    file: String,
    /// From 1.
    line: usize,
    /// In characters, from 1; the suggestion starts before it.
    column: usize,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let fixtures = root.join("fixtures");
    let demo = read(&fixtures.join("demo.toml"))?;

    heading("What building needs");
    setup::ensure(Purpose::Build)?;

    heading("Build");
    let cache = Cache::open()?;
    let binary = weft::build(&cache, &root)?;

    heading("Model");
    fetch_small_model(&binary, &cache)?;

    for place in &demo.place {
        heading(&place.title);
        let target = format!("fixtures/{}:{}:{}", place.file, place.line, place.column);
        let mut command = process::command(&binary);
        command.current_dir(&root);
        command.args(["complete", "--show-code", "--model", weft::SMALL_MODEL, &target]);
        println!("$ weft complete --show-code {target}");
        process::run(&mut command)?;
    }

    heading("What next");
    println!(
        "The binary:        {0}\n\
         On your PATH:      sudo ln -s {0} /usr/local/bin/weft\n\
         The better model:  {0} models pull   (1.1 GB, the default one)\n\
         In your editor:    README.md, \"Editors\"\n\
         If it is silent:   {0} doctor",
        binary.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Demo> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let demo: Demo = toml::from_str(&text).with_context(|| format!("{} is not right", path.display()))?;
    if demo.place.is_empty() {
        bail!("{} lists no place", path.display());
    }
    Ok(demo)
}

/// Fetches the model into the user's own models folder, from the tests' cache if that has it.
fn fetch_small_model(binary: &Path, cache: &Cache) -> Result<()> {
    let present = weft::model_path(binary, weft::SMALL_MODEL, &[])?;
    if let Some(path) = present {
        println!("{} is here: {}", weft::SMALL_MODEL, path.display());
        return Ok(());
    }
    weft::pull(binary, weft::SMALL_MODEL, &[])?;
    // The tests find it again without fetching it a second time; they fetch it if this fails.
    if let Some(path) = weft::model_path(binary, weft::SMALL_MODEL, &[])? {
        let _ = weft::link_model(&path, &cache.models());
    }
    Ok(())
}

fn heading(text: &str) {
    println!("\n\x1b[1m── {text}\x1b[0m");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_demo_is_in_its_file() {
        let fixtures = cache::workspace_root().unwrap().join("fixtures");
        for place in read(&fixtures.join("demo.toml")).unwrap().place {
            let text = fs::read_to_string(fixtures.join(&place.file)).unwrap();
            let line = text.lines().nth(place.line - 1).unwrap_or_else(|| panic!("{}", place.title));
            let length = line.chars().count();
            assert_eq!(place.column, length + 1, "{}: the place is the end of {line:?}", place.title);
        }
    }
}
