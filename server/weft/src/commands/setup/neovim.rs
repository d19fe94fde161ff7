//! Neovim: the plugin goes into Weft's own folder, and a file of the user's `plugin/` folder puts it on the runtime path. That works beside
//! init.lua and init.vim alike and touches neither.

use std::path::Path;

use anyhow::Result;

use super::plan::{Plan, read, read_text};
use super::surroundings::Surroundings;

/// What a file of a setup begins with; one without it is somebody else's.
const MARK: &str = "-- Written by `weft setup neovim`";

/// The plugin's files, by their paths.
macro_rules! plugin {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/neovim/", $path)))),*]
    };
}

/// The plugin; a test compares the list with editors/neovim.
pub(super) const PLUGIN: &[(&str, &str)] = plugin![
    "doc/weft.txt",
    "lsp/weft.lua",
    "lua/weft/attach.lua",
    "lua/weft/chat.lua",
    "lua/weft/command.lua",
    "lua/weft/commands/accept.lua",
    "lua/weft/commands/apply.lua",
    "lua/weft/commands/chat.lua",
    "lua/weft/commands/edit.lua",
    "lua/weft/commands/log.lua",
    "lua/weft/commands/model.lua",
    "lua/weft/commands/reject.lua",
    "lua/weft/commands/restart.lua",
    "lua/weft/commands/send.lua",
    "lua/weft/commands/stop.lua",
    "lua/weft/commands/toggle.lua",
    "lua/weft/commands/why.lua",
    "lua/weft/compat.lua",
    "lua/weft/config.lua",
    "lua/weft/draw.lua",
    "lua/weft/ghost.lua",
    "lua/weft/health.lua",
    "lua/weft/init.lua",
    "lua/weft/keys.lua",
    "lua/weft/status.lua",
    "lua/weft/suggestion.lua",
    "lua/weft/window.lua",
    "plugin/weft.lua",
];

pub(super) fn plan(at: &Surroundings) -> Result<Plan> {
    let own = at.own.join("neovim");
    let snippet = at.neovim.join("plugin").join("weft.lua");
    let server = at.neovim.join("lsp").join("weft.lua");
    if let Some(found) = already(&at.neovim)? {
        return Ok(Plan { next: vec![format!("{found} has Weft already.")], ..Plan::default() });
    }
    for path in [&snippet, &server] {
        let theirs = read_text(path)?.is_some_and(|text| !text.is_ok_and(|text| text.starts_with(MARK)));
        if theirs {
            return Ok(Plan::by_hand(format!(
                "{} is left as it is: it is not one of Weft's. Weft's plugin needs these lines in your init.lua (in an init.vim, between \
                 `lua << EOF` and `EOF`), and its folder editors/neovim of the source at that place:\n\n{}",
                path.display(),
                lines(&own, &at.weft)
            )));
        }
    }
    let mut plan = Plan::default();
    for (path, text) in PLUGIN {
        plan.write(own.join(path), (*text).to_owned())?;
    }
    plan.write(server, server_file(&at.weft))?;
    plan.write(
        snippet,
        format!("{MARK}; `weft setup neovim --undo` removes it.\n{}", lines(&own, &at.weft)),
    )?;
    plan.next = vec![
        "Start Neovim again. `:checkhealth weft` looks at everything, `:help weft` explains it.".to_owned(),
    ];
    Ok(plan)
}

/// The lines that begin the plugin.
fn lines(own: &Path, weft: &str) -> String {
    let folder = quoted(&own.display().to_string());
    // `plugin/` folders are listed before this is read, so the plugin's own file is read here.
    format!(
        "if vim.fn.has(\"nvim-0.9\") == 1 then\n  local folder = {folder}\n  vim.opt.runtimepath:prepend(folder)\n  \
         vim.cmd.source(folder .. \"/plugin/weft.lua\")\n  require(\"weft\").setup({{ cmd = {{ {}, \"lsp\" }} }})\nend\n",
        quoted(weft)
    )
}

/// For whoever enables the server without the plugin: `vim.lsp.enable("weft")`.
fn server_file(weft: &str) -> String {
    format!(
        "{MARK}; `weft setup neovim --undo` removes it.\nreturn {{\n  cmd = {{ {}, \"lsp\" }},\n  root_markers = {{ \".git\" }},\n}}\n",
        quoted(weft)
    )
}

/// A text in Lua.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// A file of the user's that sets Weft up itself.
fn already(config: &Path) -> Result<Option<String>> {
    let mut files = vec![config.join("init.lua"), config.join("init.vim")];
    collect(&config.join("lua"), 3, &mut files);
    for file in files {
        let Some(bytes) = read(&file)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let known = [
            "require(\"weft\")",
            "require('weft')",
            "require \"weft\"",
            "require 'weft'",
            "lsp.enable(\"weft\")",
            "lsp.enable('weft')",
        ];
        let set_up = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        if set_up.into_iter().any(|line| known.iter().any(|it| line.contains(it))) {
            return Ok(Some(file.display().to_string()));
        }
    }
    Ok(None)
}

/// The Lua files of a folder.
fn collect(folder: &Path, depth: usize, files: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files);
        } else if path.extension().is_some_and(|it| it == "lua") && path.is_file() {
            files.push(path);
        }
    }
}
