//! The report of a replay: a table for people, JSON for programs, a plot for both.
//!
//! It must not compute figures nor draw.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;

use super::figures::{self, Row, Session, Unit};
use super::load::Load;
use super::plot;

/// What is written with `--report`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) title: String,
    /// How the clients and servers were run.
    pub(super) settings: Value,
    pub(super) loads: Vec<Load>,
    pub(super) rows: Vec<Row>,
    /// Sessions that failed for one client and count for neither, with the reason.
    pub(super) left_out: Vec<String>,
    pub(super) sessions: Vec<Session>,
}

impl Report {
    pub(super) fn new(
        title: String,
        settings: Value,
        loads: Vec<Load>,
        left_out: Vec<String>,
        sessions: Vec<Session>,
    ) -> Self {
        let rows = figures::rows(&sessions, &loads);
        Self { title, settings, loads, rows, left_out, sessions }
    }

    /// Prints the table and writes it to `path`, with the JSON and the plot beside it.
    pub(super) fn publish(&self, path: Option<&Path>) -> Result<()> {
        let text = self.markdown();
        println!("\n{text}");
        let Some(path) = path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let write = |ending: &str, text: &str| {
            let path = path.with_extension(ending);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write("md", &text)?;
        write("json", &serde_json::to_string_pretty(self)?)?;
        write("svg", &plot::svg(&self.title, &self.sessions, &self.loads)?)
    }

    /// Writing to a string cannot fail, so the results of `writeln!` are left aside.
    fn markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        for load in &self.loads {
            let _ = writeln!(text, "\n## Machine: {load}\n");
            text.push_str("| measure | Weft | llama.vim-like | ratio |\n| --- | --: | --: | --: |\n");
            for row in self.rows.iter().filter(|row| row.load == *load) {
                let ratio = row.ratio.map(|ratio| format!("{ratio:.2}"));
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} |",
                    row.measure,
                    shown(row.weft, row.unit),
                    shown(row.llama_vim, row.unit),
                    ratio.unwrap_or_else(|| "–".to_owned())
                );
            }
        }
        text.push_str(
            "\nA wait that was given up counts with the whole patience. Ratio: Weft over the other. Tokens of requests \
             that a newer key cut short are not known; CPU seconds hold them. Weft's cache answers through its \
             protocol, that of the other is a look-up in the client.\n",
        );
        for reason in &self.left_out {
            let _ = writeln!(text, "\nLeft out for both: {reason}");
        }
        text
    }
}

fn shown(figure: Option<f64>, unit: Unit) -> String {
    let Some(figure) = figure else { return "–".to_owned() };
    match unit {
        Unit::Seconds => format!("{figure:.3} s"),
        Unit::Milliseconds => format!("{figure:.2} ms"),
        Unit::Percent => format!("{figure:.1} %"),
        Unit::Number => format!("{figure:.1}"),
        Unit::Count if figure.fract() == 0.0 => format!("{figure:.0}"),
        Unit::Count => format!("{figure:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Side, sample};
    use super::*;

    fn report() -> Report {
        let sessions = vec![sample(Side::Weft, 0, &[0.1, 0.2]), sample(Side::LlamaVim, 0, &[1.0, 20.0])];
        Report::new("t".to_owned(), Value::Null, vec![Load::Quiet], vec!["x: y".to_owned()], sessions)
    }

    #[test]
    fn the_table_has_both_and_their_ratio() {
        let text = report().markdown();
        for expected in [
            "## Machine: quiet",
            "| last key to suggestion, p50 | 0.150 s | 10.500 s | 0.01 |",
            "| pauses with a suggestion within 300 ms | 66.7 % | 0.0 % | – |",
            "| answer from the cache, p50 | 3.00 ms | 3.00 ms | 1.00 |",
            "| … that were given up | 0 | 1 | – |",
            "Left out for both: x: y",
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }

    #[test]
    fn everything_is_written_side_by_side() {
        let folder = std::env::temp_dir().join(format!("weft-xtask-replay-{}", std::process::id()));
        report().publish(Some(&folder.join("r.md"))).unwrap();
        let json: Value = serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap();
        assert_eq!(json["sessions"][1]["side"], "llama_vim");
        assert_eq!(json["sessions"][1]["played"]["pauses"][1]["outcome"], "given_up");
        assert!(fs::read_to_string(folder.join("r.md")).unwrap().starts_with("# t\n"));
        assert!(fs::read_to_string(folder.join("r.svg")).unwrap().contains("</svg>"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
