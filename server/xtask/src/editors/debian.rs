//! Editors of another Debian release than the system's, unpacked into the cache and made to run there.
//!
//! Nothing of the system changes: packages are unpacked, not installed, and the programs are told to use the libraries beside
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::version;
use crate::process;

/// Packages of a release.
pub(super) struct Source {
    /// Its folder in the cache.
    pub(super) folder: &'static str,
    pub(super) release: &'static str,
    pub(super) packages: &'static str,
    pub(super) programs: &'static [Program],
}

/// A program in the packages.
pub(super) struct Program {
    pub(super) name: &'static str,
    /// Its file below the root of the release.
    pub(super) file: &'static str,
    /// What tells it where its files are, given that root.
    pub(super) start: fn(&Path) -> Result<Start>,
}

/// How a program is started outside of its release.
#[derive(Default)]
pub(super) struct Start {
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) options: Vec<String>,
}

const NEOVIM: Program = Program {
    name: "nvim",
    file: "usr/bin/nvim",
    start: |root| Ok(with("VIMRUNTIME", &root.join("usr/share/nvim/runtime"))),
};
const HELIX: Program = Program {
    name: "hx",
    file: "usr/lib/hx/hx",
    start: |root| Ok(with("HELIX_RUNTIME", &root.join("usr/lib/hx/runtime"))),
};

fn with(variable: &'static str, folder: &Path) -> Start {
    Start { environment: vec![(variable, folder.display().to_string())], options: Vec::new() }
}

/// Neovim 0.12 or newer and Helix 25.07 or newer.
pub(super) const NEOVIM_AND_HELIX: Source =
    Source { folder: "sid", release: "sid", packages: "neovim,hx", programs: &[NEOVIM, HELIX] };

/// Neovim 0.10.
pub(super) const OLDER_NEOVIM: Source =
    Source { folder: "trixie", release: "trixie", packages: "neovim", programs: &[NEOVIM] };

/// Whether this is Debian: others have neither its archive's keys nor its addresses.
pub(super) fn is_here() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian")
}

/// Sees that the programs of a release are there and run; returns the folder that has them by name.
pub(super) fn ensure(folder: &Path, source: &Source) -> Result<PathBuf> {
    let here = folder.join(source.folder);
    let programs = here.join("programs");
    let works = |program: &Program| version::first_line(&programs.join(program.name)).is_ok();
    if source.programs.iter().all(works) {
        return Ok(programs);
    }
    println!("unpacking {} of Debian {} into {}", source.packages, source.release, here.display());
    if here.exists() {
        fs::remove_dir_all(&here)?;
    }
    let root = here.join("root");
    fs::create_dir_all(&here)?;
    unpack(source.release, source.packages, &root).context(
        "Debian's archive could not be used (it must run as root). Another way: put nvim and hx on the PATH \
         and run their tests by hand, as CONTRIBUTING.md says",
    )?;
    fs::create_dir_all(&programs)?;
    let (interpreter, libraries) = loader(&root)?;
    for program in source.programs {
        let file = root.join(program.file);
        let mut patch = process::command("patchelf");
        patch
            .arg("--set-interpreter")
            .arg(&interpreter)
            .arg("--force-rpath")
            .arg("--set-rpath")
            .arg(&libraries);
        process::run(patch.arg(&file))?;
        wrap(&programs.join(program.name), &root, program)?;
        version::first_line(&programs.join(program.name))?;
    }
    Ok(programs)
}

/// Unpacks packages of a release, and what they depend on.
pub(super) fn unpack(release: &str, packages: &str, root: &Path) -> Result<()> {
    let mut unpack = process::command("mmdebstrap");
    // Only unpacked: no script of a package runs. A mirror may lag behind the date that its list was to be good for.
    unpack.args(["--quiet", "--variant=extract", "--mode=root"]);
    unpack.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    unpack.arg(format!("--include={packages}")).arg(release).arg(root);
    process::run(&mut unpack)
}

/// The release's own dynamic loader, and the folder of its libraries.
fn loader(root: &Path) -> Result<(PathBuf, PathBuf)> {
    for entry in fs::read_dir(root.join("usr/lib"))?.flatten() {
        let folder = entry.path();
        let Ok(files) = fs::read_dir(&folder) else { continue };
        let is_loader = |name: &str| name.starts_with("ld-linux");
        let mut loaders = files.flatten().filter(|file| is_loader(&file.file_name().to_string_lossy()));
        if let Some(loader) = loaders.next() {
            return Ok((loader.path(), folder));
        }
    }
    bail!("{} has no dynamic loader", root.display())
}

/// A script that starts the program with its own files.
fn wrap(script: &Path, root: &Path, program: &Program) -> Result<()> {
    let start = (program.start)(root)?;
    let mut text = "#!/bin/sh\n".to_owned();
    for (variable, value) in start.environment {
        text.push_str(&format!("{variable}='{value}' "));
    }
    text.push_str(&format!("exec '{}'", root.join(program.file).display()));
    for option in start.options {
        text.push_str(&format!(" '{option}'"));
    }
    text.push_str(" \"$@\"\n");
    fs::write(script, text)?;
    process::run(process::command("chmod").arg("+x").arg(script))
}
