//! Tests of what the index answers.

use expect_test::{Expect, expect};
use syntax::Language;

use super::{Workspace, shown, update};
use crate::SimilarQuery;

const SHAPES: &str = r#"
"""Shapes."""
from abc import ABC

LIMIT: int = 3


class Shape(ABC):
    """A closed figure.

    More about it.
    """

    name: str

    def area(
        self,
        scale: float = 1.0,
    ) -> float:
        """How large it is."""
        raise NotImplementedError


class Square(Shape):
    def area(self, scale: float = 1.0) -> float:
        return self.side * self.side * scale * LIMIT
"#;

const DRAW: &str = r"
/// Something that can be drawn.
///
/// Twice, even.
pub trait Draw: Clone {
    fn draw(&self) -> String;
}

pub struct Circle { pub radius: f32 }

impl Draw for Circle {
    fn draw(&self) -> String { format(self.radius) }
}
";

fn workspace() -> Workspace {
    Workspace::new(&[
        ("shapes/__init__.py", "from .base import Shape as Figure\n"),
        ("shapes/base.py", SHAPES),
        ("main.py", "from shapes.base import Square, LIMIT\nprint(LIMIT, Square().area(), LIMIT)\n"),
        ("Cargo.toml", "[package]\nname = 'draw-it'\n"),
        ("src/lib.rs", "pub mod draw;\n"),
        ("src/draw.rs", DRAW),
    ])
}

