//! The VS Code extension: checked, packed with the binary for this platform, and driven in a real VS Code.
//!
//! VS Code is code-server, from npm into the cache; its window is Chromium's. The driver itself is editors/vscode/e2e.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::node::{self, Node};
use super::page;
use crate::cache::Cache;
use crate::{process, weft};

/// The VS Code that tests run in, as a version of code-server.
const CODE_SERVER: &str = "4.139.1";

/// Names that systems give to Chromium.
pub(super) const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Checks and packs the extension, then drives it. weft and the small model are there.
pub(super) fn test(root: &Path, cache: &Cache) -> Result<()> {
    let folder = cache.editors().join("vscode");
    // First, because it takes the binary that was just built.
    let vsix = pack(root, cache, &Programs::File(weft::binary(cache)))?;
    let node = node::ensure(&cache.editors())?;
    let code_server = ensure_code_server(&folder, &node)?;
    let captures = folder.join("captures");
    let mut driver = node.command("node")?;
    driver.current_dir(folder.join("build/editors/vscode")).arg("e2e/run.ts");
    driver
        .env("WEFT_VSIX", &vsix)
        .env("WEFT_CODE_SERVER", code_server)
        .env("WEFT_CHROMIUM", chromium()?)
        .env("WEFT_TEST_MODELS", cache.models())
        .env("WEFT_FIXTURES", root.join("fixtures"))
        .env("WEFT_CAPTURES", &captures);
    process::run(&mut driver)?;
    println!("what VS Code showed: {}", captures.display());
    Ok(())
}

/// What the extension carries.
pub(crate) enum Programs {
    /// One program, which needs nothing beside it.
    File(PathBuf),
    /// A folder with `weft` and its libraries.
    Folder(PathBuf),
}

/// Checks the extension and packs it for this platform. Returns the .vsix file.
pub(super) fn pack(root: &Path, cache: &Cache, programs: &Programs) -> Result<PathBuf> {
    let folder = cache.editors().join("vscode");
    let node = node::ensure(&cache.editors())?;
    let copy = node::mirror(root, "editors/vscode", &folder.join("build"), &node)?;
    let bin = copy.join("bin");
    // What another kind of build left there would be packed too.
    if bin.exists() {
        fs::remove_dir_all(&bin)?;
    }
    match programs {
        Programs::File(program) => {
            fs::create_dir_all(&bin)?;
            let name = program.file_name().context("the binary's path names a file")?;
            fs::copy(program, bin.join(name)).context("cannot copy the weft binary")?;
        }
        Programs::Folder(folder) => page::copy_folder(folder, &bin)?,
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root.join(licence), copy.join(licence))?;
    }
    node::scripts(&node, &copy, &["check", "test", "build"])?;
    page::copy_folder(&page::build(root, cache, &node)?, &copy.join("chat"))?;
    let target = target(std::env::consts::OS, std::env::consts::ARCH)?;
    let vsix = folder.join(format!("weft-{target}.vsix"));
    let mut npm = node.command("npm")?;
    npm.current_dir(&copy)
        .args(["run", "--silent", "package", "--", "--target", &target, "--out"])
        .arg(&vsix);
    process::run(&mut npm)?;
    Ok(vsix)
}

/// The folder of code-server's package, which runs.
fn ensure_code_server(folder: &Path, node: &Node) -> Result<PathBuf> {
    let here = folder.join("code-server");
    let package = here.join("node_modules/code-server");
    let works = || -> Result<bool> {
        let output = process::capture(node.command("node")?.arg(&package).arg("--version"))?;
        // `4.139.1 COMMIT with Code 1.139.1`
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(output.status.success() && text.split_whitespace().next() == Some(CODE_SERVER))
    };
    if !works()? {
        println!("installing code-server {CODE_SERVER} into {}: some minutes, once", here.display());
        node::install(&mut node.command("npm")?, &here, "code-server", CODE_SERVER)?;
        if !works()? {
            bail!("code-server was installed but does not run; delete {} to try again", here.display());
        }
    }
    Ok(package)
}

/// The system's Chromium.
pub(super) fn chromium() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut programs = CHROMIUM.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    programs
        .find(|program| program.is_file())
        .context("the tests need Chromium, and it is not on the PATH. `cargo xtask setup` installs it")
}

/// The platform as the marketplace names it.
fn target(os: &str, architecture: &str) -> Result<String> {
    let os = match os {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => bail!("VS Code has no extensions for the platform {other}"),
    };
    let architecture = match architecture {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("VS Code has no extensions for processors of the kind {other}"),
    };
    Ok(format!("{os}-{architecture}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_the_marketplaces_names() {
        assert_eq!(target("linux", "x86_64").unwrap(), "linux-x64");
        assert_eq!(target("macos", "aarch64").unwrap(), "darwin-arm64");
        assert!(target("freebsd", "x86_64").is_err());
        assert!(target("linux", "riscv64").is_err());
    }
}
