//! The cache folder: what survives between runs of `cargo xtask` (the build, models, the Python tools).
//!
//! Everything in it can be deleted at any time; it must hold nothing that cannot be made again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;

/// The folders of the cache.
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$WEFT_CACHE_DIR`, else `$XDG_CACHE_HOME/weft`, else `~/.cache/weft`; made if missing.
    pub(crate) fn open() -> Result<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = match (set("WEFT_CACHE_DIR"), set("XDG_CACHE_HOME")) {
            (Some(root), _) => root,
            (None, Some(caches)) => caches.join("weft"),
            (None, None) => std::env::home_dir()
                .context("there is no home folder to cache in: set WEFT_CACHE_DIR to a folder")?
                .join(".cache/weft"),
        };
        fs::create_dir_all(&root).with_context(|| {
            format!("cannot make the cache folder {}: set WEFT_CACHE_DIR to another one", root.display())
        })?;
        Ok(Self { root: fs::canonicalize(&root)? })
    }

    /// cargo's target folder.
    pub(crate) fn build(&self) -> PathBuf {
        self.root.join("build")
    }

    /// cargo's target folder for a build with another choice of features, which llama.cpp is compiled anew for.
    pub(crate) fn build_for(&self, name: &str) -> PathBuf {
        self.root.join(format!("build-{name}"))
    }

    /// The models that tests use.
    pub(crate) fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// The Python environment of the end-to-end tests.
    pub(crate) fn python(&self) -> PathBuf {
        self.root.join("python")
    }

    /// The editors that end-to-end tests drive, and what those showed.
    pub(crate) fn editors(&self) -> PathBuf {
        self.root.join("editors")
    }

    /// Results and throw-away workspaces of `bench`.
    pub(crate) fn bench(&self) -> PathBuf {
        self.root.join("bench")
    }

    /// Deletes the build if it was made for a CPU with other features: weft is built for the CPU at
    /// hand, and code made for another one crashes (SIGILL) or falls behind. Records the features.
    pub(crate) fn discard_build_of_another_cpu(&self) -> Result<()> {
        let build = self.build();
        let record = build.join(".cpu-flags");
        let present = cpu_flags();
        if let Some(difference) = fs::read_to_string(&record).ok().and_then(|old| difference(&old, &present))
        {
            println!(
                "This machine's CPU is not the one that the cached build was made for ({difference}).\n\
                 weft is built for the CPU at hand, so the cached build would crash or be slow: deleting {}",
                build.display()
            );
            fs::remove_dir_all(&build)
                .with_context(|| format!("cannot delete it; do it by hand: rm -rf '{}'", build.display()))?;
        }
        fs::create_dir_all(&build)?;
        fs::write(&record, present).with_context(|| format!("cannot write {}", record.display()))
    }
}

/// What the CPU can do, as sorted words on one line; empty where the system does not say.
fn cpu_flags() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    if let Some(flags) = flags_in_cpuinfo(&text) {
        return flags;
    }
    let mut sysctl = Command::new("sysctl");
    sysctl.args(["-n", "machdep.cpu.brand_string"]);
    let brand = process::capture(&mut sysctl).map(|output| output.stdout).unwrap_or_default();
    sorted_words(&String::from_utf8_lossy(&brand))
}

/// x86 calls the line `flags`, ARM `Features`. All cores count as the first.
fn flags_in_cpuinfo(text: &str) -> Option<String> {
    let line = text.lines().find(|line| {
        let name = line.split(':').next().unwrap_or_default().trim();
        name == "flags" || name == "Features"
    })?;
    Some(sorted_words(line.split_once(':')?.1))
}

fn sorted_words(text: &str) -> String {
    text.split_whitespace().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// What `new` has and lacks against `old`, in words; `None` if they are the same.
fn difference(old: &str, new: &str) -> Option<String> {
    let old: BTreeSet<&str> = old.split_whitespace().collect();
    let new: BTreeSet<&str> = new.split_whitespace().collect();
    if old == new {
        return None;
    }
    let listed = |set: Vec<&&str>| {
        let mut text = set.iter().take(6).map(|word| **word).collect::<Vec<_>>().join(" ");
        if set.len() > 6 {
            text.push_str(" …");
        }
        if text.is_empty() { "nothing".to_owned() } else { text }
    };
    let lacks = listed(old.difference(&new).collect());
    let adds = listed(new.difference(&old).collect());
    Some(format!("it lacks {lacks}; it adds {adds}"))
}

/// The folder with the workspace's Cargo.toml.
pub(crate) fn workspace_root() -> Result<PathBuf> {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&manifest).parent().and_then(Path::parent).map(Path::to_owned);
    root.filter(|root| root.join("Cargo.toml").is_file())
        .context("cannot find the workspace: run `cargo xtask` in a checkout of Weft")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(name: &str) -> Cache {
        let root = std::env::temp_dir().join(format!("weft-xtask-cache-{name}-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        Cache { root }
    }

    #[test]
    fn flags_are_found_sorted_on_both_kinds_of_cpu() {
        let x86 = "processor\t: 0\nflags\t\t: sse4_2 avx2 fpu\nflags : other core\n";
        assert_eq!(flags_in_cpuinfo(x86).as_deref(), Some("avx2 fpu sse4_2"));
        assert_eq!(flags_in_cpuinfo("Features : fp asimd\n").as_deref(), Some("asimd fp"));
        assert_eq!(flags_in_cpuinfo("model name : x\n"), None);
    }

    #[test]
    fn a_build_of_another_cpu_is_deleted_and_the_same_cpu_keeps_it() {
        let cache = cache("other-cpu");
        let product = cache.build().join("debug/weft");
        fs::create_dir_all(product.parent().unwrap()).unwrap();
        fs::write(&product, "binary").unwrap();
        cache.discard_build_of_another_cpu().unwrap();
        assert!(product.exists(), "a build without a record stays and gets one");
        cache.discard_build_of_another_cpu().unwrap();
        assert!(product.exists(), "the same CPU keeps its build");
        fs::write(cache.build().join(".cpu-flags"), "a-cpu-of-long-ago").unwrap();
        cache.discard_build_of_another_cpu().unwrap();
        assert!(!product.exists(), "another CPU's build is deleted");
        assert_eq!(fs::read_to_string(cache.build().join(".cpu-flags")).unwrap(), cpu_flags());
        fs::remove_dir_all(&cache.root).unwrap();
    }

    #[test]
    fn the_difference_names_what_is_missing_and_what_is_new() {
        assert_eq!(difference("a b", "b a"), None);
        assert_eq!(difference("a b", "b c").as_deref(), Some("it lacks a; it adds c"));
    }
}
