//! `cargo xtask package`: what is handed out to others. It must not test it: `cargo xtask check portable` and `e2e vscode` do.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::editors::vscode::Programs;
use crate::setup::{self, Purpose};
use crate::{editors, portable, weft};

const HELP: &str = "\
Pack what others install.

Usage: cargo xtask package vscode [--portable]
       cargo xtask package portable [--with FEATURE]...

  vscode    Check the VS Code extension and pack it for this platform, with the weft binary in it
  portable  Build weft for any machine of this platform: llama.cpp's code for each kind of processor lies beside it, and the best
            that a machine can run is used there. In a folder of its own in the cache; takes a quarter of an hour the first time

Options:
  --portable      The extension has the portable weft, not the one that was built for this machine's processor
  --with FEATURE  Besides processors: vulkan, cuda, rocm (docs/gpu.md says what each needs)
";

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.positional();
    let is_portable = arguments.flag("--portable");
    let features = arguments.values("--with")?;
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    match name.as_deref() {
        Some("vscode") => {
            setup::ensure(Purpose::Test)?;
            let programs = if is_portable {
                Programs::Folder(portable::build(&root, &cache, &features, None)?)
            } else {
                weft::build(&cache, &root)?;
                Programs::File(weft::binary(&cache))
            };
            println!("packed: {}", editors::pack_vscode(&root, &cache, &programs)?.display());
        }
        Some("portable") => {
            println!("packed: {}", portable::build(&root, &cache, &features, None)?.display())
        }
        _ => bail!(
            "what is to be packed? `cargo xtask package vscode` packs the VS Code extension, `package portable` weft"
        ),
    }
    Ok(ExitCode::SUCCESS)
}
