//! `cargo xtask check`: builds for graphics cards, apart from the usual one, for llama.cpp compiles anew in each; and what can be tested of
//! them on any machine.
//!
//! It is no part of `cargo xtask test`: one build takes a quarter of an hour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::setup::{self, Purpose};
use crate::{process, test, weft};

const HELP: &str = "\
Build Weft for graphics cards and test what can be tested of it here.

Usage: cargo xtask check vulkan

  vulkan  Build with Vulkan in a folder of its own in the cache, then run tests/test_gpu.py on a device that the
          processor simulates (Mesa's lavapipe): devices, layers, and the same answers as the processor alone
";

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.positional();
    arguments.finish()?;
    if name.as_deref() != Some("vulkan") {
        bail!("what is to be checked? `cargo xtask check vulkan` builds for Vulkan and tests it");
    }
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    setup::ensure(Purpose::Vulkan)?;
    let driver =
        lavapipe().context("Mesa's software driver for Vulkan (lavapipe) is not where drivers are")?;
    let folder = cache.build_for("vulkan");
    println!("building with Vulkan in {}", folder.display());
    let mut build = process::cargo();
    build.current_dir(&root).env("CARGO_TARGET_DIR", &folder);
    process::run(build.args(["build", "--package", "weft", "--features", "vulkan"]))?;
    let binary = folder.join("debug").join(format!("weft{}", std::env::consts::EXE_SUFFIX));
    weft::ensure_model_in(&binary, weft::SMALL_MODEL, &cache.models())?;
    test::python_environment(&root, &cache)?;
    process::run(&mut pytest(&root, &cache, &binary, &driver))?;
    Ok(ExitCode::SUCCESS)
}

fn pytest(root: &Path, cache: &Cache, binary: &Path, driver: &Path) -> Command {
    let mut pytest = test::pytest(root, cache);
    pytest.env("WEFT_BIN", binary).env("WEFT_TEST_GPU", "vulkan").arg("test_gpu.py");
    // This driver and no other; and llama.cpp leaves processors aside unless a device is named.
    pytest.env("VK_DRIVER_FILES", driver).env("VK_ICD_FILENAMES", driver).env("GGML_VK_VISIBLE_DEVICES", "0");
    pytest
}

/// The file that describes Mesa's software driver.
pub(crate) fn lavapipe() -> Option<PathBuf> {
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lvp_icd")))
}
