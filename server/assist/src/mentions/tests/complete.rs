//! What is offered while a mention is typed.

use expect_test::{Expect, expect};

use super::Shop;
use crate::mentions::{World, complete, parse};

fn check(typed: &str, world: &World, expected: Expect) {
    let lines: Vec<String> = complete(typed, world, 6)
        .into_iter()
        .map(|it| {
            // What is inserted is read again as one mention.
            let inserted = parse(&format!("@{} x", it.insert));
            assert_eq!(inserted.len(), 1, "{}", it.insert);
            format!("{} | {} | {}\n", it.insert, it.label, it.detail)
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn candidates() {
    let shop = Shop::new();
    let mut world = shop.indexed();
    world.open = vec![shop.open("tests/test_cart.py", "")];
    check(
        "",
        &world,
        expect![[r#"
        current | current | the file that you edit
        selection | selection | the selected text
        open | open | all open files
        visible | visible | what the editor shows of files
        diff | diff | what is not committed; also @diff:staged and @diff:BRANCH
        commit | commit | the last commit, or @commit:REVISION
    "#]],
    );
    check(
        "c",
        &world,
        expect![[r#"
        current | current | the file that you edit
        commit | commit | the last commit, or @commit:REVISION
        codebase | codebase | the code that has most to do with the question
        clipboard | clipboard | the clipboard's text
        src/cart.py | src/cart.py | file
        tests/test_cart.py | tests/test_cart.py | open file
    "#]],
    );
    check(
        "cart",
        &world,
        expect![[r#"
            src/cart.py | src/cart.py | file
            tests/test_cart.py | tests/test_cart.py | open file
            Cart | Cart | class in src/cart.py
        "#]],
    );
    check(
        "src/",
        &world,
        expect![[r#"
            src/ | src/ | folder
            src/cart.py | src/cart.py | file
            src/money.py | src/money.py | file
            src/order.rs | src/order.rs | file
            "src/my notes.txt" | src/my notes.txt | file
        "#]],
    );
    check(
        "tot",
        &world,
        expect![[r#"
        Cart.total | Cart.total | method in src/cart.py
        Order.total | Order.total | method in src/order.rs
        test_total | test_total | function in tests/test_cart.py
    "#]],
    );
    check(
        "Cart.t",
        &world,
        expect![[r#"
        Cart.total | Cart.total | method in src/cart.py
        Cart.__init__ | Cart.__init__ | method in src/cart.py
    "#]],
    );
    check(
        "symbol:va",
        &world,
        expect![[r#"
        symbol:vat | vat | function in src/money.py
    "#]],
    );
    check(
        "\"my no",
        &world,
        expect![[r#"
        "src/my notes.txt" | src/my notes.txt | file
    "#]],
    );
    check(
        "smny",
        &world,
        expect![[r#"
        src/money.py | src/money.py | file
    "#]],
    );
    check(
        "diff:",
        &world,
        expect![[r#"
        diff:staged | diff:staged | what is staged
    "#]],
    );
    check("search:x", &world, expect![[r#""#]]);
    check("env", &world, expect![[r#""#]]);
}
