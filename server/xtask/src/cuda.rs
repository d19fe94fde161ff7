//! NVIDIA's CUDA toolkit for builds with `cuda`: the installed one, else what PyPI has of it, in the cache. It must not need a card: one that
//! builds may have none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cache::Cache;
use crate::portable::is_number;
use crate::process;

/// The compiler, its parts, and the libraries that llama.cpp links with. Of one release, for the parts of different ones do not fit.
const PACKAGES: [&str; 6] = [
    "nvidia-cuda-nvcc==13.5.37",
    "nvidia-cuda-crt==13.5.37",
    "nvidia-nvvm==13.5.37",
    "nvidia-cuda-runtime==13.5.37",
    "nvidia-cuda-cccl==13.3.5.0.6",
    "nvidia-cublas==13.10.0.20",
];

/// The libraries that a program with CUDA needs besides the driver, which NVIDIA's licence allows to hand on.
const RUN_TIME: [&str; 3] = ["cudart", "cublas", "cublasLt"];

/// Where installers put the toolkit.
const USUAL_PLACES: [&str; 2] = ["/usr/local/cuda", "/opt/cuda"];

/// A toolkit.
pub(crate) struct Toolkit {
    root: PathBuf,
}

impl Toolkit {
    /// Finds the installed one, or unpacks one into the cache.
    pub(crate) fn ensure(cache: &Cache) -> Result<Self> {
        if let Some(root) = installed() {
            println!("CUDA's toolkit: {}", root.display());
            return Ok(Self { root });
        }
        if std::env::consts::OS != "linux" {
            bail!(
                "CUDA's toolkit is not installed here: neither is `nvcc` in PATH, nor does CUDA_PATH name its folder. \
                 Install it from NVIDIA, then try again"
            );
        }
        let folder = cache.build_for("cuda-toolkit");
        unpack(&folder)?;
        let root = folder.join("nvidia/cu13");
        stand_for_the_driver(&root)?;
        Ok(Self { root })
    }

    /// What a build needs to find it, and no other.
    pub(crate) fn show_to(&self, build: &mut Command) -> Result<()> {
        let programs = self.root.join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(programs.clone()).chain(std::env::split_paths(&path));
        build.env("PATH", std::env::join_paths(folders)?);
        build.env("CUDA_PATH", &self.root);
        build.env("CUDACXX", programs.join(format!("nvcc{}", std::env::consts::EXE_SUFFIX)));
        Ok(())
    }

    /// The folder of its libraries.
    pub(crate) fn libraries(&self) -> PathBuf {
        let names = if cfg!(windows) { ["bin", "bin/x64"] } else { ["lib64", "lib"] };
        let folders = names.map(|name| self.root.join(name));
        let first = folders[0].clone();
        folders.into_iter().find(|folder| folder.is_dir()).unwrap_or(first)
    }
}

/// Whether a program with CUDA asks for a library under this name.
pub(crate) fn is_run_time(name: &str) -> bool {
    RUN_TIME.iter().any(|library| {
        let linux = name.strip_prefix(&format!("lib{library}.so.")).is_some_and(is_number);
        let windows = name
            .strip_prefix(&format!("{library}64_"))
            .and_then(|rest| rest.strip_suffix(".dll"))
            .is_some_and(is_number);
        linux || windows
    })
}

/// Whether a card of NVIDIA's is at hand.
pub(crate) fn has_card() -> bool {
    process::succeeds(Command::new("nvidia-smi").arg("--list-gpus"))
}

fn installed() -> Option<PathBuf> {
    let named = std::env::var_os("CUDA_PATH").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let above = std::env::split_paths(&path).filter_map(|folder| folder.parent().map(Path::to_owned));
    let usual = USUAL_PLACES.into_iter().map(PathBuf::from);
    let nvcc = format!("bin/nvcc{}", std::env::consts::EXE_SUFFIX);
    named.into_iter().chain(above).chain(usual).find(|root| root.join(&nvcc).is_file())
}

/// Installs the packages into a folder and makes a toolkit of them: with links without a number, which linkers look for.
fn unpack(folder: &Path) -> Result<()> {
    let record = folder.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&record).is_ok_and(|present| present == wanted) {
        println!("CUDA's toolkit: {}", folder.display());
        return Ok(());
    }
    println!(
        "CUDA's toolkit is not installed here; unpacking its packages from PyPI into {}",
        folder.display()
    );
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    process::run(pip.arg("--target").arg(folder).args(PACKAGES))?;
    let root = folder.join("nvidia/cu13");
    let libraries = root.join("lib");
    for name in RUN_TIME {
        link_without_number(&libraries, name)?;
    }
    link(Path::new("lib"), &root.join("lib64"))?;
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}

/// Makes a library to link with in place of the driver's, which only machines with a card have: with all that the header names, for what is linked
/// notes that it needs the driver only where that has something of it.
fn stand_for_the_driver(root: &Path) -> Result<()> {
    let folder = root.join("lib/stubs");
    let library = folder.join("libcuda.so");
    if library.is_file() {
        return Ok(());
    }
    let header = root.join("include/cuda.h");
    let header = fs::read_to_string(&header).with_context(|| format!("cannot read {}", header.display()))?;
    fs::create_dir_all(&folder)?;
    let source = folder.join("cuda.c");
    let code: String =
        functions(&header).into_iter().map(|name| format!("void {name}(void) {{}}\n")).collect();
    fs::write(&source, code)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1"]).arg(&source).arg("-o");
    process::run(compiler.arg(&library))
}

/// The functions of the driver, old names and new: `cu` and a capital letter.
fn functions(header: &str) -> BTreeSet<&str> {
    let words = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| {
            word.strip_prefix("cu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        })
        .collect()
}

fn link_without_number(libraries: &Path, name: &str) -> Result<()> {
    let plain = format!("lib{name}.so");
    let numbered = fs::read_dir(libraries)
        .with_context(|| format!("cannot read {}", libraries.display()))?
        .flatten()
        .map(|entry| entry.file_name())
        .find(|file| file.to_string_lossy().strip_prefix(&plain).is_some_and(|rest| rest.starts_with('.')))
        .with_context(|| format!("there is no {plain} in {}", libraries.display()))?;
    link(Path::new(&numbered), &libraries.join(&plain))
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<()> {
    std::os::unix::fs::symlink(to, at).with_context(|| format!("cannot link {}", at.display()))
}

#[cfg(not(unix))]
fn link(_to: &Path, at: &Path) -> Result<()> {
    bail!("{} is made on Linux alone", at.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_the_driver_are_found_in_its_header() {
        let header = "#define cuMemAlloc cuMemAlloc_v2\nCUresult CUDAAPI cuInit(unsigned int Flags);\ntypedef int cuuint32_t; // cu, cuda";
        assert_eq!(Vec::from_iter(functions(header)), ["cuInit", "cuMemAlloc", "cuMemAlloc_v2"]);
    }

    #[test]
    fn the_libraries_to_hand_on_are_those_that_a_program_asks_for() {
        let taken =
            ["libcudart.so.13", "libcublas.so.13", "libcublasLt.so.12", "cublas64_13.dll", "cudart64_13.dll"];
        let left = [
            "libcudart.so",
            "libcudart.so.13.5.37",
            "libcublas_static.a",
            "libnvblas.so.13",
            "libcudadevrt.a",
        ];
        assert!(taken.into_iter().all(is_run_time));
        assert!(!left.into_iter().any(is_run_time));
    }
}
