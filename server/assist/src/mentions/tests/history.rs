//! `@diff` and `@commit` over real repositories, with settings that would run programs.

use expect_test::expect;

use super::{Shop, git, resolved, shown};
use crate::mentions::{MentionError, World};

#[test]
fn what_is_not_committed_what_is_staged_and_a_branch() {
    let shop = Shop::new().committed();
    let world = shop.world();
    expect![[r#"
        @diff: nothing differs from the last commit. To see that one, use @commit
        @diff:staged: nothing is staged. Use @diff for changes that are not staged
    "#]]
    .assert_eq(&format!("{}{}", shown("@diff", &world), shown("@diff:staged", &world)));
    shop.write("README.md", "# Shop\n\nPrices are in euros.\n");
    shop.git(&["add", "README.md"]);
    shop.write("src/money.py", "RATE = 7\n");
    shop.write("new file.txt", "größer\n");
    shop.write(".env", "KEY=changed\n");
    shop.write("private.py", "TOKEN = 'changed'\n");
    shop.write("key.pem", "key\n");
    expect![[r#"
        [all changes that are not committed] diff
        (cut: not shown: .env (secret), private.py (ignored), key.pem (secret))
        diff --git a/README.md b/README.md
        index 76842d4..6b4bff1 100644
        --- a/README.md
        +++ b/README.md
        @@ -1,3 +1,3 @@
         # Shop
        ␠
        -Prices are in cents.
        +Prices are in euros.
        diff --git a/src/money.py b/src/money.py
        index e55f8f7..091dc0f 100644
        --- a/src/money.py
        +++ b/src/money.py
        @@ -1,16 +1 @@
        -"""Money in cents."""
        -
        -RATE = 19
        -
        -
        -class Money:
        -    def __init__(self, cents: int) -> None:
        -        self.cents = cents
        -
        -    def plus(self, other: "Money") -> "Money":
        -        return Money(self.cents + other.cents)
        -
        -
        -def vat(net: Money) -> Money:
        -    # Rounded down, as the tax office wants it.
        -    return Money(net.cents * (100 + RATE) // 100)
        +RATE = 7

        Untracked files, only by name:
          new file.txt
    "#]]
    .assert_eq(&shown("@diff", &world));
    expect![[r#"
        [the staged changes] diff
        diff --git a/README.md b/README.md
        index 76842d4..6b4bff1 100644
        --- a/README.md
        +++ b/README.md
        @@ -1,3 +1,3 @@
         # Shop
        ␠
        -Prices are in cents.
        +Prices are in euros.
    "#]]
    .assert_eq(&shown("@diff:staged", &world));
    shop.git(&["checkout", "--quiet", "-b", "work"]);
    shop.git(&["commit", "--quiet", "--message=Euros"]);
    shop.git(&["checkout", "--quiet", "--force", "main"]);
    shop.write("only-main.txt", "x\n");
    shop.git(&["add", "only-main.txt"]);
    shop.git(&["commit", "--quiet", "--message=Main goes on"]);
    shop.git(&["checkout", "--quiet", "work"]);
    expect![[r#"
        [the changes since `main`] diff
        (cut: not shown: key.pem (secret))
        diff --git a/README.md b/README.md
        index 76842d4..6b4bff1 100644
        --- a/README.md
        +++ b/README.md
        @@ -1,3 +1,3 @@
         # Shop
        ␠
        -Prices are in cents.
        +Prices are in euros.

        Untracked files, only by name:
          new file.txt
    "#]]
    .assert_eq(&shown("@diff:main", &world));
}

#[test]
fn commits() {
    let shop = Shop::new().committed();
    shop.write("README.md", "# Größe\r\n");
    std::fs::remove_file(shop.path("private.py")).unwrap();
    shop.git(&["commit", "--quiet", "--all", "--message=Say it\n\nWith reasons."]);
    let world = shop.world();
    let last = shown("@commit", &world);
    let hash = shop.git(&["rev-parse", "HEAD"]);
    // The hash of the commit depends on nothing but what is in it; that of git's own format is not ours to check.
    expect![[r#"
        [commit HASH] diff
        (cut: not shown: private.py (ignored))
        commit HASH, 2026-01-02

            Say it
        ␠
            With reasons.

        diff --git a/README.md b/README.md
        index 76842d4..1a8c7a0 100644
        --- a/README.md
        +++ b/README.md
        @@ -1,3 +1 @@
        -# Shop
        -
        -Prices are in cents.
        +# Größe
    "#]]
    .assert_eq(&last.replace(&hash[..10], "HASH").replace(&hash[..7], "HASH"));
    let first = shown("@commit:HEAD~1", &world);
    assert!(
        first.contains("The shop")
            && first.contains("+class Cart:")
            && !first.contains("KEY=secret")
            && !first.contains("weft-ignored"),
        "{first}"
    );
    assert_eq!(shown(&format!("@commit:{}", &hash[..12]), &world), last);
}

#[test]
fn every_way_in_which_git_has_nothing() {
    let shop = Shop::new();
    let world = shop.world();
    let mut all = shown("@diff", &world);
    shop.git(&["init", "--quiet", "--initial-branch=main"]);
    all.push_str(&shown("@commit", &world));
    let shop = shop.committed();
    for message in [
        "@diff:none",
        "@commit:none",
        "@commit:--output=x",
        "@diff:-x",
        "@commit:HEAD:README.md",
        "@commit:HEAD~9",
        "@diff:main",
    ] {
        all.push_str(&shown(message, &world));
    }
    shop.write(".env", "KEY=changed\n");
    all.push_str(&shown("@diff", &world));
    expect![[r#"
        @diff: the workspace is not in a git repository. Run `git init` in it, or mention the files themselves
        @commit: git knows no branch, tag or commit `HEAD` here. `git branch --all` lists the branches; a file is typed with a / in it
        @diff:none: git knows no branch, tag or commit `none` here. `git branch --all` lists the branches; a file is typed with a / in it
        @commit:none: git knows no branch, tag or commit `none` here. `git branch --all` lists the branches; a file is typed with a / in it
        @commit:--output=x: git knows no branch, tag or commit `--output=x` here. `git branch --all` lists the branches; a file is typed with a / in it
        @diff:-x: git knows no branch, tag or commit `-x` here. `git branch --all` lists the branches; a file is typed with a / in it
        @commit:HEAD:README.md: git knows no branch, tag or commit `HEAD:README.md` here. `git branch --all` lists the branches; a file is typed with a / in it
        @commit:HEAD~9: git knows no branch, tag or commit `HEAD~9` here. `git branch --all` lists the branches; a file is typed with a / in it
        @diff:main: nothing differs from where this branch parted from `main`
        @diff: all that it would bring is left out: not shown: .env (secret)
    "#]].assert_eq(&all);
    assert!(!shop.path("x").exists());
}

#[test]
fn before_the_first_commit_everything_that_is_staged_is_new() {
    let shop = Shop::of("//- /a.txt\none\n//- /b.txt\ntwo\n");
    shop.git(&["init", "--quiet", "--initial-branch=main"]);
    shop.git(&["add", "a.txt"]);
    expect![[r#"
        [all changes that are not committed] diff
        diff --git a/a.txt b/a.txt
        new file mode 100644
        index 0000000..5626abf
        --- /dev/null
        +++ b/a.txt
        @@ -0,0 +1 @@
        +one

        Untracked files, only by name:
          b.txt
    "#]]
    .assert_eq(&shown("@diff", &shop.world()));
}

#[test]
fn a_root_below_the_repository_has_only_its_own_changes() {
    let shop = Shop::new().committed();
    shop.write("README.md", "changed\n");
    shop.write("src/my notes.txt", "changed\n");
    let world = World { roots: vec![shop.path("src")], ..World::default() };
    expect![[r#"
        [all changes that are not committed] diff
        diff --git a/my notes.txt b/my notes.txt
        index 5b6fe13..5ea2ed4 100644
        --- a/my notes.txt	
        +++ b/my notes.txt	
        @@ -1 +1 @@
        -Ask about größere Körbe.
        +changed
    "#]]
    .assert_eq(&shown("@diff", &world));
}

#[cfg(unix)]
#[test]
fn no_setting_of_a_repository_runs_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::new().committed();
    let ran = shop.path("../ran");
    let script = shop.path("../script.sh");
    shop.write("../script.sh", format!("#!/bin/sh\necho ran >> {}\ncat\n", ran.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = script.to_str().unwrap();
    for setting in [
        "core.fsmonitor",
        "diff.external",
        "diff.x.command",
        "diff.x.textconv",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "core.pager",
        "core.sshCommand",
        "gpg.program",
        "pager.diff",
        "pager.log",
    ] {
        shop.git(&["config", setting, program]);
    }
    shop.git(&["config", "filter.x.required", "true"]);
    shop.git(&["config", "log.showSignature", "true"]);
    shop.write(".gitattributes", "* filter=x diff=x\n");
    shop.write("README.md", "changed\n");
    let world = shop.world();
    for message in ["@diff", "@diff:staged", "@commit", "@diff:main"] {
        let found = resolved(message, &world);
        assert!(
            found.is_ok() || matches!(found, Err(MentionError::NoChanges { .. })),
            "{message}: {found:?}"
        );
    }
    assert!(shown("@diff", &world).contains("+changed"));
    assert!(!ran.exists(), "a program of the repository was run");
    // It is one that would run.
    std::process::Command::new("git").current_dir(shop.root()).args(["diff", "HEAD"]).output().unwrap();
    assert!(ran.exists());
}

#[test]
fn a_nested_repository_is_not_asked() {
    let shop = Shop::new().committed();
    shop.write("inner/a.txt", "a\n");
    git(&shop.path("inner"), &["init", "--quiet"]);
    expect![[r#"
        [all changes that are not committed] diff

        Untracked files, only by name:
          inner/
    "#]]
    .assert_eq(&shown("@diff", &shop.world()));
}
