//! A weft that runs on any machine of this platform: llama.cpp as libraries beside the program, and below `backends` a module for each kind of
//! processor and graphics card. The usual build is for the processor at hand and crashes on others. It must not share a folder with that one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::cache::Cache;
use crate::cuda::{self, Toolkit};
use crate::{check, process};

/// The crate whose build compiles llama.cpp.
const COMPILES: &str = "llama-cpp-sys-2";

/// The variable in which CMake is told for which generations of NVIDIA's cards to compile.
const GENERATIONS: &str = "CMAKE_CUDA_ARCHITECTURES";

/// Builds it with features of the package weft besides, and puts it together in a folder, which is returned. `cards` are the generations of
/// NVIDIA's cards that CUDA's code is for, in CMake's words, where the user names none; llama.cpp's own choice without it.
pub(crate) fn build(root: &Path, cache: &Cache, features: &[String], cards: Option<&str>) -> Result<PathBuf> {
    let target = cache.build_for("portable");
    println!("building for any machine in {}", target.display());
    let mut cargo = process::cargo();
    cargo.current_dir(root).env("CARGO_TARGET_DIR", &target);
    // In place of the workspace's own flags, which are for the processor at hand.
    cargo.env("RUSTFLAGS", flags(std::env::consts::OS));
    // Nobody looks for a fault in it with a debugger, and it is several times smaller so.
    cargo.envs([("CARGO_PROFILE_DEV_DEBUG", "none"), ("CARGO_PROFILE_DEV_STRIP", "symbols")]);
    let has = |name: &str| features.iter().any(|feature| feature == name);
    let toolkit = if has("cuda") { Some(Toolkit::ensure(cache)?) } else { None };
    if let Some(toolkit) = &toolkit {
        toolkit.show_to(&mut cargo)?;
        if let (Some(cards), None) = (cards, std::env::var_os(GENERATIONS)) {
            cargo.env(GENERATIONS, cards);
        }
    }
    if has("vulkan")
        && let Some(headers) = check::newer_headers(cache)?
    {
        cargo.env("CMAKE_INCLUDE_PATH", headers);
    }
    let features = [&["dynamic-backends".to_owned()], features].concat().join(",");
    cargo.args([
        "build",
        "--package",
        "weft",
        "--message-format",
        "json-render-diagnostics",
        "--features",
        &features,
    ]);
    for folder in ["debug", "debug/deps", "debug/examples"] {
        remove_links(&target.join(folder))?;
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("the portable build failed ({})", output.status);
    }
    let compiled = compiled_in(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("cargo did not say where {COMPILES} was compiled"))?;
    let folder = target.join("weft");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let modules = folder.join("backends");
    fs::create_dir_all(&modules)?;
    let program = format!("weft{}", std::env::consts::EXE_SUFFIX);
    fs::copy(target.join("debug").join(&program), folder.join(&program))?;
    let libraries = compiled.join(if cfg!(windows) { "bin" } else { "lib" });
    let count = copy_those(&libraries, &folder, is_library)?;
    if count == 0 {
        bail!("there are no libraries of llama.cpp in {}", libraries.display());
    }
    if copy_those(&compiled.join("backends"), &modules, |_| true)? == 0 {
        bail!("llama.cpp's build left no modules in {}", compiled.join("backends").display());
    }
    // Beside the program, where it looks for the libraries of its modules too.
    if let Some(toolkit) = toolkit
        && copy_those(&toolkit.libraries(), &folder, cuda::is_run_time)? == 0
    {
        bail!("CUDA's libraries are not in {}", toolkit.libraries().display());
    }
    Ok(folder)
}

/// Removes the links to libraries that a build with other features has left: llama.cpp's build trips over them where it makes its own.
fn remove_links(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_symlink()) {
        fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
    }
    Ok(())
}

/// Where the program looks for libraries: beside itself. Windows does so anyway.
fn flags(os: &str) -> &'static str {
    match os {
        // The older kind of path, which holds for the libraries of libraries too.
        "linux" => "-C link-arg=-Wl,-rpath,$ORIGIN -C link-arg=-Wl,--disable-new-dtags",
        "macos" => "-C link-arg=-Wl,-rpath,@executable_path",
        _ => "-C target-cpu=x86-64",
    }
}

/// The folder in which llama.cpp was compiled, out of cargo's messages.
fn compiled_in(messages: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_it = message["reason"] == "build-script-executed"
            && message["package_id"].as_str().is_some_and(|id| id.contains(COMPILES));
        is_it.then(|| message["out_dir"].as_str().map(PathBuf::from))?
    })
}

/// Copies files, what links stand for too; returns how many.
fn copy_those(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_file() && wanted(name) {
            fs::copy(&path, to.join(name))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Whether a program asks for a library under this name: with the number of its interface, and no more numbers.
fn is_library(name: &str) -> bool {
    let linux = name.split_once(".so.").is_some_and(|(_, number)| is_number(number));
    let mac = name
        .strip_suffix(".dylib")
        .and_then(|name| name.split_once('.'))
        .is_some_and(|(_, it)| is_number(it));
    linux || mac || name.ends_with(".dll")
}

/// Digits and nothing else.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_taken_under_the_name_that_is_asked_for() {
        let taken = ["libllama.so.0", "libggml-base.so.12", "libllama.0.dylib", "ggml.dll"];
        let left = [
            "libllama.so",
            "libllama.so.0.0.1",
            "libllama.a",
            "libllama.dylib",
            "cmake",
            "libllama.0.1.dylib",
        ];
        assert!(taken.into_iter().all(is_library));
        assert!(!left.into_iter().any(is_library));
    }

    #[cfg(unix)]
    #[test]
    fn links_of_an_earlier_build_are_removed_and_nothing_else() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("weft-links-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("libllama.so.0.6.0"), "")?;
        std::os::unix::fs::symlink("nothing.so.1", folder.join("libllama.so"))?;
        remove_links(&folder)?;
        let left: Vec<_> = fs::read_dir(&folder)?.flatten().map(|entry| entry.file_name()).collect();
        fs::remove_dir_all(&folder)?;
        assert_eq!(left, ["libllama.so.0.6.0"]);
        Ok(())
    }

    #[test]
    fn the_folder_of_the_build_is_found_in_cargos_messages() {
        let messages = concat!(
            "{\"reason\":\"compiler-artifact\",\"package_id\":\"registry#llama-cpp-sys-2@0.1\"}\n",
            "{\"reason\":\"build-script-executed\",\"package_id\":\"registry#ring@0.17\",\"out_dir\":\"/a\"}\n",
            "no message\n",
            "{\"reason\":\"build-script-executed\",\"package_id\":\"registry#llama-cpp-sys-2@0.1\",\"out_dir\":\"/b\"}\n",
        );
        assert_eq!(compiled_in(messages), Some(PathBuf::from("/b")));
        assert_eq!(compiled_in(""), None);
    }
}