#[test]
fn definitions_by_name() {
    let check = |name: &str, expected: Expect| {
        let (index, _) = workspace().scanned();
        expected.assert_eq(&shown(&index.definitions_named(name)));
    };
    check(
        "area",
        expect![[r#"
        shapes/base.py:16 Method def area(self, scale: float = 1.0) -> float:
        shapes/base.py:25 Method def area(self, scale: float = 1.0) -> float:
    "#]],
    );
    check(
        "Circle",
        expect![[r#"
        src/draw.rs:9 Struct pub struct Circle
    "#]],
    );
    check(
        "draw",
        expect![[r#"
        src/draw.rs:12 Method fn draw(&self) -> String
        src/draw.rs:6 Method fn draw(&self) -> String;
        src/lib.rs:1 Module pub mod draw;
    "#]],
    );
    check(
        "radius",
        expect![[r#"
        src/draw.rs:9 Field pub radius: f32
    "#]],
    );
    check(
        "LIMIT",
        expect![[r#"
        shapes/base.py:5 Constant LIMIT: int = 3
    "#]],
    );
    check("print", expect![""]);
    check("", expect![""]);
}

#[test]
fn what_is_kept_of_a_definition() {
    let (index, _) = workspace().scanned();
    let mut out = String::new();
    for name in ["Shape", "area", "name", "Draw", "radius"] {
        for found in index.definitions_named(name) {
            let symbol = found.symbol().unwrap();
            let parent = symbol.parent.map(|parent| found.file.symbols[parent as usize].name.clone());
            out += &format!(
                "{name}: in {parent:?}, doc {:?}, type {:?}, bases {:?}, {} members\n",
                symbol.doc,
                symbol.type_text,
                symbol.bases,
                found.file.members(found.index).count(),
            );
        }
    }
    expect![[r#"
        Shape: in None, doc "A closed figure.", type None, bases ["ABC"], 2 members
        area: in Some("Shape"), doc "How large it is.", type Some("float"), bases [], 0 members
        area: in Some("Square"), doc "", type Some("float"), bases [], 0 members
        name: in Some("Shape"), doc "", type Some("str"), bases [], 0 members
        Draw: in None, doc "Something that can be drawn.", type None, bases ["Clone"], 1 members
        radius: in Some("Circle"), doc "", type Some("f32"), bases [], 0 members
    "#]]
    .assert_eq(&out);
}

#[test]
fn subtypes() {
    let (index, _) = workspace().scanned();
    expect![[r#"
        shapes/base.py:24 Class class Square(Shape):
    "#]]
    .assert_eq(&shown(&index.subtypes_of("Shape")));
    expect![[r#"
        src/draw.rs:11 Impl impl Draw for Circle
    "#]]
    .assert_eq(&shown(&index.subtypes_of("crate::draw::Draw")));
    assert!(index.subtypes_of("Square").is_empty());
}

#[test]
fn references_by_name_without_definitions() {
    let (index, _) = workspace().scanned();
    let users = |name: &str| {
        let files = index.files_referencing(name);
        files.iter().map(|file| file.relative.clone()).collect::<Vec<_>>()
    };
    assert_eq!(users("LIMIT"), ["main.py", "shapes/base.py"], "the most frequent user first");
    assert_eq!(users("Shape"), ["shapes/__init__.py", "shapes/base.py"]);
    assert_eq!(users("name"), [""; 0], "only defined");
    assert_eq!(users("nowhere"), [""; 0]);
}

#[test]
fn imports_of_a_package_are_public() {
    let (index, _) = workspace().scanned();
    let public = |path: &str| {
        let file = index.files().into_iter().find(|file| file.relative == path).unwrap();
        file.imports.iter().map(|import| (import.name.clone(), import.public)).collect::<Vec<_>>()
    };
    assert_eq!(public("shapes/__init__.py"), [(Some("Shape".to_owned()), true)]);
    assert_eq!(public("shapes/base.py"), [(Some("ABC".to_owned()), false)]);
}

#[test]
fn similar_code() {
    let function = |name: &str, inner: &str| format!("def {name}(x):\n    {inner}\n    return x\n\n\n");
    let filler: String = (0..12).map(|at| function(&format!("filler_{at}"), "x = other(x)")).collect();
    let wanted = function("parse_ledger", "x = split_ledger_rows(x, separator)");
    let workspace = Workspace::new(&[
        ("a.py", &format!("{filler}{wanted}{filler}")),
        ("b.py", &filler),
        ("c.py", &function("parse", "x = rows(x)")),
        ("d.js", "function f(x) { return split_ledger_rows(x, separator); }\n"),
        ("e.ts", "function g(x: T) { return split_ledger_rows(x); }\n"),
    ]);
    let (index, _) = workspace.scanned();
    let path = workspace.path("a.py");
    let search = |language: &str, identifiers: &[&str], exclude: Option<std::ops::Range<u32>>| {
        let identifiers: Vec<String> = identifiers.iter().map(|&it| it.to_owned()).collect();
        let language = Language::from_id(language).unwrap();
        let exclude = exclude.map(|lines| (path.as_path(), lines));
        let found = index.similar(&SimilarQuery { identifiers: &identifiers, language, exclude }, 3);
        found.iter().map(|it| format!("{} {:?}", it.file.relative, it.lines)).collect::<Vec<_>>()
    };
    let names = ["split_ledger_rows", "separator"];
    assert_eq!(search("python", &names, None).first().unwrap(), "a.py 54..66");
    assert_eq!(search("python", &names, Some(50..70)), ["c.py 0..6"], "by a word of the name");
    assert_eq!(search("javascript", &names, None), ["d.js 0..2", "e.ts 0..2"], "TypeScript is near enough");
    assert_eq!(search("typescript", &["splitLedgerRows"], None).len(), 2, "by the words of the name");
    assert_eq!(search("rust", &names, None), [""; 0]);
    assert_eq!(search("python", &[], None), [""; 0]);
}

#[test]
fn the_text_that_an_entry_was_made_from() {
    let workspace = workspace();
    let (index, _) = workspace.scanned();
    let path = workspace.path("main.py");
    assert!(index.text_of(&path).unwrap().starts_with("from shapes"));
    update(&index, &path, "x = 1\n");
    assert_eq!(index.text_of(&path).unwrap(), "x = 1\n");
    index.close(&path);
    assert!(index.text_of(&path).unwrap().starts_with("from shapes"));
    assert_eq!(index.text_of(&workspace.path("Cargo.toml")), None, "not in the index");
}
