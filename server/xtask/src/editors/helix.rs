//! editors/helix/languages.toml, made from Helix's own defaults: naming a language's servers replaces its list, so the list
//! must be repeated.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Weft's languages, the two that Helix keeps apart from theirs, and that of chat documents.
const LANGUAGES: [&str; 9] =
    ["python", "rust", "javascript", "jsx", "typescript", "tsx", "go", "java", "markdown"];

const HEAD: &str = "\
# Weft in Helix: put this into ~/.config/helix/languages.toml, or the parts of it that you need.
# Naming language servers replaces a language's list, so Helix's own ones (25.07) are repeated behind Weft. Its menu shows
# the entries of the last server first: so Weft's stands below theirs.
# Made by `UPDATE_EXPECT=1 cargo xtask e2e helix`.

[language-server.weft]
command = \"weft\"
args = [\"lsp\"]
";

/// Sees that the file is what this Helix's defaults make it. `UPDATE_EXPECT` in the environment writes it.
pub(super) fn check_languages(helix: &Path, root: &Path) -> Result<()> {
    let path = root.join("editors/helix/languages.toml");
    let mut wanted = HEAD.to_owned();
    for language in LANGUAGES {
        let output = process::capture(process::command(helix).args(["--health", language]))?;
        let servers = servers(&String::from_utf8_lossy(&output.stdout));
        if servers.is_empty() {
            bail!(
                "`hx --health {language}` names no language server; server/xtask/src/editors/helix.rs reads it"
            );
        }
        wanted.push_str(&stanza(language, &servers));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return fs::write(&path, wanted).with_context(|| format!("cannot write {}", path.display()));
    }
    if fs::read_to_string(&path).unwrap_or_default() != wanted {
        bail!(
            "{} is not what this Helix's defaults make it: UPDATE_EXPECT=1 cargo xtask e2e helix",
            path.display()
        );
    }
    Ok(())
}

fn stanza(language: &str, servers: &[String]) -> String {
    let mut text = format!(
        "\n[[language]]\nname = \"{language}\"\nlanguage-servers = [{{ name = \"weft\", \
         only-features = [\"completion\", \"code-action\", \"workspace-command\"] }}"
    );
    for server in servers {
        let _ = write!(text, ", \"{server}\"");
    }
    text.push_str("]\n");
    text
}

/// The servers that `hx --health LANGUAGE` lists, in their order: lines such as `  ✘ ty: 'ty' not found in $PATH`.
fn servers(health: &str) -> Vec<String> {
    let plain = without_colours(health);
    let listed = plain.lines().skip_while(|line| !line.starts_with("Configured language servers")).skip(1);
    let listed = listed.take_while(|line| line.starts_with(' '));
    listed
        .filter_map(|line| Some(line.split_once(':')?.0.split_whitespace().last()?.to_owned()))
        .filter(|name| name != "weft")
        .collect()
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(|it| *it == 'm');
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_are_read_without_colours_and_in_order() {
        let health = "\
Configured language servers:
  \u{1b}[0;31m✘\u{1b}[m ty: \u{1b}[0;31m'ty' not found in $PATH\u{1b}[m
  ✓ ruff: /usr/bin/ruff
Configured debug adapter: None
  ✓ other: x
";
        assert_eq!(servers(health), ["ty", "ruff"]);
        let expected = "\n[[language]]\nname = \"python\"\nlanguage-servers = [{ name = \"weft\", \
                        only-features = [\"completion\", \"code-action\", \"workspace-command\"] }, \"ty\", \"ruff\"]\n";
        assert_eq!(stanza("python", &servers(health)), expected);
    }
}
