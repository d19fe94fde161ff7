//! Every reason for which a file is not read, and what the message says.

use expect_test::expect;

use super::{Shop, resolved, shown};
use crate::mentions::MentionError;

#[test]
fn secrets_and_ignored_files_are_never_read() {
    let shop = Shop::new();
    shop.write("keys/id_rsa", "key");
    shop.write("node_modules/x/index.js", "x");
    shop.write(".git/config", "x");
    let mut world = shop.indexed();
    // Not when they are open either.
    world.open = vec![shop.open(".env", "KEY=open"), shop.open("private.py", "open = 1")];
    let all: String = [
        "@.env",
        "@keys/id_rsa",
        "@private.py",
        "@build/out.py",
        "@build/",
        "@node_modules/x/index.js",
        "@.git/config",
        "@symbol:TOKEN",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        .env looks like a file of keys or passwords, which Weft never reads. Paste the part that matters, without the secrets
        keys/id_rsa looks like a file of keys or passwords, which Weft never reads. Paste the part that matters, without the secrets
        private.py is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        build/out.py is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        build is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        node_modules/x/index.js is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        .git/config is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        @symbol:TOKEN: all that it would bring is left out: private.py (ignored)
    "#]].assert_eq(&all);
}

#[test]
fn nothing_outside_of_the_workspace_is_read() {
    let shop = Shop::new();
    shop.write("../outside.py", "outside = 1\n");
    let absolute = format!("@{}", shop.path("../outside.py").canonicalize().unwrap().display());
    let world = shop.world();
    for message in [
        "@../outside.py",
        "@src/../../outside.py",
        "@../shop/../outside.py",
        "@/etc/passwd",
        "@/",
        "@../",
        "@../missing.py",
        &absolute,
    ] {
        let error = resolved(message, &world).unwrap_err();
        assert!(matches!(error, MentionError::Outside { .. }), "{message}: {error}");
    }
    expect![[r#"
        ../outside.py lies outside of the workspace, and Weft reads nothing there. Open its folder in the editor first, or copy the file
    "#]].assert_eq(&shown("@../outside.py", &world));
    assert!(resolved("@src/../README.md", &world).is_ok());
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_within_the_workspace() {
    use std::os::unix::fs::symlink;
    let shop = Shop::new();
    shop.write("../outside/secret.py", "outside = 1\n");
    symlink(shop.path("../outside/secret.py"), shop.path("link.py")).unwrap();
    symlink(shop.path("../outside"), shop.path("linked")).unwrap();
    symlink(shop.path(".env"), shop.path("environment.txt")).unwrap();
    symlink(shop.path("private.py"), shop.path("public.py")).unwrap();
    symlink(shop.path("README.md"), shop.path("read.md")).unwrap();
    symlink(shop.path("gone"), shop.path("dangling.py")).unwrap();
    let world = shop.world();
    let all: String = [
        "@link.py",
        "@linked/secret.py",
        "@linked/",
        "@environment.txt",
        "@public.py",
        "@dangling.py",
        "@read.md",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        link.py lies outside of the workspace, and Weft reads nothing there. Open its folder in the editor first, or copy the file
        linked/secret.py lies outside of the workspace, and Weft reads nothing there. Open its folder in the editor first, or copy the file
        linked lies outside of the workspace, and Weft reads nothing there. Open its folder in the editor first, or copy the file
        environment.txt looks like a file of keys or passwords, which Weft never reads. Paste the part that matters, without the secrets
        public.py is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does not read it. Take it out of the ignore file, or paste the part that matters
        dangling.py does not exist in the workspace. Check the spelling, or type @ and choose from the list
        [read.md] md
        # Shop

        Prices are in cents.

    "#]].assert_eq(&all);
    for message in ["@tree", "@search:outside", "@./"] {
        assert!(!shown(message, &world).contains("outside = 1"), "{message}");
    }
}

#[test]
fn what_is_no_text_or_too_large() {
    let shop = Shop::new();
    shop.write("image.bin", b"PNG\0\x01");
    shop.write("latin.txt", b"gr\xfc\xdfe");
    shop.write("large.txt", "line\n".repeat(300_000));
    shop.write("huge.txt", "line\n".repeat(2_000_000));
    shop.write("empty.txt", "");
    let mut world = shop.world();
    let all: String = [
        "@image.bin",
        "@latin.txt",
        "@large.txt",
        "@large.txt:299999-300001",
        "@huge.txt",
        "@huge.txt:1",
        "@empty.txt",
        "@empty.txt:1",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        image.bin is a binary file, so there is no text to read. Mention the source that it is made from
        latin.txt is not in UTF-8 (the first wrong byte is at offset 2). Save it as UTF-8 and try again
        large.txt has 1500000 bytes, and at most 1048576 are read as a whole. Say which lines, such as @large.txt:1-200
        [large.txt, lines 299999 to 300000] txt
        (cut: the file ends with line 300000)
        line
        line
        huge.txt has 10000000 bytes, and at most 1048576 are read as a whole. Say which lines, such as @huge.txt:1-200
        huge.txt has 10000000 bytes, and nothing is read of files above 8388608. Copy the part that matters into a file of its own
        [empty.txt (empty)] txt

        empty.txt has 0 lines, and 1-1 are none of them. Lines count from 1, the smaller number first
    "#]].assert_eq(&all);
    world.open = vec![shop.open("README.md", &"line\n".repeat(300_000))];
    assert!(matches!(resolved("@README.md", &world), Err(MentionError::TooLarge { .. })));
}

#[test]
fn names_that_nothing_has() {
    let shop = Shop::new();
    shop.write("a/same.py", "");
    shop.write("b/same.py", "");
    let world = shop.indexed();
    let all: String = [
        "@src/crat.py",
        "@caart.py",
        "@Crat",
        "@totl",
        "@Cart.totals",
        "@Foo::total",
        "@same.py",
        "@nobody_at_all",
        "@src/none/",
        "@src",
        "@README.md/",
        "@src/x/:3",
        "@src:3",
        "@README.md:0",
        "@README.md:3-1",
        "@README.md:9-12",
    ]
    .iter()
    .map(|message| format!("{message} → {}", shown(message, &world).lines().next().unwrap()) + "\n")
    .collect();
    expect![[r#"
        @src/crat.py → src/crat.py does not exist in the workspace. Did you mean @src/cart.py?
        @caart.py → @caart.py: nothing in the workspace has this name. Did you mean @src/cart.py?
        @Crat → @Crat: nothing in the workspace has this name. Did you mean @Cart or @src/cart.py?
        @totl → @totl: nothing in the workspace has this name. Did you mean @total?
        @Cart.totals → @Cart.totals: nothing in the workspace has this name. Did you mean @total?
        @Foo::total → @Foo::total: nothing in the workspace has this name. Did you mean @total?
        @same.py → same.py can be any of these: a/same.py, b/same.py. Type more of the path
        @nobody_at_all → @nobody_at_all: nothing in the workspace has this name. Check the spelling, or type @ and choose from the list
        @src/none/ → src/none does not exist in the workspace. Check the spelling, or type @ and choose from the list
        @src → [src/, 4 files]
        @README.md/ → README.md is a file and no folder. Type it without the / at its end
        @src/x/:3 → src/x/ does not exist in the workspace. Check the spelling, or type @ and choose from the list
        @src:3 → src is a folder or no regular file. For a folder, type @src/
        @README.md:0 → README.md has 3 lines, and 0-0 are none of them. Lines count from 1, the smaller number first
        @README.md:3-1 → README.md has 3 lines, and 3-1 are none of them. Lines count from 1, the smaller number first
        @README.md:9-12 → README.md has 3 lines, and 9-12 are none of them. Lines count from 1, the smaller number first
    "#]].assert_eq(&all);
}

#[test]
fn what_the_editor_does_not_have() {
    let shop = Shop::of("");
    let world = shop.world();
    let all: String = [
        "@current",
        "@selection",
        "@open",
        "@visible",
        "@problems",
        "@terminal",
        "@clipboard",
        "@recent",
        "@os",
        "@tree",
        "@repo",
        "@search:x",
        "@search:",
        "@search:/(/",
        "@url:https://a.b/",
        "@codebase what",
        "@diff",
    ]
    .iter()
    .map(|message| shown(message, &world))
    .collect();
    expect![[r#"
        @current: no file is being edited. Open one in the editor, or mention it by its path
        @selection: no file is being edited. Open one in the editor, or mention it by its path
        @open: no file is open. Open the files in the editor, or mention them by their paths
        @visible: the editor does not tell what can be seen of its files. Use @current or @selection
        @problems: this editor does not pass its errors and warnings to Weft. Paste them into the message
        @terminal: this editor does not pass its terminal to Weft. Paste the lines into the message
        @clipboard: this editor does not pass its clipboard to Weft. Paste the text into the message
        @recent: nothing was edited since the editor was started. Use @diff for what is not committed
        @os: the system is not known. Write it into the message
        @tree: the workspace has no files that Weft may read. Open a folder that has some
        @repo: the workspace has no index, which the map is made from. Use @tree
        @search:x: no line of the workspace's 0 files has this text. Try a shorter one; lower case finds both cases
        @search:: there is no text to search for. Type it behind the colon: @search:text, or @search:"two words"
        @search:/(/: not a regular expression: error: unclosed group. Without the two / it is searched for as it stands
        @url:https://a.b/: the network is off. Allow it in the settings (network) to read pages of the web
        @codebase: the message has no words to look for. Ask a question with it
        @diff: the workspace is not in a git repository. Run `git init` in it, or mention the files themselves
    "#]].assert_eq(&all);
}
