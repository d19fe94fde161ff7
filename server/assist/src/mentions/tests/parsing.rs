//! What a message's text says about its mentions.

use expect_test::{Expect, expect};

use crate::mentions::{parse, typed_at};

fn check(message: &str, expected: Expect) {
    let found: Vec<String> = parse(message)
        .into_iter()
        .map(|mention| {
            assert_eq!(message.get(mention.range.clone()), Some(mention.text.as_str()));
            format!("{} = {:?}\n", mention.text, mention.kind)
        })
        .collect();
    expected.assert_eq(&found.concat());
}

#[test]
fn paths_lines_and_names() {
    check(
        "@src/cart.py @src/cart.py:10-40 @cart.py:12 @cart.py:12:5 @a.rs#L3-L9 @src/ @./ @/ @../x @file:10-40 @Cart.total \
         @Type::method @total() @Makefile @.env",
        expect![[r#"
            @src/cart.py = File { path: "src/cart.py", lines: None }
            @src/cart.py:10-40 = File { path: "src/cart.py", lines: Some(LineRange { first: 10, last: 40 }) }
            @cart.py:12 = File { path: "cart.py", lines: Some(LineRange { first: 12, last: 12 }) }
            @cart.py:12:5 = File { path: "cart.py", lines: Some(LineRange { first: 12, last: 12 }) }
            @a.rs#L3-L9 = File { path: "a.rs", lines: Some(LineRange { first: 3, last: 9 }) }
            @src/ = Folder { path: "src" }
            @./ = Folder { path: "." }
            @/ = Folder { path: "/" }
            @../x = File { path: "../x", lines: None }
            @file:10-40 = File { path: "file", lines: Some(LineRange { first: 10, last: 40 }) }
            @Cart.total = Name { name: "Cart.total" }
            @Type::method = Symbol { name: "Type::method" }
            @total() = Name { name: "total" }
            @Makefile = Name { name: "Makefile" }
            @.env = Name { name: ".env" }
        "#]],
    );
}

#[test]
fn words_of_weft() {
    check(
        "@current @current:3-5 @selection @open @visible @diff @diff:staged @diff:main @commit @commit:HEAD~1 @problems \
         @terminal @tree @search:foo @repo @codebase @recent @clipboard @os @symbol:open @currentFile @repo-map @Diff @diffs",
        expect![[r#"
            @current = Current { lines: None }
            @current:3-5 = Current { lines: Some(LineRange { first: 3, last: 5 }) }
            @selection = Selection
            @open = Open
            @visible = Visible
            @diff = Diff { base: WorkingTree }
            @diff:staged = Diff { base: Staged }
            @diff:main = Diff { base: Revision("main") }
            @commit = Commit { revision: "HEAD" }
            @commit:HEAD~1 = Commit { revision: "HEAD~1" }
            @problems = Problems
            @terminal = Terminal
            @tree = Tree
            @search:foo = Search { text: "foo" }
            @repo = Repo
            @codebase = Codebase
            @recent = Recent
            @clipboard = Clipboard
            @os = Os
            @symbol:open = Symbol { name: "open" }
            @currentFile = Current { lines: None }
            @repo-map = Repo
            @Diff = Name { name: "Diff" }
            @diffs = Name { name: "diffs" }
        "#]],
    );
}

#[test]
fn quotes() {
    check(
        "see @\"my file.py\" and @\"my file.py\":3-4, @search:\"two words\"; @\"no end\nof it\" @\"\" @\"my folder/\"",
        expect![[r#"
            @"my file.py" = File { path: "my file.py", lines: None }
            @"my file.py":3-4 = File { path: "my file.py", lines: Some(LineRange { first: 3, last: 4 }) }
            @search:"two words" = Search { text: "two words" }
            @"my folder/" = Folder { path: "my folder" }
        "#]],
    );
}

#[test]
fn searches_and_addresses() {
    check(
        "(@search:foo(bar) @search:a,b. @search: @search:/a.*b/ @url:https://a.b/c?d=e, @https://a.b/(c). @url https://x.y @url",
        expect![[r#"
            @search:foo(bar) = Search { text: "foo(bar)" }
            @search:a,b = Search { text: "a,b" }
            @search: = Search { text: "" }
            @search:/a.*b/ = Search { text: "/a.*b/" }
            @url:https://a.b/c?d=e = Url { url: "https://a.b/c?d=e" }
            @https://a.b/(c) = Url { url: "https://a.b/(c)" }
            @url https://x.y = Url { url: "https://x.y" }
            @url = Url { url: "" }
        "#]],
    );
}

#[test]
fn punctuation_is_not_part_of_it() {
    check(
        "@a.py, @b.py. (@c.py) \"@d.py\" @e.py's @f.py: @g.py! [@h/(group)/[id].tsx] @i.py; **@j.py** _@k.py_ @__init__ @..., 看@l.py。 \
         @m.py…",
        expect![[r#"
            @a.py = Name { name: "a.py" }
            @b.py = Name { name: "b.py" }
            @c.py = Name { name: "c.py" }
            @d.py = Name { name: "d.py" }
            @e.py = Name { name: "e.py" }
            @f.py = Name { name: "f.py" }
            @g.py = Name { name: "g.py" }
            @h/(group)/[id].tsx = File { path: "h/(group)/[id].tsx", lines: None }
            @i.py = Name { name: "i.py" }
            @j.py = Name { name: "j.py" }
            @k.py = Name { name: "k.py" }
            @__init__ = Name { name: "__init__" }
            @.. = Folder { path: ".." }
            @l.py = Name { name: "l.py" }
            @m.py = Name { name: "m.py" }
        "#]],
    );
}

#[test]
fn what_is_no_mention() {
    check(
        "me@host.org a.b+c@host \\@escaped node_modules/@types/x @ @, a@ `@span` ``@a ` @b`` and ` alone @real\n\
         ```python\n@property\ndef x(self): ...\n```\n\n~~~\n@fenced\n```\n~~~\n@after\n\n    ```\n@indented is no fence\n```rust\n@open fence",
        expect![[r#"
            @real = Name { name: "real" }
            @after = Name { name: "after" }
            @indented = Name { name: "indented" }
        "#]],
    );
}

#[test]
fn what_is_being_typed() {
    let typed: Vec<String> = [
        "@",
        "@sr$",
        "a @src/ca$rt",
        "me@ho$",
        "`@a$`",
        "@a b$",
        "@\"my fi$",
        "@search:\"two wo$",
        "@\"x\" $",
        "@search:a b$",
    ]
    .iter()
    .map(|source| {
        let cursor = source.find('$').unwrap_or(source.len());
        let text = source.replace('$', "");
        format!("{source}: {:?}\n", typed_at(&text, cursor).map(|range| text[range].to_owned()))
    })
    .collect();
    expect![[r#"
        @: Some("")
        @sr$: Some("sr")
        a @src/ca$rt: Some("src/ca")
        me@ho$: None
        `@a$`: None
        @a b$: None
        @"my fi$: Some("\"my fi")
        @search:"two wo$: Some("search:\"two wo")
        @"x" $: None
        @search:a b$: None
    "#]]
    .assert_eq(&typed.concat());
}
