//! The question to a chat model that fills in. Must not test what becomes of the answer.

use crate::{FileExcerpt, FimParts, fill_in};
use expect_test::expect;

#[test]
fn the_cursor_is_marked_and_its_line_shown() {
    let files = [FileExcerpt { path: "shop/tax.py", text: "RATE = 0.2\n" }];
    let prefix = "def total(price):\n    return price * ";
    let parts = FimParts {
        files: &files,
        path: Some("shop/cart.py"),
        prefix,
        suffix: "\n\nprint(total(3))\n",
        ..FimParts::default()
    };
    expect![[r#"
        --- shop/tax.py
        RATE = 0.2

        --- shop/cart.py
        def total(price):
            return price * <CURSOR>

        print(total(3))


        The line of the cursor is:
            return price * <CURSOR>"#]]
    .assert_eq(&fill_in(&parts).user);
}

#[test]
fn a_mark_that_the_code_has_is_not_used() {
    let parts = FimParts { prefix: "a = '<CURSOR>'", suffix: "'<CURSOR 1>'", ..FimParts::default() };
    let asked = fill_in(&parts);
    assert!(asked.user.contains("a = '<CURSOR>'<CURSOR 2>'<CURSOR 1>'"), "{}", asked.user);
    assert!(asked.system.contains("<CURSOR 2>"), "{}", asked.system);
}
