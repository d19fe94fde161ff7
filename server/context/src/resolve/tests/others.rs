//! TypeScript, Go and Java: as far as the same rules serve.

use super::*;

#[test]
fn typescript_parameters_imports_and_inheritance() {
    check(
        "//- /src/client.ts
export class Base { close(): void {} }
export class Client extends Base {
  url: string;
  get session(): Session { return this.s; }
  async fetch(id: number): Promise<Session> { return this.s; }
}
export interface Session { token: string; renew(): void }
//- /src/run.ts
import { Client } from './client';
export async function run(client: Client) {
  const session = await client.fetch(1);
  session.$0
}
",
        expect![[r#"
            session. [Session]: token renew
            ReceiverType Session in client.ts, used 0
            EnclosingSignature Client in client.ts, used 1
            NearbyName run in run.ts, used 1
        "#]],
    );
    check(
        "//- /src/client.ts
export class Base { close(): void {} }
export class Client extends Base { url: string; }
//- /src/run.ts
import { Client } from './client';
export const run = ({ client }: { client: Client }, other: Client | null) => {
  const items: Client[] = [];
  for (const item of items) {
    item.$0
  }
};
",
        expect![[r#"
            item. [Client]: url close
            ReceiverType Client in client.ts, used 3
            NearbyName run in run.ts, used 1
        "#]],
    );
}

#[test]
fn go_fields_and_methods_of_a_package_beside() {
    check(
        "//- /go.mod
module example.org/shop
//- /cart/cart.go
package cart
type Cart struct { Items []Item }
type Item struct { Name string }
func (c *Cart) Total() int { return 0 }
func New() *Cart { return &Cart{} }
//- /main.go
package main
import \"example.org/shop/cart\"
func main() {
	c := cart.New()
	c.$0
}
",
        expect![[r#"
            c. [Cart]: Items Total
            ReceiverType Cart in cart.go, used 0
            NearbyName main in main.go, used 2
        "#]],
    );
}

#[test]
fn java_fields_of_the_same_package() {
    check(
        "//- /src/shop/Cart.java
package shop;
public class Cart {
    private int size;
    public Item first() { return null; }
}
//- /src/shop/Item.java
package shop;
public class Item { String name; }
//- /src/shop/Main.java
package shop;
public class Main {
    void run(Cart cart) {
        Item item = cart.first();
        item.$0
    }
}
",
        expect![[r#"
            item. [Item]: name
            ReceiverType Item in Item.java, used 1
            EnclosingSignature Cart in Cart.java, used 1
            SelfType Main in Main.java, used 1
        "#]],
    );
}
