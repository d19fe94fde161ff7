//! Where a file stands: its root, its relative path, and the names that its module has. Looks at which folders have an
//! `__init__.py` or a `Cargo.toml`; it must not read source files.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use syntax::Language;

/// What a file's path says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) root: Option<Arc<Path>>,
    pub(crate) relative: String,
    pub(crate) module: String,
    pub(crate) module_aliases: Vec<String>,
    pub(crate) package: Option<String>,
}

/// Finds places, and remembers what it saw of folders; so it must not live longer than one pass over the files.
pub(crate) struct Places<'roots> {
    roots: &'roots [Arc<Path>],
    python_packages: FxHashMap<PathBuf, bool>,
    rust_packages: FxHashMap<PathBuf, Option<Arc<RustPackage>>>,
}

/// A folder with a `Cargo.toml` that has a `[package]`.
pub(crate) struct RustPackage {
    pub(crate) folder: PathBuf,
    /// The name that code uses: with `_` for `-`.
    pub(crate) name: String,
    /// The library's first file, relative to the folder.
    pub(crate) library: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
    lib: Option<Library>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Library {
    name: Option<String>,
    path: Option<PathBuf>,
}

impl<'roots> Places<'roots> {
    pub(crate) fn new(roots: &'roots [Arc<Path>]) -> Self {
        Self { roots, python_packages: FxHashMap::default(), rust_packages: FxHashMap::default() }
    }

    /// The place of a file, which need not exist.
    pub(crate) fn find(&mut self, path: &Path, language: Language) -> Place {
        let root = root_of(self.roots, path);
        let below = root.as_ref().and_then(|root| path.strip_prefix(root).ok());
        let relative =
            below.map_or_else(|| slashed(path.file_name().map(Path::new)), |below| slashed(Some(below)));
        let (module, module_aliases, package) = match language.id() {
            "python" => self.python(path, &relative),
            "rust" => self.rust(path, &relative),
            _ => (without_extension(&relative).to_owned(), Vec::new(), None),
        };
        Place { root, relative, module, module_aliases, package }
    }

    fn python(&mut self, path: &Path, relative: &str) -> (String, Vec<String>, Option<String>) {
        let mut parts = Vec::new();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem != "__init__" {
            parts.push(stem.to_owned());
        }
        let mut folder = path.parent();
        while let Some(package) = folder.filter(|folder| self.is_python_package(folder)) {
            parts.extend(package.file_name().and_then(|name| name.to_str()).map(str::to_owned));
            folder = package.parent();
        }
        let package = (stem == "__init__" || parts.len() > 1).then(|| parts.last().cloned()).flatten();
        parts.reverse();
        let dotted = without_extension(relative).replace('/', ".");
        let dotted = dotted.strip_suffix("__init__").map_or(&*dotted, |it| it.trim_end_matches('.'));
        let module = if parts.is_empty() { dotted.to_owned() } else { parts.join(".") };
        let mut aliases = Vec::new();
        for alias in [Some(dotted), dotted.strip_prefix("src.")].into_iter().flatten() {
            if !alias.is_empty() && alias != module {
                aliases.push(alias.to_owned());
            }
        }
        (module, aliases, package)
    }

    fn is_python_package(&mut self, folder: &Path) -> bool {
        if let Some(&known) = self.python_packages.get(folder) {
            return known;
        }
        let found = ["__init__.py", "__init__.pyi"].iter().any(|name| folder.join(name).is_file());
        self.python_packages.insert(folder.to_owned(), found);
        found
    }

    fn rust(&mut self, path: &Path, relative: &str) -> (String, Vec<String>, Option<String>) {
        let Some(package) = path.parent().and_then(|folder| self.rust_package(folder)) else {
            return (without_extension(relative).replace('/', "::"), Vec::new(), None);
        };
        let below = slashed(path.strip_prefix(&package.folder).ok());
        let below = without_extension(&below);
        let name = package.name.clone();
        let of_library = below.strip_prefix("src/").filter(|it| *it != "main" && !it.starts_with("bin/"));
        if let Some(inner) = of_library {
            let inner = rust_path(inner);
            let module = format!("crate{inner}");
            return (module, vec![format!("{name}{inner}")], Some(name));
        }
        // A program, a test, an example: a crate of its own, which no other file can import.
        let folders = ["src/bin/", "tests/", "examples/", "benches/"];
        let inner = folders.iter().find_map(|folder| below.strip_prefix(folder));
        let inner = inner.and_then(|inner| Some(inner.split_once('/')?.1)).map(rust_path);
        (format!("crate{}", inner.unwrap_or_default()), Vec::new(), Some(name))
    }

    fn rust_package(&mut self, folder: &Path) -> Option<Arc<RustPackage>> {
        if let Some(known) = self.rust_packages.get(folder) {
            return known.clone();
        }
        let found = match rust_package_in(folder) {
            Some(found) => found.map(Arc::new),
            None => folder.parent().and_then(|parent| self.rust_package(parent)),
        };
        self.rust_packages.insert(folder.to_owned(), found.clone());
        found
    }
}

/// The package whose manifest lies in a folder. None without a manifest, `Some(None)` for one without a package, as at
/// the root of a workspace.
pub(crate) fn rust_package_in(folder: &Path) -> Option<Option<RustPackage>> {
    let manifest = folder.join("Cargo.toml");
    // A generated manifest has some 100 KiB at most; what is larger is something else.
    if !fs::metadata(&manifest).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 1 << 20) {
        return None;
    }
    let manifest: Manifest = toml::from_str(&fs::read_to_string(manifest).ok()?).ok()?;
    let library = manifest.lib;
    Some(manifest.package.map(|package| {
        RustPackage {
            folder: folder.to_owned(),
            name: library
                .as_ref()
                .and_then(|library| library.name.clone())
                .unwrap_or(package.name)
                .replace('-', "_"),
            library: library.and_then(|library| library.path).unwrap_or_else(|| PathBuf::from("src/lib.rs")),
        }
    }))
}

/// The innermost root that a path lies in.
pub(crate) fn root_of(roots: &[Arc<Path>], path: &Path) -> Option<Arc<Path>> {
    let around = roots.iter().filter(|root| path.starts_with(root));
    around.max_by_key(|root| root.components().count()).cloned()
}

/// Whether files of its name decide the module paths of others.
pub(crate) fn decides_modules(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "__init__.py" | "__init__.pyi" | "Cargo.toml")
}

/// `::a::b` for `a/b` and `a/b/mod`; nothing for the first file of a crate.
fn rust_path(inner: &str) -> String {
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    if matches!(inner, "lib" | "mod" | "main") {
        String::new()
    } else {
        format!("::{}", inner.replace('/', "::"))
    }
}

/// The parts of a relative path with `/` between them.
pub(crate) fn slashed(path: Option<&Path>) -> String {
    let parts = path.into_iter().flat_map(Path::components).filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn without_extension(relative: &str) -> &str {
    match relative.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains('/') => stem,
        _ => relative,
    }
}
