//! Tests of mentions over a small repository with real history, in a temporary folder.

mod complete;
mod editor;
mod errors;
mod files;
mod fit;
mod found;
mod history;
mod pages;
mod parsing;
mod symbols;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use documents::{DocumentId, DocumentStore, Snapshot};
use index::{Index, Options};
use tempfile::TempDir;

use crate::mentions::{Current, MentionError, Resolved, World, parse, resolve};

/// A small shop, the workspace of most tests.
const SHOP: &str = r#"
//- /README.md
# Shop

Prices are in cents.
//- /.gitignore
build/
*.log
//- /.weftignore
private.py
//- /src/cart.py
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
//- /src/money.py
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
//- /src/order.rs
/// An order.
pub struct Order {
    pub lines: Vec<u32>,
}

impl Order {
    /// The sum of the order.
    pub fn total(&self) -> u32 {
        self.lines.iter().sum()
    }
}
//- /src/my notes.txt
Ask about größere Körbe.
//- /tests/test_cart.py
from src.cart import Cart


def test_total():
    assert Cart().total().cents == 0
//- /private.py
TOKEN = "weft-ignored"
//- /.env
KEY=secret
//- /build/out.py
made = True
"#;

/// A folder with files, removed at its end.
struct Shop {
    folder: TempDir,
    documents: DocumentStore,
}

impl Shop {
    fn new() -> Self {
        Self::of(SHOP)
    }

    fn of(source: &str) -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap(), documents: DocumentStore::default() };
        fs::create_dir_all(shop.root()).unwrap();
        for file in test_fixture::files(source) {
            shop.write(&file.path, &file.text);
        }
        shop
    }

    fn root(&self) -> PathBuf {
        // Without links, as the temporary folder of some systems is one.
        self.folder.path().canonicalize().unwrap().join("shop")
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn world(&self) -> World {
        World { roots: vec![self.root()], ..World::default() }
    }

    fn indexed(&self) -> World {
        let index = Index::new(vec![self.root()], Options::default());
        index.scan(&AtomicBool::new(false));
        World { index: Some(Arc::new(index)), ..self.world() }
    }

    fn open(&self, relative: &str, content: &str) -> Snapshot {
        self.documents.open(DocumentId::from_path(&self.path(relative)).unwrap(), "", 1, content)
    }

    /// A document with the cursor at `$0`.
    fn current(&self, relative: &str, source: &str) -> Current {
        let fixture = test_fixture::cursor(source);
        let document = self.open(relative, &fixture.text);
        Current { document, cursor: fixture.cursor, selection: fixture.cursor..fixture.cursor }
    }

    /// Runs git, as a user with a fixed name at a fixed time.
    fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments)
    }

    /// All files in one commit.
    fn committed(self) -> Self {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--message=The shop"]);
        self
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgSign=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Resolves the one mention of a message.
fn resolved(message: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let mentions = parse(message);
    assert_eq!(mentions.len(), 1, "{message}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(resolve(&mentions[0], &Arc::new(world.clone()), message))
}

/// What a mention became, or the message that says why nothing.
fn shown(message: &str, world: &World) -> String {
    match resolved(message, world) {
        Ok(all) => all.iter().map(of_one).collect::<Vec<_>>().join("\n"),
        Err(error) => format!("{error}\n"),
    }
}

fn of_one(resolved: &Resolved) -> String {
    let it = &resolved.attachment;
    let mut head = format!("[{}] {}", it.title, it.language).trim_end().to_owned();
    if !it.cut.is_empty() {
        head = format!("{head}\n(cut: {})", it.cut);
    }
    // A snapshot cannot hold a line of nothing but white space.
    let lines: Vec<&str> = it
        .text
        .split('\n')
        .map(|line| if line.trim().is_empty() && !line.is_empty() { "␠" } else { line })
        .collect();
    format!("{head}\n{}\n", lines.join("\n"))
}
