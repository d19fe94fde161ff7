//! What the editor passes: problems, the terminal, the clipboard, edits; and the system.

use context::History;
use expect_test::expect;
use text::Text;

use super::{Shop, resolved, shown};
use crate::mentions::{Problem, Severity, System};

fn problem(shop: &Shop, path: &str, line: u32, severity: Severity, message: &str) -> Problem {
    Problem {
        path: shop.path(path),
        line,
        severity,
        message: message.to_owned(),
        source: Some("checker".to_owned()),
    }
}

#[test]
fn problems_by_file_the_errors_first() {
    let shop = Shop::new();
    let mut world = shop.world();
    world.problems = Some(vec![
        problem(&shop, "src/money.py", 2, Severity::Hint, "a constant"),
        problem(&shop, "src/cart.py", 14, Severity::Warning, "no test"),
        problem(&shop, "src/cart.py", 20, Severity::Error, "`vat` has no\r\nsecond argument"),
        problem(&shop, ".env", 0, Severity::Error, "KEY=secret"),
        problem(&shop, "../outside.py", 0, Severity::Error, "outside"),
    ]);
    expect![[r#"
        [3 problems]
        (cut: not shown: .env (secret), outside.py (outside of the workspace))
        src/cart.py
          line 21: error: `vat` has no
            second argument (checker)
          line 15: warning: no test (checker)
            |     def total(self) -> Money:
        src/money.py
          line 3: hint: a constant (checker)
            | RATE = 19
    "#]]
    .assert_eq(&shown("@problems", &world));
    world.problems = Some(Vec::new());
    expect![[r#"
        @problems: the editor shows no errors or warnings, so there is nothing to attach
    "#]]
    .assert_eq(&shown("@problems", &world));
    world.problems =
        Some((0..150).map(|at| problem(&shop, "src/cart.py", at % 20, Severity::Error, "bad")).collect());
    expect!["50 of 150 problems were left out"]
        .assert_eq(&resolved("@problems", &world).unwrap()[0].attachment.cut);
}

#[test]
fn the_end_of_the_terminal_without_colours() {
    let mut world = Shop::new().world();
    world.terminal = Some("$ pytest\r\n\u{1b}[31mFAILED\u{1b}[0m größe\r\n\n".to_owned());
    expect![[r#"
        [the terminal]
        $ pytest
        FAILED größe
    "#]]
    .assert_eq(&shown("@terminal", &world));
    world.terminal = Some((0..9000).map(|at| format!("line {at}\n")).collect());
    let terminal = resolved("@terminal", &world).unwrap().remove(0);
    assert!(terminal.attachment.text.starts_with("line ") && terminal.attachment.text.ends_with("line 8999"));
    expect!["5724 lines before these were left out"].assert_eq(&terminal.attachment.cut);
}

#[test]
fn the_clipboard_and_the_system() {
    let mut world = Shop::new().world();
    world.clipboard = Some("copied\r\ntext".to_owned());
    world.system = System {
        name: "Linux 6 Debian".to_owned(),
        architecture: "x86_64".to_owned(),
        shell: "zsh".to_owned(),
    };
    expect![[r#"
        [the clipboard]
        copied
        text
        [the system]
        System: Linux 6 Debian
        Processor: x86_64
        Shell: zsh
    "#]]
    .assert_eq(&format!("{}{}", shown("@clipboard", &world), shown("@os", &world)));
    world.clipboard = Some(" \n".to_owned());
    expect![[r#"
        @clipboard: the clipboard has no text. Copy something first
    "#]]
    .assert_eq(&shown("@clipboard", &world));
    world.clipboard = Some("0123456789\n".repeat(40_000));
    expect!["what is beyond 256 KiB was left out"]
        .assert_eq(&resolved("@clipboard", &world).unwrap()[0].attachment.cut);
    let here = System::of_process();
    assert!(
        !here.name.is_empty() && here.architecture == std::env::consts::ARCH && !here.shell.contains('/')
    );
}

#[test]
fn recent_edits_as_they_were_and_are() {
    let shop = Shop::new();
    let history = History::default();
    let edit = |path: &str, before: &str, after: &str| {
        history.edited(&shop.path(path), &Text::new(before), &Text::new(after))
    };
    edit("README.md", "# Shop\n\nPrices.\n", "# Shop\n\nPrices are in cents.\n");
    edit(".env", "KEY=secret", "KEY=other");
    edit("src/cart.py", "a = 1\r\nb = 2\r\n", "a = 1\r\nb = 3\r\n");
    let mut world = shop.world();
    world.edits = history.edits();
    world.open = vec![shop.open("src/cart.py", "a = 1\r\nb = 3\r\n")];
    expect![[r#"
        [2 recent edits, the latest first] diff
        (cut: not shown: .env (secret))
        --- src/cart.py, line 2
        -b = 2
        +b = 3
        --- README.md, line 3
        -Prices.
        +Prices are in cents.
    "#]]
    .assert_eq(&shown("@recent", &world));
}
