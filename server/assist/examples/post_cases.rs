//! Replays recorded model outputs through post-processing, so that a change of the rules can be judged without a model.
//!
//! `cargo run -p assist --example post_cases -- CASES_DIR SET RAW.jsonl OUT.jsonl`: the cases are `CASES_DIR/SET.jsonl`
//! (`id`, `snapshot`, `file`, `offset`, `end_offset`, the file still having the hole's content), RAW has `id` and
//! `completion` a line, and `truncated` or `stopped` where the text is not all that the model would have written. OUT gets
//! `id`, `completion` as shown, `rules` and `dropped`. Must not have rules of its own.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assist::post::{Options, Site, StopCheck, post_process_with};
use serde_json::{Value, json};
use syntax::{Language, Tree};
use text::Text;

/// The stream is looked at after so many characters, about as many as a token has.
const TOKEN_CHARACTERS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, set, raw, out] = arguments.as_slice() else {
        return Err("usage: post_cases CASES_DIR SET RAW.jsonl OUT.jsonl".into());
    };
    let folder = PathBuf::from(folder);
    let cases = json_lines(&folder.join(format!("{set}.jsonl")))?;
    let cases: HashMap<&str, &Value> =
        cases.iter().filter_map(|case| Some((case.get("id")?.as_str()?, case))).collect();
    let mut out = fs::File::create(out)?;
    for prediction in json_lines(Path::new(raw))? {
        let id = string(&prediction, "id")?;
        if let Some(case) = cases.get(id) {
            writeln!(out, "{}", replay(&folder, case, &prediction)?)?;
        }
    }
    Ok(())
}

fn replay(folder: &Path, case: &Value, prediction: &Value) -> Result<Value, Box<dyn Error>> {
    let path = folder.join(string(case, "snapshot")?).join(string(case, "file")?);
    let whole = fs::read_to_string(&path)?;
    let cursor = offset(case, "offset")?;
    let before = whole.get(..cursor).ok_or("offset inside a character")?;
    let after = whole.get(offset(case, "end_offset")?..).ok_or("end_offset inside a character")?;
    let text = Text::new(&format!("{before}{after}"));
    let language = Language::from_path(&path);
    let tree = language.map(|language| Tree::parse(language, &text));
    let site = Site { language, text: &text, tree: tree.as_ref(), cursor };
    let raw = string(prediction, "completion")?;
    let read = stopped_at(raw, &site);
    let flag = |name: &str| prediction.get(name).and_then(Value::as_bool).unwrap_or(false);
    let truncated = read.len() == raw.len() && (flag("truncated") || flag("stopped"));
    let outcome = post_process_with(read, &site, Options { truncated });
    let rules: Vec<String> =
        outcome.applied.iter().map(|applied| format!("{}: {}", applied.rule, applied.what)).collect();
    Ok(json!({
        "id": string(case, "id")?,
        "completion": outcome.insertion.map_or(String::new(), |insertion| insertion.text),
        "rules": rules,
        "dropped": outcome.dropped.map(|reason| format!("{reason:?}")),
    }))
}

/// As much of the text as the model would have been let write.
fn stopped_at<'a>(raw: &'a str, site: &Site<'_>) -> &'a str {
    let mut check = StopCheck::new(site);
    let ends = raw.char_indices().map(|(at, character)| at + character.len_utf8());
    let mut parts =
        ends.skip(TOKEN_CHARACTERS - 1).step_by(TOKEN_CHARACTERS).filter_map(|end| raw.get(..end));
    parts.find(|part| check.should_stop(part)).unwrap_or(raw)
}

fn json_lines(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.lines().filter(|line| !line.is_empty()).map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn string<'a>(value: &'a Value, key: &str) -> Result<&'a str, Box<dyn Error>> {
    Ok(value.get(key).and_then(Value::as_str).ok_or_else(|| format!("no {key}"))?)
}

fn offset(case: &Value, key: &str) -> Result<usize, Box<dyn Error>> {
    let number = case.get(key).and_then(Value::as_u64).ok_or_else(|| format!("no {key}"))?;
    Ok(usize::try_from(number)?)
}
