//! What is found: `@search`, `@repo`, `@codebase`.

use expect_test::expect;

use super::{Shop, resolved, shown};
use crate::mentions::Worth;

#[test]
fn lines_with_a_text() {
    let shop = Shop::new();
    let mut world = shop.world();
    expect![[r#"
        [3 matches of `money(` in 2 files]
        src/cart.py
           15-     def total(self) -> Money:
           16-         """The sum with value added tax."""
           17:         net = Money(0)
           18-         for item in self.items:
           19-             net = net.plus(item)

        src/money.py
            9- 
           10-     def plus(self, other: "Money") -> "Money":
           11:         return Money(self.cents + other.cents)
           12- 
           13- 
           14- def vat(net: Money) -> Money:
           15-     # Rounded down, as the tax office wants it.
           16:     return Money(net.cents * (100 + RATE) // 100)
    "#]]
    .assert_eq(&shown("@search:money(", &world));
    // A capital makes the case count; a pattern stands between slashes.
    expect![[r#"
        @search:CART: no line of the workspace's 6 files has this text. Try a shorter one; lower case finds both cases
        [2 matches of `/^class \w+:$/` in 2 files]
        src/cart.py
            4- 
            5- 
            6: class Cart:
            7-     """What a customer wants to buy."""
            8- 

        src/money.py
            4- 
            5- 
            6: class Money:
            7-     def __init__(self, cents: int) -> None:
            8-         self.cents = cents
    "#]].assert_eq(&format!(
        "{}{}",
        shown("@search:CART", &world),
        shown("@search:\"/^class \\w+:$/\"", &world)
    ));
    assert!(shown("@search:secret", &world).contains("no line"));
    assert!(shown("@search:weft-ignored", &world).contains("no line"));
    world.open = vec![shop.open("README.md", "unsaved words\r\n")];
    expect![[r#"
        [1 match of `unsaved words` in 1 file]
        README.md
            1: unsaved words
    "#]]
    .assert_eq(&shown("@search:\"unsaved words\"", &world));
}

#[test]
fn of_many_matches_some_are_shown_and_the_number_is_said() {
    let shop = Shop::of("");
    for at in 0..10 {
        shop.write(&format!("f{at}.txt"), "needle\n\n\n\n\n\n\n".repeat(30));
    }
    let found = resolved("@search:needle", &shop.world()).unwrap().remove(0).attachment;
    assert_eq!(found.text.matches("needle").count(), 60);
    expect!["300 matches of `needle` in 10 files: 60 of 300 matches are shown"]
        .assert_eq(&format!("{}: {}", found.title, found.cut));
}

#[test]
fn a_map_of_the_workspace_begins_with_what_the_rest_rests_on() {
    let world = Shop::new();
    let world = world.indexed();
    expect![[r#"
        [a map of the workspace, 4 files]
        src/money.py (used by 1 file)
            3  RATE = 19
            6  class Money
            7      def __init__(self, cents: int) -> None
           10      def plus(self, other: "Money") -> "Money"
           14  def vat(net: Money) -> Money: # Rounded down, as the tax office wants it.
        src/cart.py (used by 1 file)
            6  class Cart
            9      def __init__(self) -> None
           12      def add(self, price: Money) -> None
           15      def total(self) -> Money
        src/order.rs (used by 1 file)
            2  pub struct Order
            6  impl Order
            8      pub fn total(&self) -> u32
        tests/test_cart.py
            4  def test_total()
    "#]]
    .assert_eq(&shown("@repo", &world));
    assert_eq!(resolved("@repo", &world).unwrap()[0].worth, Worth::Found);
}

#[test]
fn a_large_map_is_cut() {
    let shop = Shop::new();
    for at in 0..400 {
        shop.write(&format!("m{at}.py"), format!("from src.money import Money\n\n\ndef function_number_{at}(money: Money) -> int:\n    return 1\n"));
    }
    let map = resolved("@repo", &shop.indexed()).unwrap().remove(0).attachment;
    assert!(
        map.text.starts_with("src/money.py (used by 401 files)") && map.text.len() <= 16 * 1024,
        "{}",
        map.text
    );
    assert!(map.cut.contains("of 404 files"), "{}", map.cut);
}

#[test]
fn the_code_that_has_most_to_do_with_a_question() {
    let shop = Shop::new();
    shop.write("src/unrelated.py", "def parse(text):\n    return text.split()\n".repeat(20));
    let world = shop.indexed();
    let best = |question: &str| {
        let found = resolved(question, &world).unwrap();
        assert!(found.iter().all(|it| it.worth == Worth::Found));
        found[0].attachment.clone()
    };
    expect![[r#"
        [src/cart.py, lines 1 to 20] python
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

        [src/money.py, lines 1 to 16] python
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
    "#]]
    .assert_eq(&shown("@codebase How is the value added tax rounded?", &world));
    assert_eq!(best("@codebase where are orders summed?").path.as_deref(), Some("src/order.rs"));
    assert_eq!(best("@codebase größere Körbe").path.as_deref(), Some("src/my notes.txt"));
    // A second time from what was kept, but not of a file that has changed.
    shop.write("src/unrelated.py", "# Value added tax rounded: the rule of value added tax, rounded.\n");
    assert_eq!(
        best("@codebase How is the value added tax rounded?").path.as_deref(),
        Some("src/unrelated.py")
    );
    expect![[r#"
        @codebase: the message has no words to look for. Ask a question with it
        @codebase: nothing in the workspace has the words of the question. Use the names that the code uses, or mention files
    "#]].assert_eq(&format!(
        "{}{}",
        shown("@codebase how does it", &world),
        shown("@codebase zebra", &world)
    ));
}
