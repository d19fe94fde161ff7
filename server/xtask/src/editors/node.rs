//! Node and npm as the editors' web parts need them, in the cache; and folders of the checkout that npm builds.
//!
//! Nothing is built in the checkout: a copy lies in the cache, with the packages of its lock file beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::version;
use crate::process;

/// Pinned: code-server runs on this major version only, and native packages are compiled for it.
const NODE: &str = "24.21.0";

/// A Node in the cache.
pub(super) struct Node {
    /// The folder with the program.
    programs: PathBuf,
    /// The folder with its `include`, for packages that compile something.
    headers: PathBuf,
}

impl Node {
    /// `node` itself.
    pub(super) fn program(&self) -> PathBuf {
        self.programs.join("node")
    }

    /// A program that runs on this Node: `node` itself or `npm`.
    pub(super) fn command(&self, program: &str) -> Result<Command> {
        let mut folders = vec![self.programs.clone()];
        folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(folders).context("the PATH cannot be extended")?;
        let own = self.programs.join(program);
        let mut command = process::command(if own.is_file() { own } else { program.into() });
        command.env("PATH", path).env("npm_config_nodedir", &self.headers);
        Ok(command)
    }
}

/// Sees that Node is there and runs. It comes as an npm package, through the npm of the system.
pub(super) fn ensure(folder: &Path) -> Result<Node> {
    let here = folder.join("node");
    let package = here.join("node_modules/node");
    let node = |headers| Node { programs: package.join("bin"), headers };
    let works =
        || version::first_line(&package.join("bin/node")).is_ok_and(|line| line == format!("v{NODE}"));
    if !works() {
        println!("fetching Node {NODE} into {}", here.display());
        install(&mut process::command("npm"), &here, "node", NODE)?;
        if !works() {
            bail!(
                "the npm package node@{NODE} brought no Node that runs here; delete {} to try again",
                here.display()
            );
        }
    }
    // The package of the platform has the headers.
    let inside =
        fs::read_dir(package.join("node_modules")).context("the npm package node has an unknown form")?;
    let headers = inside.flatten().map(|entry| entry.path()).find(|path| path.join("include").is_dir());
    Ok(node(headers.context("the npm package node has no headers")?))
}

/// Installs one package of an exact version into a folder of its own.
pub(super) fn install(npm: &mut Command, folder: &Path, name: &str, version: &str) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot delete {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    let manifest = format!("{{ \"private\": true, \"dependencies\": {{ \"{name}\": \"{version}\" }} }}\n");
    fs::write(folder.join("package.json"), manifest)?;
    npm.current_dir(folder).args(["install", "--no-audit", "--no-fund", "--loglevel=error"]);
    process::run(npm)
}

/// Copies a folder of the checkout into the cache and installs the packages of its lock file there. Returns the copy.
pub(super) fn mirror(root: &Path, source: &str, folder: &Path, node: &Node) -> Result<PathBuf> {
    let copy = folder.join(source);
    let record = copy.join("node_modules/.weft-lock.json");
    let packages = fs::read_to_string(&record).ok();
    clear(&copy)?;
    for file in files(root, source)? {
        let target = folder.join(&file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(root.join(&file), &target).with_context(|| format!("cannot copy {file}"))?;
    }
    let wanted = fs::read_to_string(copy.join("package-lock.json"))
        .with_context(|| format!("{source} has no package-lock.json"))?;
    if packages.is_none_or(|packages| packages != wanted) {
        let mut npm = node.command("npm")?;
        npm.current_dir(&copy).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        process::run(&mut npm)?;
        fs::write(&record, wanted)?;
    }
    Ok(copy)
}

/// Runs scripts of a folder's package.json, one after the other.
pub(super) fn scripts(node: &Node, folder: &Path, names: &[&str]) -> Result<()> {
    for name in names {
        let mut npm = node.command("npm")?;
        process::run(npm.current_dir(folder).args(["run", "--silent", name]))?;
    }
    Ok(())
}

/// Removes an old copy, all but its packages.
fn clear(copy: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(copy) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| entry.file_name() != "node_modules") {
        let path = entry.path();
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("cannot delete {}", path.display()))?;
    }
    Ok(())
}

/// The files of a folder that are, or could be, in the repository: paths from its root.
fn files(root: &Path, source: &str) -> Result<Vec<String>> {
    let mut git = process::command("git");
    git.current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        source,
    ]);
    let output = process::capture(&mut git)?;
    if !output.status.success() {
        bail!("git cannot list {source}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    // A file that was deleted but is still in the index is no file.
    let here = names.split('\0').filter(|name| !name.is_empty() && root.join(name).is_file());
    Ok(here.map(str::to_owned).collect())
}
