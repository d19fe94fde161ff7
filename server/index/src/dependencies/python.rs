//! Python packages: the `site-packages` of the active environment. It must not run Python to find it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Located, below};
use crate::index::Environment;

/// Names of environments that lie in the root itself.
const ENVIRONMENT_FOLDERS: [&str; 2] = [".venv", "venv"];

/// The folders where packages are, those of the environment that counts most first.
pub(super) fn site_packages(environment: &Environment, root: Option<&Path>) -> Vec<PathBuf> {
    let in_root = root.into_iter().flat_map(|root| ENVIRONMENT_FOLDERS.iter().map(|name| root.join(name)));
    // An environment in the root belongs to it; a variable may be left over from another shell.
    let prefixes = in_root.chain(environment.virtual_env.clone()).chain(environment.conda_prefix.clone());
    let mut found = Vec::new();
    for prefix in prefixes {
        let candidates = of_prefix(&prefix).into_iter().filter(|folder| folder.is_dir());
        for folder in candidates {
            if !found.contains(&folder) {
                found.push(folder);
            }
        }
    }
    found
}

/// `lib/python3.N/site-packages` of each version, and `Lib/site-packages` on Windows.
fn of_prefix(prefix: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_python = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("python"))
    };
    let mut versions: Vec<PathBuf> = versions.filter(is_python).collect();
    versions.sort_unstable();
    let folders = versions.into_iter().rev().map(|version| version.join("site-packages"));
    folders.chain([prefix.join("Lib").join("site-packages")]).collect()
}

/// The file of a module and the first file of its package. A stub counts instead of the code beside it: it has the types.
pub(super) fn locate(site_packages: &[PathBuf], module: &str) -> Vec<Located> {
    let parts: Vec<&str> = module.split('.').collect();
    let valid =
        |part: &&str| !part.is_empty() && part.chars().all(|char| char.is_alphanumeric() || char == '_');
    let Some((&package, inner)) = parts.split_first().filter(|_| parts.iter().all(valid)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for base in site_packages {
        found.extend(file_of(base, package, inner).map(|path| (path, module.to_owned())));
        if found.is_empty() {
            continue;
        }
        if !inner.is_empty() {
            found.extend(file_of(base, package, &[]).map(|path| (path, package.to_owned())));
        }
        let located = found.into_iter().map(|(path, module)| Located {
            relative: below(base, &path),
            path,
            module,
            package: package.to_owned(),
        });
        return located.collect();
    }
    Vec::new()
}

fn file_of(base: &Path, package: &str, inner: &[&str]) -> Option<PathBuf> {
    // PEP 561: stubs of a package may be installed beside it, in a folder with `-stubs`.
    let folders = [format!("{package}-stubs"), package.to_owned()].map(|name| {
        let mut folder = base.join(name);
        folder.extend(inner);
        folder
    });
    let candidates = folders.iter().flat_map(|folder| {
        ["pyi", "py"]
            .map(|extension| [folder.join(format!("__init__.{extension}")), folder.with_extension(extension)])
    });
    candidates.flatten().find(|path| path.is_file())
}
