//! `@symbol`: definitions with their bodies.

use expect_test::expect;

use super::{Shop, resolved, shown};

#[test]
fn every_way_to_name_a_definition() {
    let world = Shop::new();
    let world = world.indexed();
    let all: String = [
        "@Cart.add",
        "@cart.Cart.add",
        "@money.vat",
        "@src.money.vat()",
        "@Order::total",
        "@symbol:RATE",
        "@order.Order.total",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        [Cart.add in src/cart.py, lines 12 to 13] python
            def add(self, price: Money) -> None:
                self.items.append(price)
        [Cart.add in src/cart.py, lines 12 to 13] python
            def add(self, price: Money) -> None:
                self.items.append(price)
        [vat in src/money.py, lines 14 to 16] python
        def vat(net: Money) -> Money:
            # Rounded down, as the tax office wants it.
            return Money(net.cents * (100 + RATE) // 100)
        [vat in src/money.py, lines 14 to 16] python
        def vat(net: Money) -> Money:
            # Rounded down, as the tax office wants it.
            return Money(net.cents * (100 + RATE) // 100)
        [Order.total in src/order.rs, lines 7 to 10] rust
            /// The sum of the order.
            pub fn total(&self) -> u32 {
                self.lines.iter().sum()
            }
        [RATE in src/money.py, line 3] python
        RATE = 19
        [Order.total in src/order.rs, lines 7 to 10] rust
            /// The sum of the order.
            pub fn total(&self) -> u32 {
                self.lines.iter().sum()
            }
    "#]]
    .assert_eq(&all);
}

#[test]
fn all_of_one_name_and_a_type_with_its_methods() {
    let shop = Shop::new();
    let world = shop.indexed();
    expect![[r#"
        [Cart.total in src/cart.py, lines 15 to 20] python
            def total(self) -> Money:
                """The sum with value added tax."""
                net = Money(0)
                for item in self.items:
                    net = net.plus(item)
                return vat(net)

        [Order.total in src/order.rs, lines 7 to 10] rust
            /// The sum of the order.
            pub fn total(&self) -> u32 {
                self.lines.iter().sum()
            }

        [Order in src/order.rs, lines 1 to 4] rust
        /// An order.
        pub struct Order {
            pub lines: Vec<u32>,
        }

        [impl Order in src/order.rs, lines 6 to 11] rust
        impl Order {
            /// The sum of the order.
            pub fn total(&self) -> u32 {
                self.lines.iter().sum()
            }
        }
    "#]]
    .assert_eq(&format!("{}\n{}", shown("@total", &world), shown("@Order", &world)));
}

#[test]
fn of_many_the_first_and_the_rest_is_said() {
    let shop = Shop::of("");
    for at in 0..11 {
        shop.write(&format!("m{at:02}.py"), "def run():\n    pass\n");
    }
    let found = resolved("@run", &shop.indexed()).unwrap();
    assert_eq!(found.len(), 8);
    expect!["3 more definitions of the same name were left out: run in m08.py, lines 1 to 2, run in m09.py, lines 1 to 2, run in m10.py, lines 1 to 2"].assert_eq(&found[0].attachment.cut);
}

#[test]
fn the_unsaved_text_is_looked_at() {
    let shop = Shop::new();
    let mut world = shop.indexed();
    world.open = vec![
        shop.open("src/money.py", "\n\n# New.\ndef vat(net):\n    return 'changed'\n"),
        shop.open("fresh.go", "package a\n\nfunc (c *Box) Size() int {\n\treturn 1\n}\n"),
    ];
    expect![[r#"
        [vat in src/money.py, lines 4 to 5] python
        def vat(net):
            return 'changed'
        [Box.Size in fresh.go, lines 3 to 5] go
        func (c *Box) Size() int {
        	return 1
        }
    "#]]
    .assert_eq(&format!("{}{}", shown("@vat", &world), shown("@Box.Size", &world)));
}
