//! Tests of the names of modules.

use expect_test::expect;

use super::Workspace;

#[test]
fn modules() {
    let workspace = Workspace::new(&[
        ("script.py", ""),
        ("package/__init__.py", ""),
        ("package/inner/__init__.py", ""),
        ("package/inner/leaf.py", ""),
        ("src/laid_out/__init__.py", ""),
        ("src/laid_out/a.py", ""),
        ("src/namespace/part/b.py", ""),
        ("Cargo.toml", "[workspace]\nmembers = ['crates/*']\n"),
        ("crates/one-thing/Cargo.toml", "[package]\nname = 'one-thing'\n"),
        ("crates/one-thing/src/lib.rs", ""),
        ("crates/one-thing/src/main.rs", ""),
        ("crates/one-thing/src/a/mod.rs", ""),
        ("crates/one-thing/src/a/b.rs", ""),
        ("crates/one-thing/src/bin/tool.rs", ""),
        ("crates/one-thing/tests/all/main.rs", ""),
        ("crates/one-thing/tests/all/helper.rs", ""),
        ("crates/one-thing/build.rs", ""),
        ("crates/two/Cargo.toml", "[package]\nname = 'two'\n[lib]\nname = 'second'\n"),
        ("crates/two/src/x.rs", ""),
        ("loose.rs", ""),
        ("web/src/index.ts", ""),
        ("web/src/app.component.ts", ""),
    ]);
    let (index, _) = workspace.scanned();
    let mut lines: Vec<String> = index
        .files()
        .iter()
        .map(|it| format!("{}: {} {:?} {:?}\n", it.relative, it.module, it.module_aliases, it.package))
        .collect();
    lines.sort_unstable();
    expect![[r#"
        crates/one-thing/build.rs: crate [] Some("one_thing")
        crates/one-thing/src/a/b.rs: crate::a::b ["one_thing::a::b"] Some("one_thing")
        crates/one-thing/src/a/mod.rs: crate::a ["one_thing::a"] Some("one_thing")
        crates/one-thing/src/bin/tool.rs: crate [] Some("one_thing")
        crates/one-thing/src/lib.rs: crate ["one_thing"] Some("one_thing")
        crates/one-thing/src/main.rs: crate [] Some("one_thing")
        crates/one-thing/tests/all/helper.rs: crate::helper [] Some("one_thing")
        crates/one-thing/tests/all/main.rs: crate [] Some("one_thing")
        crates/two/src/x.rs: crate::x ["second::x"] Some("second")
        loose.rs: loose [] None
        package/__init__.py: package [] Some("package")
        package/inner/__init__.py: package.inner [] Some("package")
        package/inner/leaf.py: package.inner.leaf [] Some("package")
        script.py: script [] None
        src/laid_out/__init__.py: laid_out ["src.laid_out"] Some("laid_out")
        src/laid_out/a.py: laid_out.a ["src.laid_out.a"] Some("laid_out")
        src/namespace/part/b.py: b ["src.namespace.part.b", "namespace.part.b"] None
        web/src/app.component.ts: web/src/app.component [] None
        web/src/index.ts: web/src/index [] None
    "#]]
    .assert_eq(&lines.concat());
}

#[test]
fn a_folder_becomes_a_package() {
    let workspace = Workspace::new(&[("a/b.py", ""), ("a/c/d.py", "")]);
    let (index, _) = workspace.scanned();
    let module = |path: &str| index.file(&workspace.path(path)).unwrap().module.clone();
    assert_eq!((module("a/b.py"), module("a/c/d.py")), ("b".to_owned(), "d".to_owned()));
    workspace.write("a/__init__.py", "");
    index.changed_on_disk(&workspace.path("a/__init__.py"));
    assert_eq!((module("a/b.py"), module("a/c/d.py")), ("a.b".to_owned(), "d".to_owned()));
    assert_eq!(index.modules_named("a.b").len(), 1);
    assert_eq!(index.modules_named("b").len(), 0);
}
