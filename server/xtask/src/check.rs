//! `cargo xtask check`: builds for graphics cards and for any machine, apart from the usual one, for llama.cpp compiles anew in each, and what can be
//! tested of them here; and docs/team in containers.
//!
//! It is no part of `cargo xtask test`: a build takes a quarter of an hour, and containers want a kernel that a container may not have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::setup::{self, Purpose};
use crate::{containers, cuda, editors, portable, process, test, weft};

const HELP: &str = "\
Test what is no part of `cargo xtask test`: Weft built otherwise than for this machine's processor, and in containers.

Usage: cargo xtask check vulkan
       cargo xtask check portable
       cargo xtask check cuda
       cargo xtask check team

  portable  Build for any machine of this platform, with Vulkan (`cargo xtask package portable --with vulkan`), then run tests/test_portable.py
          with it: it computes with the module that suits this processor best. Then the same tests as for vulkan

  cuda    Build for any machine of this platform, with CUDA; NVIDIA's compiler comes from PyPI where none is installed. Where there is a card,
          the same tests as for vulkan run on it; elsewhere tests/test_portable.py: the module for the card is left aside, which
          `weft devices` says, and the processor computes. Of one generation of cards, unless CMAKE_CUDA_ARCHITECTURES names more

  vulkan  Build with Vulkan in a folder of its own in the cache, then run tests/test_gpu.py on a device that the
          processor simulates (Mesa's lavapipe): devices, layers, and the same answers as the processor alone

  team    Start docs/team/compose.yaml with Podman, as root, and run tests/test_compose.py on it: two engines and the proxy, each in its
          container, of images that are made from Debian's archive
";

/// Turing, in code that the driver translates for the card at hand: the oldest that CUDA 13 knows, and quick to compile.
const OLDEST_CARDS: &str = "75-virtual";

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.positional();
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    match name.as_deref() {
        Some("vulkan") => vulkan(&root, &cache)?,
        Some("portable") => portable(&root, &cache)?,
        Some("cuda") => cuda(&root, &cache)?,
        Some("team") => team(&root, &cache)?,
        _ => bail!(
            "what is to be checked? `cargo xtask check vulkan`, `check portable`, `check cuda` or `check team`"
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn portable(root: &Path, cache: &Cache) -> Result<()> {
    setup::ensure(Purpose::Test)?;
    setup::ensure(Purpose::Vulkan)?;
    let driver = driver()?;
    let folder = portable::build(root, cache, &["vulkan".to_owned()], None)?;
    let binary = in_folder(root, cache, &folder, &["test_portable.py", "test_inline_completion.py"])?;
    process::run(&mut on_vulkan(root, cache, &binary, &driver))
}

fn cuda(root: &Path, cache: &Cache) -> Result<()> {
    setup::ensure(Purpose::Test)?;
    let has_card = cuda::has_card();
    let cards = if has_card { "native" } else { OLDEST_CARDS };
    let folder = portable::build(root, cache, &["cuda".to_owned()], Some(cards))?;
    let binary = in_folder(root, cache, &folder, &["test_portable.py"])?;
    if !has_card {
        println!("There is no card of NVIDIA's here: that it computes on one was not tested.");
        return Ok(());
    }
    process::run(pytest_with(root, cache, &binary).env("WEFT_TEST_GPU", "cuda").arg("test_gpu.py"))
}

fn team(root: &Path, cache: &Cache) -> Result<()> {
    setup::ensure(Purpose::Build)?;
    setup::ensure(Purpose::Containers)?;
    weft::build(cache, root)?;
    weft::ensure_model_in(&weft::binary(cache), weft::SMALL_MODEL, &cache.models())?;
    let settings = containers::ensure(cache)?;
    test::python_environment(root, cache)?;
    let mut pytest = test::pytest(root, cache);
    pytest.env("WEFT_TEST_COMPOSE", "podman-compose").envs(settings);
    process::run(pytest.arg("test_compose.py"))
}

/// Runs tests with the program of a portable folder, which is returned.
fn in_folder(root: &Path, cache: &Cache, folder: &Path, tests: &[&str]) -> Result<PathBuf> {
    let binary = folder.join(format!("weft{}", std::env::consts::EXE_SUFFIX));
    weft::ensure_model_in(&binary, weft::SMALL_MODEL, &cache.models())?;
    test::python_environment(root, cache)?;
    process::run(pytest_with(root, cache, &binary).env("WEFT_TEST_PORTABLE", folder).args(tests))?;
    Ok(binary)
}

fn pytest_with(root: &Path, cache: &Cache, binary: &Path) -> Command {
    let mut pytest = test::pytest(root, cache);
    pytest.env("WEFT_BIN", binary);
    pytest
}

fn driver() -> Result<PathBuf> {
    lavapipe().context("Mesa's software driver for Vulkan (lavapipe) is not where drivers are")
}

fn vulkan(root: &Path, cache: &Cache) -> Result<()> {
    setup::ensure(Purpose::Vulkan)?;
    let driver = driver()?;
    let folder = cache.build_for("vulkan");
    println!("building with Vulkan in {}", folder.display());
    let mut build = process::cargo();
    build.current_dir(root).env("CARGO_TARGET_DIR", &folder);
    if let Some(headers) = newer_headers(cache)? {
        build.env("CMAKE_INCLUDE_PATH", headers);
    }
    process::run(build.args(["build", "--package", "weft", "--features", "vulkan"]))?;
    let binary = folder.join("debug").join(format!("weft{}", std::env::consts::EXE_SUFFIX));
    weft::ensure_model_in(&binary, weft::SMALL_MODEL, &cache.models())?;
    test::python_environment(root, cache)?;
    process::run(&mut on_vulkan(root, cache, &binary, &driver))
}

/// Vulkan's headers of a newer Debian, where the system's are too old for llama.cpp; none where they are not.
pub(crate) fn newer_headers(cache: &Cache) -> Result<Option<PathBuf>> {
    if !editors::uses_debian() || knows_layer_settings(Path::new("/usr/include")) {
        return Ok(None);
    }
    let root = cache.editors().join("vulkan-headers");
    let headers = root.join("usr/include");
    if !knows_layer_settings(&headers) {
        println!(
            "Vulkan's headers here are too old for llama.cpp; unpacking those of Debian 13 into {}",
            root.display()
        );
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        editors::unpack_debian("trixie", "libvulkan-dev", &root)?;
    }
    Ok(Some(headers))
}

/// Headers from 1.3.272 on do.
fn knows_layer_settings(folder: &Path) -> bool {
    let header = folder.join("vulkan/vulkan_core.h");
    fs::read_to_string(header).is_ok_and(|text| text.contains("VK_EXT_layer_settings"))
}

fn on_vulkan(root: &Path, cache: &Cache, binary: &Path, driver: &Path) -> Command {
    let mut pytest = pytest_with(root, cache, binary);
    pytest.env("WEFT_TEST_GPU", "vulkan").arg("test_gpu.py");
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
