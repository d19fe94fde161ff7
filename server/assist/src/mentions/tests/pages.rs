//! `@url`: what is asked for, what is not, and the text of a page. Nothing here reaches a network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use expect_test::expect;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::shown;
use crate::mentions::{Fetch, Network, Page, PageRequest, World, is_public};

/// Pages by their addresses, and what was asked for.
#[derive(Default)]
struct Pages {
    pages: HashMap<&'static str, Page>,
    asked: Mutex<Vec<String>>,
}

impl Fetch for Pages {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, String>> {
        self.asked.lock().unwrap().push(request.url.to_string());
        let page = self.pages.get(request.url.as_str()).cloned().ok_or_else(|| "no connection".to_owned());
        async move { page }.boxed()
    }
}

fn page(content_type: &str, body: &[u8]) -> Page {
    Page { status: 200, content_type: content_type.to_owned(), body: body.to_owned(), ..Page::default() }
}

fn redirect(to: &str) -> Page {
    Page { status: 302, redirect: Some(to.to_owned()), ..Page::default() }
}

fn world(network: Network) -> (World, Arc<Pages>) {
    let html = "<html><head><title>T</title><style>p{}</style><script>bad()</script></head><body><h1>Title</h1><p>Some <b>text</b> über <a href='/x'>it</a>.</p>\
                <pre>code {\n  x\n}</pre></body></html>";
    let pages = HashMap::from([
        ("https://a.org/page", page("text/html; charset=utf-8", html.as_bytes())),
        ("https://a.org/data", page("application/json", b"{\"a\": 1}\r\n")),
        ("https://a.org/image", page("image/png", b"PNG")),
        ("https://a.org/empty", page("text/html", b"<script>x</script>")),
        (
            "https://a.org/long",
            Page { truncated: true, ..page("text/plain", "words and words\n".repeat(9000).as_bytes()) },
        ),
        ("https://a.org/gone", Page { status: 404, ..Page::default() }),
        ("https://a.org/moved", redirect("/page")),
        ("https://a.org/inside", redirect("http://127.0.0.1/")),
        ("https://a.org/around", redirect("/around")),
        ("http://localhost:8080/", page("text/plain", b"local")),
    ]);
    let pages = Arc::new(Pages { pages, asked: Mutex::default() });
    (World { network, fetch: Some(pages.clone()), ..World::default() }, pages)
}

#[test]
fn the_text_of_pages() {
    let (world, _) = world(Network::Public);
    let all: String = ["@url:https://a.org/page", "@https://a.org/data", "@url:https://a.org/moved"]
        .iter()
        .map(|message| shown(message, &world))
        .collect();
    expect![[r#"
        [https://a.org/page]
        # Title

        Some text über [it].

        code {
          x
        }
        [https://a.org/data]
        {"a": 1}
        [https://a.org/page]
        # Title

        Some text über [it].

        code {
          x
        }
    "#]]
    .assert_eq(&all);
    let long = shown("@url:https://a.org/long", &world);
    expect![[r#"
        [https://a.org/long]
        (cut: the page's text beyond 64 KiB was left out; what the page has beyond 2 MiB was not read)"#]]
    .assert_eq(&long.lines().take(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_not_read() {
    let (world, pages) = world(Network::Public);
    let all: String = [
        "@url",
        "@url:ftp://a.org/",
        "@url:file:///etc/passwd",
        "@url:nonsense",
        "@url:https://me:word@a.org/",
        "@url:http://localhost:8080/",
        "@url:http://127.1/",
        "@url:http://[::1]/",
        "@url:http://0x7f000001/",
        "@url:http://10.0.0.1/",
        "@url:http://[::ffff:192.168.0.1]/",
        "@url:http://intranet/",
        "@url:http://printer.local/",
        "@url:https://a.org/inside",
        "@url:https://a.org/around",
        "@url:https://a.org/gone",
        "@url:https://a.org/image",
        "@url:https://a.org/empty",
        "@url:https://b.org/",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        @url: there is no address. Type it behind the colon: @url:https://example.org/page
        @url:ftp://a.org/: ftp: addresses are not read. Only http and https are
        @url:file:///etc/passwd: file: addresses are not read. Only http and https are
        @url:nonsense: not an address (relative URL without a base). It begins with https://
        @url:https://me:word@a.org/: the address has a name or a password in it. Type it without
        @url:http://localhost:8080/: localhost leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://127.1/: 127.0.0.1 leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://[::1]/: [::1] leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://0x7f000001/: 127.0.0.1 leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://10.0.0.1/: 10.0.0.1 leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://[::ffff:192.168.0.1]/: [::ffff:c0a8:1] leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://intranet/: intranet leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:http://printer.local/: printer.local leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:https://a.org/inside: 127.0.0.1 leads to this machine or a private network. Allow that in the settings (network), or paste the text
        @url:https://a.org/around: the page could not be read: it sends from one address to the next more than 5 times. Open it in a browser to check the address
        @url:https://a.org/gone: the page could not be read: the server answered with status 404. Open it in a browser to check the address
        @url:https://a.org/image: the page could not be read: it is no text (image/png). Open it in a browser to check the address
        @url:https://a.org/empty: the page could not be read: it has no text; perhaps it is made by scripts. Open it in a browser to check the address
        @url:https://b.org/: the page could not be read: no connection. Open it in a browser to check the address
    "#]].assert_eq(&all);
    let asked = pages.asked.lock().unwrap().clone();
    assert!(
        asked.iter().all(|url| url.starts_with("https://a.org/") || url == "https://b.org/"),
        "{asked:?}"
    );
}

#[test]
fn nothing_is_asked_for_without_permission() {
    let (off, pages) = world(Network::Off);
    expect![[r#"
        @url:https://a.org/page: the network is off. Allow it in the settings (network) to read pages of the web
    "#]].assert_eq(&shown("@url:https://a.org/page", &off));
    assert!(pages.asked.lock().unwrap().is_empty());
    let (any, _) = world(Network::Any);
    assert!(shown("@url:http://localhost:8080/", &any).contains("local"));
}

#[test]
fn addresses_of_the_public_network() {
    let public = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"];
    let others = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.9.9",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
    ];
    for (addresses, expected) in [(&public[..], true), (&others[..], false)] {
        for address in addresses {
            assert_eq!(is_public(address.parse::<IpAddr>().unwrap()), expected, "{address}");
        }
    }
}
