//! What is read backwards from a cursor: a table of texts, the last `|` being the cursor.

use expect_test::{Expect, expect};

use crate::resolve::lexical::site;
use crate::resolve::source::Family;
use crate::resolve::tokens::Tokens;

fn check(family: Family, texts: &[&str], expect: Expect) {
    let mut out = String::new();
    for text in texts {
        let (before, after) = text.rsplit_once('|').unwrap();
        let tokens = Tokens::new(format!("{before}{after}"), family.style());
        let found = site(&tokens, before.len(), family.keywords());
        let receiver = found.receiver.map_or("none".to_owned(), |it| format!("{}{}", it.text, it.separator));
        out += &format!("{text:?}: {receiver} partial={:?} callees={:?}\n", found.partial, found.callees);
    }
    expect.assert_eq(&out);
}

#[test]
fn python_receivers_and_callees() {
    check(
        Family::Python,
        &[
            "pipe.|",
            "self._port|",
            "x = self.a.b(1, 'x)')[0].c|",
            "return foo.|",
            "x = [a for a in self.items().|",
            "await (await x.y()).z|",
            "\"text\".|",
            "f(a, g(b, |",
            "f(\n    a,\n    b=[1, |",
            "def f(a, |",
            "class A(|",
            "x = f(y) + |",
            "# a comment.|",
            "f'{a.b}{c.|}'",
            "'plain {c.|'",
            "print(f\"{a.|\")",
            "x = 1.|",
            "...|",
            ".|",
            "super().__init__(|",
            "foo\n(bar).|",
            "x if y else z.|",
            "@decorator.|",
            "a[b.c].d.|\n\ndef f(): pass",
            "|",
        ],
        expect![[r##"
            "pipe.|": pipe. partial="" callees=[]
            "self._port|": self. partial="_port" callees=[]
            "x = self.a.b(1, 'x)')[0].c|": self.a.b(1, 'x)')[0]. partial="c" callees=[]
            "return foo.|": foo. partial="" callees=[]
            "x = [a for a in self.items().|": self.items(). partial="" callees=[]
            "await (await x.y()).z|": (await x.y()). partial="z" callees=[]
            "\"text\".|": "text". partial="" callees=[]
            "f(a, g(b, |": none partial="" callees=["g", "f"]
            "f(\n    a,\n    b=[1, |": none partial="" callees=["f"]
            "def f(a, |": none partial="" callees=[]
            "class A(|": none partial="" callees=[]
            "x = f(y) + |": none partial="" callees=[]
            "# a comment.|": none partial="" callees=[]
            "f'{a.b}{c.|}'": c. partial="" callees=[]
            "'plain {c.|'": none partial="" callees=[]
            "print(f\"{a.|\")": a. partial="" callees=[]
            "x = 1.|": 1. partial="" callees=[]
            "...|": none partial="" callees=[]
            ".|": none partial="" callees=[]
            "super().__init__(|": none partial="" callees=["super().__init__"]
            "foo\n(bar).|": (bar). partial="" callees=[]
            "x if y else z.|": z. partial="" callees=[]
            "@decorator.|": decorator. partial="" callees=[]
            "a[b.c].d.|\n\ndef f(): pass": a[b.c].d. partial="" callees=[]
            "|": none partial="" callees=[]
        "##]],
    );
}

#[test]
fn rust_receivers_and_callees() {
    check(
        Family::Rust,
        &[
            "Error::|",
            "crate::futures::dis|",
            "x\n    .iter()\n    .map(|a| a.|",
            "foo()?.bar().await?.|",
            "Vec::<u8>::new().|",
            "HashMap::<String, Vec<u8>>::|",
            "<T as Trait>::|",
            "vec![1, 2].|",
            "self.items[0].|",
            "fn f(a: u8, |",
            "foo(&mut self.a, |x| { x.|",
            "let x = Point { x: 1, |",
            "if a == b { c.|",
            "format!(\"{}\", a.|",
            "let c = '\\''; a.|",
            "fn f<'a>(x: &'a str) { x.|",
            "r#\"a \" b\"#.|",
            "match x { A => b.|",
            "a..b.|",
            "/* x. */ |",
        ],
        expect![[r##"
            "Error::|": Error:: partial="" callees=[]
            "crate::futures::dis|": crate::futures:: partial="dis" callees=[]
            "x\n    .iter()\n    .map(|a| a.|": a. partial="" callees=["x\n    .iter()\n    .map"]
            "foo()?.bar().await?.|": foo()?.bar().await?. partial="" callees=[]
            "Vec::<u8>::new().|": Vec::<u8>::new(). partial="" callees=[]
            "HashMap::<String, Vec<u8>>::|": HashMap::<String, Vec<u8>>:: partial="" callees=[]
            "<T as Trait>::|": <T as Trait>:: partial="" callees=[]
            "vec![1, 2].|": vec![1, 2]. partial="" callees=[]
            "self.items[0].|": self.items[0]. partial="" callees=[]
            "fn f(a: u8, |": none partial="" callees=[]
            "foo(&mut self.a, |x| { x.|": x. partial="" callees=[]
            "let x = Point { x: 1, |": none partial="" callees=["Point"]
            "if a == b { c.|": c. partial="" callees=[]
            "format!(\"{}\", a.|": a. partial="" callees=["format!"]
            "let c = '\\''; a.|": a. partial="" callees=[]
            "fn f<'a>(x: &'a str) { x.|": x. partial="" callees=[]
            "r#\"a \" b\"#.|": r#"a " b"#. partial="" callees=[]
            "match x { A => b.|": b. partial="" callees=[]
            "a..b.|": b. partial="" callees=[]
            "/* x. */ |": none partial="" callees=[]
        "##]],
    );
}

#[test]
fn other_languages() {
    check(
        Family::Ecma,
        &["a?.b!.c.|", "`${a.b}`.|", "new Foo(1).bar(|", "x = /a.b\\/(/.|", "f(() => { a.|"],
        expect![[r#"
            "a?.b!.c.|": a?.b!.c. partial="" callees=[]
            "`${a.b}`.|": `${a.b}`. partial="" callees=[]
            "new Foo(1).bar(|": none partial="" callees=["Foo(1).bar"]
            "x = /a.b\\/(/.|": /a.b\/(/. partial="" callees=[]
            "f(() => { a.|": a. partial="" callees=[]
        "#]],
    );
    check(
        Family::Go,
        &["s.mu.|", "x := pkg.New(|", "`raw.`.|"],
        expect![[r#"
        "s.mu.|": s.mu. partial="" callees=[]
        "x := pkg.New(|": none partial="" callees=["pkg.New"]
        "`raw.`.|": `raw.`. partial="" callees=[]
    "#]],
    );
    check(
        Family::Java,
        &["this.list.get(0).|", "new A(|", "List<String> x = Foo.|"],
        expect![[r#"
        "this.list.get(0).|": this.list.get(0). partial="" callees=[]
        "new A(|": none partial="" callees=["A"]
        "List<String> x = Foo.|": Foo. partial="" callees=[]
    "#]],
    );
}
