//! VS Code: its own command line installs an extension. It must not touch its settings.

use std::path::Path;

use super::plan::{Plan, Program};

/// The extension's id, from editors/vscode/package.json.
const EXTENSION: &str = "weft.weft";

pub(super) fn plan(vsix: Option<&Path>) -> Plan {
    let Some(vsix) = vsix else {
        return Plan::by_hand(
            "The extension is a file that is made for one platform. Make it with `cargo xtask package vscode` in Weft's source, then:\n\n  \
             weft setup vscode --vsix ~/.cache/weft/editors/vscode/weft-linux-x64.vsix\n\nor choose \"Install from VSIX…\" in the menu of \
             VS Code's Extensions view."
                .to_owned(),
        );
    };
    if !vsix.is_file() {
        return Plan::by_hand(format!(
            "There is no file {}. `cargo xtask package vscode` in Weft's source makes one and says where it is.",
            vsix.display()
        ));
    }
    let arguments = vec!["--install-extension".to_owned(), vsix.display().to_string()];
    Plan {
        run: Some(Program { name: program(), arguments }),
        next: vec!["Open a file in VS Code: the status bar says how Weft is.".to_owned()],
        ..Plan::default()
    }
}

/// Takes the extension away.
pub(super) fn uninstall() -> Program {
    Program { name: program(), arguments: vec!["--uninstall-extension".to_owned(), EXTENSION.to_owned()] }
}

fn program() -> &'static str {
    if cfg!(windows) { "code.cmd" } else { "code" }
}
