//! Tests of installed packages, with environments that are made up.

use syntax::Language;

use super::Workspace;
use crate::{Environment, Index, Options};

const SITE: &str = ".venv/lib/python3.12/site-packages";

fn python(files: &[(&str, &str)]) -> (Workspace, Index) {
    let workspace = Workspace::new(&[("main.py", "import requests\n")]);
    for (path, content) in files {
        workspace.write(&format!("{SITE}/{path}"), content);
    }
    let index = workspace.index();
    (workspace, index)
}

fn modules(index: &Index, workspace: &Workspace, language: &str, module: &str) -> Vec<String> {
    let language = Language::from_id(language).unwrap();
    let files = index.dependencies().module(language, &workspace.path("main.py"), module);
    files.iter().map(|file| format!("{} {}", file.module, file.relative)).collect()
}

#[test]
fn python_modules() {
    let (workspace, index) = python(&[
        ("requests/__init__.py", "from .api import get\n"),
        ("requests/api.py", "def get(url: str) -> 'Response':\n    \"\"\"Sends a GET.\"\"\"\n"),
        ("typed/__init__.py", "def f(x): pass\n"),
        ("typed/__init__.pyi", "def f(x: int) -> int: ...\n"),
        ("stubbed/a.py", ""),
        ("stubbed-stubs/a.pyi", ""),
        ("single.py", "x = 1\n"),
    ]);
    let check = |module: &str, expected: &[&str]| {
        assert_eq!(modules(&index, &workspace, "python", module), expected, "{module}");
    };
    check("requests", &["requests requests/__init__.py"]);
    check("requests.api", &["requests.api requests/api.py", "requests requests/__init__.py"]);
    check("typed", &["typed typed/__init__.pyi"]);
    check("stubbed.a", &["stubbed.a stubbed-stubs/a.pyi"]);
    check("single", &["single single.py"]);
    check("requests.nothing", &[]);
    check("nothing", &[]);
    for hostile in ["", ".", "..", "requests..api", "requests/api", "../main", "a\0b"] {
        check(hostile, &[]);
    }
    let language = Language::from_id("python").unwrap();
    let file = index.dependencies().module(language, &workspace.path("main.py"), "requests.api").remove(0);
    let symbol = &file.symbols[0];
    assert_eq!((&*symbol.signature, &*symbol.doc), ("def get(url: str) -> 'Response':", "Sends a GET."));
    assert!(index.files().is_empty(), "packages are no part of the workspace");
}

#[test]
fn what_was_asked_for_is_known_without_reading() {
    let (workspace, index) = python(&[("a.py", "x = 1\n")]);
    let language = Language::from_id("python").unwrap();
    let main = workspace.path("main.py");
    assert!(index.dependencies().known_module(language, &main, "a").is_none());
    index.dependencies().module(language, &main, "a");
    std::fs::remove_file(workspace.path(&format!("{SITE}/a.py"))).unwrap();
    assert_eq!(index.dependencies().known_module(language, &main, "a").unwrap().len(), 1);
    assert_eq!(modules(&index, &workspace, "python", "a").len(), 1);
    index.dependencies().forget();
    assert_eq!(modules(&index, &workspace, "python", "a").len(), 0);
}

#[test]
fn environments_named_by_variables() {
    let workspace = Workspace::new(&[
        ("active/lib/python3.9/site-packages/a.py", ""),
        ("conda/Lib/site-packages/a.py", ""),
        ("conda/Lib/site-packages/b.py", ""),
    ]);
    let environment = Environment {
        virtual_env: Some(workspace.path("active")),
        conda_prefix: Some(workspace.path("conda")),
        cargo_home: None,
    };
    let index = Index::new(vec![workspace.path("elsewhere")], Options { environment, ..Options::default() });
    let python = Language::from_id("python").unwrap();
    let path = |module: &str| {
        let files = index.dependencies().module(python, &workspace.path("elsewhere/main.py"), module);
        files.first().map(|file| file.path.strip_prefix(workspace.root()).unwrap().to_owned()).unwrap()
    };
    assert!(path("a").starts_with("active"));
    assert!(path("b").starts_with("conda"));
}

#[test]
fn rust_crates_of_the_lock_file() {
    let workspace = Workspace::new(&[
        (
            "Cargo.lock",
            r#"
version = 4

[[package]]
name = "mine"
version = "0.1.0"
dependencies = ["some-parser 1.9.0", "unfetched"]

[[package]]
name = "some-parser"
version = "1.9.0"
source = "registry+example"

[[package]]
name = "some-parser"
version = "2.0.0"
source = "registry+example"

[[package]]
name = "indirect"
version = "0.9.0"
source = "registry+example"

[[package]]
name = "indirect"
version = "0.10.0"
source = "registry+example"

[[package]]
name = "unfetched"
version = "1.0.0"
source = "registry+example"
"#,
        ),
        ("home/registry/src/index-1/some-parser-1.9.0/Cargo.toml", "[package]\nname = 'some-parser'\n"),
        ("home/registry/src/index-1/some-parser-1.9.0/src/lib.rs", "pub mod value;\n"),
        ("home/registry/src/index-1/some-parser-1.9.0/src/value.rs", "pub struct Value;\n"),
        ("home/registry/src/index-1/some-parser-1.9.0/src/deep/mod.rs", ""),
        ("home/registry/src/index-1/some-parser-2.0.0/src/lib.rs", ""),
        ("home/registry/src/index-1/indirect-0.9.0/src/lib.rs", ""),
        (
            "home/registry/src/index-1/indirect-0.10.0/Cargo.toml",
            "[package]\nname = 'indirect'\n[lib]\npath = 'lib.rs'\n",
        ),
        ("home/registry/src/index-1/indirect-0.10.0/lib.rs", ""),
    ]);
    let environment = Environment { cargo_home: Some(workspace.path("home")), ..Environment::default() };
    let index = Index::new(vec![workspace.root()], Options { environment, ..Options::default() });
    let check = |module: &str, expected: &[&str]| {
        assert_eq!(modules(&index, &workspace, "rust", module), expected, "{module}");
    };
    check("some_parser", &["some_parser some-parser-1.9.0/src/lib.rs"]);
    let value =
        ["some_parser::value some-parser-1.9.0/src/value.rs", "some_parser some-parser-1.9.0/src/lib.rs"];
    check("some_parser::value", &value);
    check("some_parser::value::Value", &value);
    check(
        "some_parser::deep",
        &["some_parser::deep some-parser-1.9.0/src/deep/mod.rs", "some_parser some-parser-1.9.0/src/lib.rs"],
    );
    check("indirect", &["indirect indirect-0.10.0/lib.rs"]);
    check("unfetched", &[]);
    check("mine", &[]);
    check("some_parser::../..", &[]);
}

#[test]
fn what_was_read_of_packages_is_kept_between_sessions() {
    let (workspace, index) = python(&[("a/__init__.py", "def f(): pass\n"), ("a/b.py", "def g(): pass\n")]);
    let python = Language::from_id("python").unwrap();
    let main = workspace.path("main.py");
    let before = index.dependencies().module(python, &main, "a.b");
    index.save_cache().unwrap();
    let again = workspace.index();
    assert_eq!(again.dependencies().module(python, &main, "a.b"), before);
    // Without this the file would have to be parsed each time: there is nothing new to be kept.
    assert!(!again.dependencies().has_changes());
    workspace.write(&format!("{SITE}/a/b.py"), "def other(): pass\n");
    let changed = workspace.index();
    assert_eq!(changed.dependencies().module(python, &main, "a.b")[0].symbols[0].name, "other");
    assert!(changed.dependencies().has_changes());
}
