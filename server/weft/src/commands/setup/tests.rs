//! Each editor on configurations as users have them: none, one, one that has Weft, one that is broken; and the way back.

use std::collections::BTreeMap;
use std::path::Path;

use expect_test::{Expect, expect};

use super::plan::Plan;
use super::record::Record;
use super::surroundings::Surroundings;
use super::{emacs, helix, jetbrains, neovim, vscode, zed};

/// A home folder.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn with(files: &[(&str, &str)]) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            let path = home.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        home
    }

    fn at(&self) -> Surroundings {
        let home = self.folder.path().to_owned();
        Surroundings {
            config: home.join(".config"),
            neovim: home.join(".config/nvim"),
            own: home.join("data/editors"),
            weft: "weft".to_owned(),
            home,
        }
    }

    fn record(&self, editor: &str) -> Record {
        Record::of(&self.folder.path().join("data/setup"), editor)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// Every file and folder, with the bytes of the files.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found
    }
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if path.is_dir() {
            found.insert(format!("{name}/"), Vec::new());
            walk(root, &path, found);
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Makes a plan, sees that the second time there is nothing to do, takes it back, and sees that all is as before. Returns what a file was
/// in between.
fn there_and_back(home: &Home, editor: &str, plan: impl Fn() -> Plan, file: &str) -> String {
    let record = home.record(editor);
    let before = home.all();
    let first = plan();
    assert!(first.by_hand.is_empty(), "{:?}", first.by_hand);
    assert!(!first.changes.is_empty());
    record.apply(&first.changes).unwrap();
    let text = home.read(file);
    assert!(plan().is_empty(), "a second time something changes: {:?}", plan());
    record.apply(&plan().changes).unwrap();
    assert_eq!(record.undo().unwrap(), Vec::<String>::new());
    let mut after = home.all();
    // What Weft's own folder is for stays.
    after.retain(|path, _| !["data/", "data/setup/"].contains(&path.as_str()));
    assert_eq!(after, before);
    text
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(text);
}

const HELIX: &str = ".config/helix/languages.toml";

#[test]
fn helix_from_nothing_gets_the_servers_that_it_has_by_itself() {
    let home = Home::with(&[]);
    let text = there_and_back(&home, "helix", || helix::plan(&home.at()).unwrap(), HELIX);
    let made: toml::Value = toml::from_str(&text).unwrap();
    let ours = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/helix/languages.toml"));
    assert_eq!(made, toml::from_str::<toml::Value>(ours).unwrap());
}

#[test]
fn helix_keeps_what_the_user_wrote() {
    let home = Home::with(&[(
        HELIX,
        r#"# My languages.
use-grammars = { except = ["zig"] }

[language-server.pyright] # the slow one
command = "pyright-langserver"

[[language]]
name = "python" # snakes
auto-format = true
language-servers = [
  "pyright", # types
  # and style
  { name = "ruff", except-features = ["hover"] },
]
formatter = { command = "black", args = ["-"] }

[[language]]
name = "rust"
[language.debugger]
name = "lldb-dap"

[[language]]
name = "zig"
language-servers = ["zls"]
"#,
    )]);
    let text = there_and_back(&home, "helix", || helix::plan(&home.at()).unwrap(), HELIX);
    let (mine, added) = text.split_once("name = \"javascript\"").unwrap();
    check(
        mine,
        &expect![[r##"
        # My languages.
        use-grammars = { except = ["zig"] }

        [language-server.pyright] # the slow one
        command = "pyright-langserver"

        [language-server.weft]
        command = "weft"
        args = ["lsp"]

        [[language]]
        name = "python" # snakes
        auto-format = true
        language-servers = [
          { name = "weft", only-features = ["completion", "code-action", "workspace-command"] },
          "pyright", # types
          # and style
          { name = "ruff", except-features = ["hover"] },
        ]
        formatter = { command = "black", args = ["-"] }

        [[language]]
        name = "rust"
        language-servers = [{ name = "weft", only-features = ["completion", "code-action", "workspace-command"] }, "rust-analyzer"]
        [language.debugger]
        name = "lldb-dap"

        [[language]]
        name = "zig"
        language-servers = ["zls"]

        [[language]]
    "##]],
    );
    assert!(added.contains("marksman"), "{added}");
}

#[test]
fn helix_with_weft_in_it_is_left() {
    let text = helix::merged("", "weft").unwrap();
    assert_eq!(helix::merged(&text, "/elsewhere/weft").unwrap(), text);
    // Named without an object, and with another command.
    let mine = text.replace(
        "{ name = \"weft\", only-features = [\"completion\", \"code-action\", \"workspace-command\"] }",
        "\"weft\"",
    );
    assert_ne!(mine, text);
    assert_eq!(helix::merged(&mine, "weft").unwrap(), mine);
}

#[test]
fn helix_that_is_not_understood_is_left_alone() {
    for broken in [
        "[[language]\nname = 1",
        "language = 3",
        "language = [{ name = \"python\" }]",
        "language-server = 1",
        "[[language]]\nname = \"python\"\nlanguage-servers = \"pyright\"",
    ] {
        let home = Home::with(&[(HELIX, broken)]);
        let plan = helix::plan(&home.at()).unwrap();
        assert!(plan.is_empty());
        assert!(plan.by_hand[0].contains("[language-server.weft]"), "{broken}");
    }
    let home = Home::with(&[]);
    std::fs::create_dir_all(home.folder.path().join(".config/helix")).unwrap();
    std::fs::write(home.folder.path().join(HELIX), b"# \xff").unwrap();
    assert!(helix::plan(&home.at()).unwrap().by_hand[0].contains("not text in UTF-8"));
}

const NEOVIM: &str = ".config/nvim/plugin/weft.lua";

#[test]
fn neovim_gets_the_plugin_beside_either_kind_of_init() {
    for init in ["init.lua", "init.vim"] {
        let path = format!(".config/nvim/{init}");
        let home = Home::with(&[(&path, "set number")]);
        let text = there_and_back(&home, "neovim", || neovim::plan(&home.at()).unwrap(), NEOVIM);
        let text = text.replace(&home.folder.path().display().to_string(), "HOME");
        check(
            &text,
            &expect![[r#"
                -- Written by `weft setup neovim`; `weft setup neovim --undo` removes it.
                if vim.fn.has("nvim-0.9") == 1 then
                  local folder = "HOME/data/editors/neovim"
                  vim.opt.runtimepath:prepend(folder)
                  vim.cmd.source(folder .. "/plugin/weft.lua")
                  require("weft").setup({ cmd = { "weft", "lsp" } })
                end
            "#]],
        );
    }
}

#[test]
fn neovim_that_has_weft_is_left() {
    for (path, text) in [
        ("init.lua", "require('weft').setup()\n"),
        ("init.lua", "vim.lsp.enable(\"weft\")\n"),
        ("lua/plugins/weft.lua", "return { 'weft', config = function() require(\"weft\").setup() end }\n"),
    ] {
        let home = Home::with(&[(&format!(".config/nvim/{path}"), text)]);
        let plan = neovim::plan(&home.at()).unwrap();
        assert!(plan.is_empty() && plan.next[0].contains(path), "{plan:?}");
    }
    let home = Home::with(&[(".config/nvim/init.lua", "-- require('weft').setup()\n")]);
    assert!(!neovim::plan(&home.at()).unwrap().is_empty(), "a comment is none");
}

#[test]
fn neovim_leaves_a_file_of_that_name_alone() {
    for path in [NEOVIM, ".config/nvim/lsp/weft.lua"] {
        let home = Home::with(&[(path, "print('mine')\n")]);
        let plan = neovim::plan(&home.at()).unwrap();
        assert!(plan.is_empty());
        assert!(plan.by_hand[0].contains("require(\"weft\").setup"), "{plan:?}");
    }
}

#[test]
fn what_the_program_carries_is_what_lies_in_editors() {
    let of = |folder: &str, carried: &[(&str, &str)]| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors").join(folder);
        let mut found = BTreeMap::new();
        walk(&root, &root, &mut found);
        found.retain(|path, _| !path.ends_with('/'));
        let found: Vec<String> = found.into_keys().collect();
        let mut names: Vec<String> = carried.iter().map(|(path, _)| (*path).to_owned()).collect();
        names.sort();
        assert_eq!(names, found, "the list in setup/ is another than editors/{folder}");
    };
    of("neovim", neovim::PLUGIN);
    of("jetbrains/lsp4ij", jetbrains::TEMPLATE);
}

const ZED: &str = ".config/zed/settings.json";

#[test]
fn zed_from_nothing() {
    let home = Home::with(&[]);
    let text = there_and_back(&home, "zed", || zed::plan(&home.at()).unwrap(), ZED);
    check(
        &text,
        &expect![[r#"
        {
          "edit_predictions": {
            "provider": "open_ai_compatible_api",
            "open_ai_compatible_api": {
              "api_url": "http://127.0.0.1:8080/v1/completions",
              "model": "qwen2.5-coder-1.5b",
              "prompt_format": "qwen",
              "max_output_tokens": 64
            }
          }
        }
    "#]],
    );
}

#[test]
fn zed_keeps_comments_and_commas() {
    let home = Home::with(&[(
        ZED,
        "// Zed settings\n{\n  \"theme\": \"One Dark\", // dark\n  /* size */ \"buffer_font_size\": 15,\n}\n",
    )]);
    let text = there_and_back(&home, "zed", || zed::plan(&home.at()).unwrap(), ZED);
    check(
        &text,
        &expect![[r#"
        // Zed settings
        {
          "theme": "One Dark", // dark
          /* size */ "buffer_font_size": 15,
          "edit_predictions": {
            "provider": "open_ai_compatible_api",
            "open_ai_compatible_api": {
              "api_url": "http://127.0.0.1:8080/v1/completions",
              "model": "qwen2.5-coder-1.5b",
              "prompt_format": "qwen",
              "max_output_tokens": 64
            }
          },
        }
    "#]],
    );
    let home = Home::with(&[(ZED, "{\n  \"edit_predictions\": {\n    \"mode\": \"subtle\"\n  }\n}\n")]);
    let text = there_and_back(&home, "zed", || zed::plan(&home.at()).unwrap(), ZED);
    check(
        &text,
        &expect![[r#"
        {
          "edit_predictions": {
            "mode": "subtle",
            "provider": "open_ai_compatible_api",
            "open_ai_compatible_api": {
              "api_url": "http://127.0.0.1:8080/v1/completions",
              "model": "qwen2.5-coder-1.5b",
              "prompt_format": "qwen",
              "max_output_tokens": 64
            }
          }
        }
    "#]],
    );
}

#[test]
fn zed_that_has_chosen_or_is_not_understood_is_left_alone() {
    for (text, why) in [
        ("{\"edit_predictions\": {\"provider\": \"copilot\"}}", "copilot"),
        ("{\"edit_predictions\": false}", "no object"),
        ("{\"edit_predictions\": {\"open_ai_compatible_api\": {}}}", "already"),
        ("{\"a\": ", "not JSON"),
        ("[]", "no object"),
    ] {
        let home = Home::with(&[(ZED, text)]);
        let plan = zed::plan(&home.at()).unwrap();
        assert!(plan.is_empty());
        assert!(plan.by_hand[0].contains(why), "{text}: {plan:?}");
        assert!(plan.by_hand[0].contains("v1/completions"));
    }
}

#[test]
fn emacs_gets_a_file_and_says_the_line() {
    let home = Home::with(&[(".emacs.d/init.el", "(setq a 1)\n")]);
    let plan = || emacs::plan(&home.at()).unwrap();
    assert!(plan().next[0].contains("(load (expand-file-name \"weft\" user-emacs-directory))"));
    let text = there_and_back(&home, "emacs", plan, ".emacs.d/weft.el");
    assert!(text.contains("(defvar weft-command '(\"weft\" \"lsp\")"));
    // The newer folder where it is the only one, and the line where it is missing.
    let home =
        Home::with(&[(".config/emacs/init.el", "(load (expand-file-name \"weft\" user-emacs-directory))\n")]);
    let plan = emacs::plan(&home.at()).unwrap();
    assert!(plan.next.is_empty() && plan.changes[0].path.ends_with(".config/emacs/weft.el"));
    let home = Home::with(&[(".emacs.d/weft.el", "(message \"mine\")")]);
    let plan = emacs::plan(&home.at()).unwrap();
    assert!(plan.is_empty() && plan.by_hand[0].contains("lsp-register-client"));
}

#[test]
fn a_program_that_is_not_on_the_path_is_named_with_its_own() {
    let home = Home::with(&[]);
    let at = Surroundings { weft: "/opt/weft-1/bin/weft".to_owned(), ..home.at() };
    for (plan, expected) in [
        (helix::plan(&at).unwrap(), "command = \"/opt/weft-1/bin/weft\""),
        (neovim::plan(&at).unwrap(), "cmd = { \"/opt/weft-1/bin/weft\", \"lsp\" }"),
        (emacs::plan(&at).unwrap(), "'(\"/opt/weft-1/bin/weft\" \"lsp\")"),
        (jetbrains::plan(&at, None).unwrap(), "\"sh -c \\\"/opt/weft-1/bin/weft lsp\\\"\""),
    ] {
        assert!(plan.changes.iter().any(|change| change.after.contains(expected)), "{expected}");
    }
    assert!(zed::plan(&at).unwrap().next[0].contains("/opt/weft-1/bin/weft serve --port 8080"));
}

#[test]
fn jetbrains_gets_a_template_where_it_is_wanted() {
    let home = Home::with(&[]);
    let plan = || jetbrains::plan(&home.at(), Some(&home.folder.path().join("template"))).unwrap();
    assert!(plan().next[0].contains("template"));
    let text = there_and_back(&home, "jetbrains", plan, "template/template.json");
    let template: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(template["programArgs"]["default"], "sh -c \"weft lsp\"");
    assert!(template["fileTypeMappings"].as_array().unwrap().iter().all(|it| it["languageId"].is_string()));
}

#[test]
fn vscode_needs_a_file_that_is_there() {
    assert!(vscode::plan(None).is_empty());
    assert!(vscode::plan(Some(Path::new("/no/such.vsix"))).by_hand[0].contains("/no/such.vsix"));
    let home = Home::with(&[("weft.vsix", "")]);
    let program = vscode::plan(Some(&home.folder.path().join("weft.vsix"))).run.unwrap();
    assert!(program.to_string().contains("--install-extension"), "{program}");
    let package: serde_json::Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../editors/vscode/package.json"
    )))
    .unwrap();
    let id = format!("{}.{}", package["publisher"].as_str().unwrap(), package["name"].as_str().unwrap());
    assert_eq!(vscode::uninstall().arguments, ["--uninstall-extension", &id]);
}

#[test]
fn an_undo_never_overwrites_what_was_edited_since() {
    let home = Home::with(&[(HELIX, "# mine\n")]);
    let record = home.record("helix");
    record.apply(&helix::plan(&home.at()).unwrap().changes).unwrap();
    let edited = home.read(HELIX) + "# more\n";
    std::fs::write(home.folder.path().join(HELIX), &edited).unwrap();
    let left = record.undo().unwrap();
    assert!(left[0].contains("edited since") && left[0].contains(".weft-backup"), "{left:?}");
    assert_eq!(home.read(HELIX), edited);
    assert_eq!(home.read(".config/helix/languages.toml.weft-backup"), "# mine\n");
    // Set up again after that: the edit has a copy of its own, and that is what the next undo brings back.
    std::fs::write(home.folder.path().join(HELIX), "# another\n").unwrap();
    let backups = record.apply(&helix::plan(&home.at()).unwrap().changes).unwrap();
    assert!(backups[0].ends_with("languages.toml.weft-backup-2"), "{backups:?}");
    assert!(record.undo().unwrap().is_empty());
    assert_eq!(home.read(HELIX), "# another\n");
}

#[test]
fn a_file_that_changes_between_showing_and_making_is_not_touched() {
    let home = Home::with(&[(HELIX, "# mine\n")]);
    let plan = helix::plan(&home.at()).unwrap();
    std::fs::write(home.folder.path().join(HELIX), "# newer\n").unwrap();
    let error = home.record("helix").apply(&plan.changes).unwrap_err();
    assert!(error.to_string().contains("has changed meanwhile"), "{error}");
    assert_eq!(home.read(HELIX), "# newer\n");
    assert!(home.record("helix").paths().unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::with(&[("dotfiles/languages.toml", "# mine\n"), (".config/helix/config.toml", "")]);
    let target = home.folder.path().join("dotfiles/languages.toml");
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&target, home.folder.path().join(HELIX)).unwrap();
    let record = home.record("helix");
    record.apply(&helix::plan(&home.at()).unwrap().changes).unwrap();
    assert!(std::fs::symlink_metadata(home.folder.path().join(HELIX)).unwrap().is_symlink());
    assert!(home.read("dotfiles/languages.toml").contains("[language-server.weft]"));
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(record.undo().unwrap().is_empty());
    assert_eq!(home.read("dotfiles/languages.toml"), "# mine\n");
}
