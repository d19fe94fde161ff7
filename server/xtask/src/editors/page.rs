//! The chat page: built beside the weft binary, checked, and driven in Chromium: with a scripted peer, and with the real server and models.
//!
//! The page's own tests are editors/chat/tests; this only gives them what they need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::node::{self, Node};
use super::vscode;
use crate::cache::Cache;
use crate::{process, weft};

/// Where it stands in the checkout, and in the folder of copies.
const SOURCE: &str = "editors/chat";

/// Builds the page. Returns the folder with `index.html`.
pub(super) fn build(root: &Path, cache: &Cache, node: &Node) -> Result<PathBuf> {
    let copy = mirror(root, cache, node)?;
    node::scripts(node, &copy, &["build"])?;
    Ok(copy.join("dist"))
}

/// Puts the built page beside the binary, where `weft serve` looks for it.
pub(super) fn install(built: &Path, cache: &Cache) -> Result<PathBuf> {
    let folder = weft::binary(cache).with_file_name("page");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot delete {}", folder.display()))?;
    }
    copy_folder(built, &folder)?;
    Ok(folder)
}

/// Checks the page and drives it with a scripted peer.
pub(super) fn check(root: &Path, cache: &Cache) -> Result<()> {
    let node = node::ensure(&cache.editors())?;
    let copy = mirror(root, cache, &node)?;
    node::scripts(&node, &copy, &["check", "lint", "test", "build"])?;
    playwright(&node, &copy, "playwright.config.ts", &cache.editors().join("page/scripted"))
}

/// Drives the page with the real server. weft and the small models are there.
pub(super) fn test(root: &Path, cache: &Cache) -> Result<()> {
    let node = node::ensure(&cache.editors())?;
    let built = build(root, cache, &node)?;
    let page = install(&built, cache)?;
    let copy = built.parent().context("the built page lies in its folder")?.to_owned();
    let captures = cache.editors().join("page/captures");
    let mut driver = command(&node, &copy, "playwright.real.config.ts", &captures)?;
    driver
        .env("WEFT_BIN", weft::binary(cache))
        .env("WEFT_PAGE", page)
        .env("WEFT_TEST_MODELS", cache.models())
        .env("WEFT_FIXTURES", root.join("fixtures"));
    process::run(&mut driver)?;
    println!("what the page showed: {}", captures.display());
    Ok(())
}

/// Copies a folder with all that is in it.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn mirror(root: &Path, cache: &Cache, node: &Node) -> Result<PathBuf> {
    node::mirror(root, SOURCE, &cache.editors().join("page/build"), node)
}

fn playwright(node: &Node, copy: &Path, configuration: &str, captures: &Path) -> Result<()> {
    process::run(&mut command(node, copy, configuration, captures)?)
}

fn command(node: &Node, copy: &Path, configuration: &str, captures: &Path) -> Result<Command> {
    let mut driver = node.command("node")?;
    driver.current_dir(copy).arg("node_modules/@playwright/test/cli.js");
    driver.args(["test", "--config", configuration]);
    driver.env("CHROMIUM", vscode::chromium()?).env("WEFT_CAPTURES", captures);
    Ok(driver)
}
