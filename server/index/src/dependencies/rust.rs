//! Rust packages: those of the lock file, in the folder where cargo keeps what it has fetched. It must not run cargo.

use std::fs;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::{Located, below};
use crate::index::Environment;
use crate::place::rust_package_in;

#[derive(Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// A larger lock file is not read, in bytes.
const MAX_LOCK_BYTES: u64 = 8 << 20;

/// The folders of the packages of a root's lock file, by the name that code uses. Of several versions of one package
/// the one that the workspace itself depends on counts, else the newest.
pub(super) fn packages(environment: &Environment, root: &Path) -> FxHashMap<String, PathBuf> {
    let mut found = FxHashMap::default();
    let Some(registry) = environment.cargo_home.as_ref().map(|home| home.join("registry").join("src")) else {
        return found;
    };
    let sources: Vec<PathBuf> =
        fs::read_dir(registry).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    let Some(lock) = root.ancestors().find_map(lock_file) else { return found };
    let direct: Vec<&String> = lock
        .package
        .iter()
        .filter(|package| package.source.is_none())
        .flat_map(|it| &it.dependencies)
        .collect();
    let mut packages: Vec<&LockedPackage> = lock.package.iter().filter(|it| it.source.is_some()).collect();
    packages.sort_by_cached_key(|package| {
        // The lock file gives a version only where the name alone would be ambiguous.
        let is_direct = direct.iter().any(|wanted| {
            let mut words = wanted.split(' ');
            words.next() == Some(&package.name)
                && words.next().is_none_or(|version| version == package.version)
        });
        (is_direct, version_order(&package.version))
    });
    for package in packages {
        let folder = format!("{}-{}", package.name, package.version);
        if let Some(folder) = sources.iter().map(|source| source.join(&folder)).find(|folder| folder.is_dir())
        {
            found.insert(package.name.replace('-', "_"), folder);
        }
    }
    found
}

/// The file of a module, and the library's first file. `package::a::b` may be an item of `a`: then the file of `a`.
pub(super) fn locate(packages: &FxHashMap<String, PathBuf>, module: &str) -> Vec<Located> {
    let mut parts = module.split("::");
    let Some((package, folder)) = parts.next().and_then(|name| packages.get_key_value(name)) else {
        return Vec::new();
    };
    let parts: Vec<&str> = parts.collect();
    if !parts.iter().all(|part| part.chars().all(|char| char.is_alphanumeric() || char == '_')) {
        return Vec::new();
    }
    let library =
        rust_package_in(folder).flatten().map_or_else(|| PathBuf::from("src/lib.rs"), |it| it.library);
    let library = folder.join(library);
    let Some(sources) = library.parent() else { return Vec::new() };
    let located = |path: PathBuf, inner: &[&str]| Located {
        relative: below(folder.parent().unwrap_or(folder), &path),
        path,
        module: std::iter::once(package.as_str()).chain(inner.iter().copied()).collect::<Vec<_>>().join("::"),
        package: package.clone(),
    };
    let mut found = Vec::new();
    for length in (1..=parts.len()).rev() {
        let inner = parts.get(..length).unwrap_or_default();
        let mut base = sources.to_owned();
        base.extend(inner);
        let candidates = [base.with_extension("rs"), base.join("mod.rs")];
        if let Some(path) = candidates.into_iter().find(|path| path.is_file()) {
            found.push(located(path, inner));
            break;
        }
    }
    if library.is_file() {
        found.push(located(library, &[]));
    }
    found
}

fn lock_file(folder: &Path) -> Option<LockFile> {
    let path = folder.join("Cargo.lock");
    let metadata = fs::metadata(&path).ok().filter(|it| it.is_file() && it.len() <= MAX_LOCK_BYTES)?;
    toml::from_str(&fs::read_to_string(path).ok().filter(|_| metadata.len() > 0)?).ok()
}

/// Ascending from the oldest version; a pre-release before what it leads to is not told from it.
fn version_order(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}
