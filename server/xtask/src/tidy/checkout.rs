//! What tidy looks at: the crates as `cargo metadata` tells them, and the text of every file that git
//! would keep.
//!
//! It must not judge; the checks do.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::process;

/// The crates and files of a checkout.
#[derive(Default)]
pub(super) struct Checkout {
    pub(super) crates: Vec<Crate>,
    pub(super) files: Vec<File>,
}

/// A member of the workspace.
pub(super) struct Crate {
    pub(super) name: String,
    /// Its Cargo.toml, relative to the checkout.
    pub(super) manifest: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// What a crate depends on.
#[derive(Deserialize)]
pub(super) struct Dependency {
    /// The package's own name, whatever the manifest calls it.
    pub(super) name: String,
    /// The version requirement, such as `^1` or `=0.1.160`.
    pub(super) req: String,
    /// `None` for an ordinary dependency, else `dev` or `build`.
    pub(super) kind: Option<String>,
    /// `None` for a crate of the workspace.
    pub(super) source: Option<String>,
}

/// A file that is in git or would be added.
pub(super) struct File {
    /// Relative to the checkout, with `/`.
    pub(super) path: String,
    /// Empty if the file is no UTF-8 text.
    pub(super) text: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

impl Checkout {
    pub(super) fn read(root: &Path) -> Result<Self> {
        Ok(Self { crates: crates(root)?, files: files(root)? })
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl File {
    /// The first line, from 1, that contains `needle`; 1 if none does.
    pub(super) fn line_with(&self, needle: &str) -> usize {
        self.text.lines().position(|line| line.contains(needle)).map_or(1, |index| index + 1)
    }
}

fn crates(root: &Path) -> Result<Vec<Crate>> {
    let mut cargo = process::cargo();
    cargo.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = process::capture(&mut cargo)?;
    if !output.status.success() {
        bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cannot read `cargo metadata`")?;
    let root = fs::canonicalize(root)?;
    let known = |package: Package| {
        let manifest = Path::new(&package.manifest_path);
        let manifest = manifest.strip_prefix(&root).unwrap_or(manifest).to_string_lossy().into_owned();
        Crate { name: package.name, manifest, dependencies: package.dependencies }
    };
    Ok(metadata.packages.into_iter().map(known).collect())
}

fn files(root: &Path) -> Result<Vec<File>> {
    let mut git = process::command("git");
    // In a container the checkout often belongs to another user; reading names does no harm.
    git.current_dir(root).args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]);
    git.arg("--exclude-standard");
    let output = process::capture(&mut git)?;
    if !output.status.success() {
        bail!(
            "git cannot list the files of {}: {}",
            root.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        // A file that was deleted and not yet committed is still listed.
        let Ok(bytes) = fs::read(root.join(path)) else { continue };
        files.push(File { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() });
    }
    Ok(files)
}
