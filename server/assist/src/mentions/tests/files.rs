//! Files, folders, the tree, and what is current.

use std::fs;

use expect_test::expect;

use super::{Shop, of_one, resolved, shown};
use crate::mentions::{Visible, World, default_context, parse};

#[test]
fn a_file_and_lines_of_it() {
    let world = Shop::new();
    let world = world.world();
    expect![[r#"
        [README.md] md
        # Shop

        Prices are in cents.

    "#]]
    .assert_eq(&shown("@README.md", &world));
}

#[test]
fn a_file_by_its_end_and_with_spaces() {
    let shop = Shop::new();
    let world = shop.world();
    expect![[r#"
        [src/cart.py, lines 15 to 17] python
            def total(self) -> Money:
                """The sum with value added tax."""
                net = Money(0)
        [src/my notes.txt] txt
        Ask about größere Körbe.

        src/money.py has 16 lines, and 18-99 are none of them. Lines count from 1, the smaller number first
        [src/money.py, line 3] python
        RATE = 19
    "#]]
    .assert_eq(&format!(
        "{}{}{}{}",
        shown("@cart.py:15-17", &world),
        shown("@\"my notes.txt\"", &world),
        shown("@src/money.py:18-99", &world),
        shown(&format!("@{}:3", shop.path("src/money.py").display()), &world)
    ));
    let attachment = resolved("@cart.py:15-17", &world).unwrap().remove(0).attachment;
    assert_eq!((attachment.path.as_deref(), attachment.lines), (Some("src/cart.py"), Some(14..17)));
    assert_eq!(attachment.file, Some(shop.path("src/cart.py")));
}

#[test]
fn the_unsaved_text_counts_and_line_ends_are_made_one() {
    let shop = Shop::new();
    let mut world = shop.world();
    shop.write("crlf.txt", "\u{feff}one\r\ntwo\r\n");
    expect![[r#"
        [crlf.txt] txt
        one
        two

    "#]]
    .assert_eq(&shown("@crlf.txt", &world));
    world.open =
        vec![shop.open("crlf.txt", "unsaved\r\ntext\r\n"), shop.open("new.py", "only = 'in the editor'\n")];
    expect![[r#"
        [crlf.txt] txt
        unsaved
        text

        [new.py] python
        only = 'in the editor'

    "#]]
    .assert_eq(&format!("{}{}", shown("@crlf.txt", &world), shown("@new.py", &world)));
}

#[test]
fn hidden_files_that_are_no_secrets_can_be_mentioned() {
    let shop = Shop::new();
    shop.write(".github/ci.yml", "on: push\n");
    expect![[r#"
        [.github/ci.yml] yml
        on: push

    "#]]
    .assert_eq(&shown("@.github/ci.yml", &shop.world()));
}

#[test]
fn several_roots() {
    let (shop, other) = (Shop::new(), Shop::of("//- /README.md\nOther.\n//- /only.txt\nhere\n"));
    let renamed = other.folder.path().canonicalize().unwrap().join("depot");
    fs::rename(other.root(), &renamed).unwrap();
    let world = World { roots: vec![shop.root(), renamed], ..World::default() };
    expect![[r#"
        README.md can be any of these: shop/README.md, depot/README.md. Type more of the path
        [depot/README.md] md
        Other.

        [depot/only.txt] txt
        here

    "#]]
    .assert_eq(&format!(
        "{}{}{}",
        shown("@README.md", &world),
        shown("@depot/README.md", &world),
        shown("@only.txt", &world)
    ));
}

#[test]
fn a_folder_the_root_and_the_tree() {
    let shop = Shop::new();
    let long: String = (0..90).map(|at| format!("def function_{at}():\n    return {at}\n\n\n")).collect();
    shop.write("src/long.py", long.lines().take(360).collect::<Vec<_>>().join("\n"));
    let world = shop.indexed();
    let folder = shown("@src/", &world);
    expect![[r#"
        [src/, 5 files]
        (cut: of 1 file only the definitions are shown, without bodies)
        cart.py
        long.py
        money.py
        my notes.txt
        order.rs

        == src/cart.py
        """The cart."""

        from src.money import Money, vat


        class Cart:
            """What a customer wants to buy."""

            def __init__(self) -> None:
                self.items: list[Money] = []

            def add(self, price: Money) -> None:
                self.items.append(price)

            def total(self) -> Money:
                """The sum with value added tax."""
                net = Money(0)
                for item in self.items:
                    net = net.plus(item)
                return vat(net)

        == src/long.py
           33  def function_8()
          321  def function_80()
          325  def function_81()
          329  def function_82()
          333  def function_83()
          337  def function_84()
          341  def function_85()
          345  def function_86()
          349  def function_87()
          353  def function_88()
          357  def function_89()

        == src/money.py
        """Money in cents."""

        RATE = 19


        class Money:
            def __init__(self, cents: int) -> None:
                self.cents = cents

            def plus(self, other: "Money") -> "Money":
                return Money(self.cents + other.cents)


        def vat(net: Money) -> Money:
            # Rounded down, as the tax office wants it.
            return Money(net.cents * (100 + RATE) // 100)

        == src/my notes.txt
        Ask about größere Körbe.

        == src/order.rs
        /// An order.
        pub struct Order {
            pub lines: Vec<u32>,
        }

        impl Order {
            /// The sum of the order.
            pub fn total(&self) -> u32 {
                self.lines.iter().sum()
            }
        }"#]]
    .assert_eq(
        &folder
            .lines()
            .filter(|line| !line.contains("function_") || line.contains("_8"))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    assert!(shown("@./", &world).starts_with("[the workspace, 7 files]"));
    expect![[r#"
        [the files of the workspace]
        src/
          cart.py
          long.py
          money.py
          my notes.txt
          order.rs
        tests/
          test_cart.py
        README.md
    "#]]
    .assert_eq(&shown("@tree", &world));
}

#[test]
fn a_large_tree_is_counted_below_some_depth() {
    let shop = Shop::of("");
    for at in 0..500 {
        shop.write(&format!("a/b{}/c{at}.txt", at % 3), "");
    }
    expect![[r#"
        [the files of the workspace]
        (cut: 500 files in deeper folders were only counted)
        a/
          b0/ (167 files)
          b1/ (167 files)
          b2/ (166 files)
    "#]]
    .assert_eq(&shown("@tree", &shop.world()));
}

#[test]
fn the_current_file_and_the_selection() {
    let shop = Shop::new();
    let mut current = shop.current("src/cart.py", "a = 1\r\nif a:\r\n    b$0 = größe(a)\r\nc = 3\r\n");
    let mut world = shop.world();
    world.current = Some(current.clone());
    expect![[r#"
        [src/cart.py] python
        a = 1
        if a:
            b = größe(a)
        c = 3

    "#]]
    .assert_eq(&shown("@current", &world));
    assert_eq!(resolved("@current", &world).unwrap()[0].focus, Some(2));
    expect![[r#"
        [src/cart.py, lines 2 to 3] python
        if a:
            b = größe(a)
    "#]]
    .assert_eq(&shown("@current:2-3", &world));
    let text = current.document.text.to_string();
    let mut all = String::new();
    // Within a line, from the middle of one to the middle of another, and whole lines.
    for (from, to) in [("größe", "(a)"), ("f a", " = größe"), ("if a", "c = 3")] {
        current.selection = text.find(from).unwrap()..text.find(to).unwrap();
        world.current = Some(current.clone());
        all.push_str(&shown("@selection", &world));
    }
    expect![[r#"
        [the selection in src/cart.py, line 3] python
        größe
        [the selection in src/cart.py, lines 2 to 3] python
        if a:
            b = größe(a)
        [the selection in src/cart.py, lines 2 to 3] python
        if a:
            b = größe(a)
    "#]]
    .assert_eq(&all);
}

#[test]
fn open_and_visible_documents() {
    let shop = Shop::new();
    let mut world = shop.world();
    world.open =
        vec![shop.open("src/a.py", "a = 1\n"), shop.open(".env", "KEY=1\n"), shop.open("private.py", "x\n")];
    expect![[r#"
        [src/a.py] python
        (cut: not read: .env (secret), private.py (ignored))
        a = 1

    "#]]
    .assert_eq(&shown("@open", &world));
    world.visible = vec![Visible { document: shop.open("b.txt", "one\ntwo\nthree\n"), lines: 1..3 }];
    expect![[r#"
        [b.txt, lines 2 to 3] txt
        two
        three
    "#]]
    .assert_eq(&shown("@visible", &world));
}

#[test]
fn a_document_outside_of_the_roots_may_be_current_but_not_a_secret() {
    let shop = Shop::new();
    let mut world = shop.world();
    world.current = Some(shop.current("../elsewhere.py", "$0x = 1\n"));
    expect![[r#"
        [elsewhere.py] python
        x = 1

    "#]]
    .assert_eq(&shown("@current", &world));
    world.current = Some(shop.current("../.env", "$0KEY=1\n"));
    expect![[r#"
        .env looks like a file of keys or passwords, which Weft never reads. Paste the part that matters, without the secrets
    "#]].assert_eq(&shown("@current", &world));
}

#[test]
fn the_file_being_edited_is_context_unless_it_is_mentioned() {
    let shop = Shop::new();
    let mut world = shop.world();
    assert_eq!(default_context(&[], &world), None);
    world.current = Some(shop.current("src/cart.py", "a = 1\n$0b = 2\n"));
    expect![[r#"
        [src/cart.py] python
        a = 1
        b = 2

    "#]]
    .assert_eq(&of_one(&default_context(&parse("what is b?"), &world).unwrap()));
    for message in ["@current", "@selection", "@src/cart.py:1", "@cart.py", "@open"] {
        assert_eq!(default_context(&parse(message), &world), None, "{message}");
    }
    assert!(default_context(&parse("@README.md"), &world).is_some());
    world.current = Some(shop.current("private.py", "a$0 = 1\n"));
    assert_eq!(default_context(&[], &world), None);
}

#[test]
fn of_a_large_file_the_definitions_around_the_cursor_are_context() {
    let shop = Shop::new();
    let functions = |from: usize, to: usize| -> String {
        (from..to).map(|at| format!("def f{at}():\n    a = {at}\n    return a\n\n\n")).collect()
    };
    let mut world = shop.world();
    world.current =
        Some(shop.current("src/long.py", &format!("{}$0{}", functions(0, 100), functions(100, 200))));
    let resolved = default_context(&[], &world).unwrap();
    let text = &resolved.attachment.text;
    assert!(text.starts_with("def f70") && text.ends_with('\n'), "{}\n{text}", text.len());
    assert_eq!(text.lines().nth(resolved.focus.unwrap()), Some("def f100():"));
    expect!["src/long.py, lines 351 to 650: the file's other 701 lines were left out"]
        .assert_eq(&format!("{}: {}", resolved.attachment.title, resolved.attachment.cut));
}
