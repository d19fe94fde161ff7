//! One `weft lsp` for one question: initialize, open, ask for ghost text.
//!
//! It must not know cases or scores: a place comes in, a suggestion goes out.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::cases::{Place, end_of};
use super::connection::{Connection, uri};

const TIMEOUT: Duration = Duration::from_secs(60);
/// For one suggestion, the loading of the model included.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(600);

/// What came of one request for ghost text.
pub(super) struct Reply {
    /// The text that accepting the first suggestion adds at the cursor; empty without one.
    pub(super) completion: String,
    /// From the request to its answer.
    pub(super) seconds: f64,
    /// What the server says of its index; `None` if it was not asked or has none.
    pub(super) index: Option<Value>,
    /// What the server says of the request.
    pub(super) trace: Option<Value>,
}

/// Opens the file of `place` in a fresh server and asks once, as typing would. `command` is `weft lsp`; with
/// `wait_for_index` the server has read the workspace before. The last `typed` characters before the cursor are not there at
/// first: they are typed after a first question, whose answer does not count.
pub(super) fn ask(
    command: Command,
    place: &Place,
    options: &Value,
    wait_for_index: bool,
    typed: usize,
) -> Result<Reply> {
    let mut session = Connection::start(command)?;
    session.initialize(&place.folder, options)?;
    let index = if wait_for_index { session.index()? } else { None };
    let at = place.prefix.char_indices().rev().take(typed).last().map_or(place.prefix.len(), |(at, _)| at);
    let (before, typed) = place.prefix.split_at(at);
    session.open(&place.file, &place.language, &format!("{before}{}", place.suffix))?;
    if !typed.is_empty() {
        let (line, character) = end_of(before);
        let first = params(&uri(&place.file), line, character);
        session.request(METHOD, Some(first), COMPLETION_TIMEOUT)??;
        let here = json!({"line": line, "character": character});
        let change = json!({"range": {"start": here, "end": here}, "text": typed});
        let document = json!({"uri": uri(&place.file), "version": 2});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        session.notify("textDocument/didChange", params)?;
    }
    let start = Instant::now();
    let params = params(&uri(&place.file), place.line, place.character);
    let answer = session.request(METHOD, Some(params), COMPLETION_TIMEOUT)??;
    let seconds = start.elapsed().as_secs_f64();
    let why = session.request("weft/why", None, TIMEOUT)?.ok();
    let trace = why.and_then(|why| why.pointer("/last/0").cloned());
    session.end();
    let caret = Caret {
        line: place.line,
        character: place.character,
        before: place.prefix.rsplit('\n').next().unwrap_or_default(),
        after: place.suffix.split('\n').next().unwrap_or_default(),
    };
    let completion = first(&answer, &caret).unwrap_or_default();
    Ok(Reply { completion, seconds, index, trace })
}

/// The standard's method for ghost text.
pub(super) const METHOD: &str = "textDocument/inlineCompletion";

/// Its parameters, as typing sends them. The place is as LSP counts.
pub(super) fn params(uri: &str, line: usize, character: usize) -> Value {
    json!({
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        // Automatic: 2 in the standard's InlineCompletionTriggerKind.
        "context": {"triggerKind": 2},
    })
}

/// Where the cursor stands.
pub(super) struct Caret<'a> {
    /// As LSP counts: from 0, the character in UTF-16 units.
    pub(super) line: usize,
    pub(super) character: usize,
    /// Its line's text before and after it.
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

/// The text that accepting the first suggestion of an answer adds at the cursor; `None` without one.
pub(super) fn first(answer: &Value, caret: &Caret<'_>) -> Option<String> {
    let item = answer.pointer("/items/0").or_else(|| answer.pointer("/0"))?;
    Some(added(item, caret))
}

/// The text that accepting `item` adds at the cursor. Its range may take in what follows the cursor (a
/// bracket that the editor closed) or what stands before it; that is not counted twice.
fn added(item: &Value, caret: &Caret<'_>) -> String {
    let text = item["insertText"].as_str().or_else(|| item["insertText"]["value"].as_str());
    let text = text.unwrap_or_default();
    let Caret { line, character, before, after } = *caret;
    let end_of = |name: &str| {
        let end = &item["range"][name];
        let on_line = end["line"].as_u64() == Some(line as u64);
        let character = usize::try_from(end["character"].as_u64()?).ok()?;
        on_line.then_some(character)
    };
    let taken_before = end_of("start").map_or("", |start| &before[bytes_of(before, start)..]);
    let taken_after = end_of("end").and_then(|end| end.checked_sub(character));
    let taken_after = taken_after.map_or("", |units| &after[..bytes_of(after, units)]);
    let text = text.strip_prefix(taken_before).unwrap_or(text);
    text.strip_suffix(taken_after).unwrap_or(text).to_owned()
}

/// The bytes of the first `units` UTF-16 units of `line`, or all of it.
fn bytes_of(line: &str, units: usize) -> usize {
    let mut left = units;
    for (byte, character) in line.char_indices() {
        if left == 0 {
            return byte;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str, start: u64, end: u64) -> Value {
        json!({"insertText": text, "range": {
            "start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}})
    }

    #[test]
    fn what_a_suggestion_takes_in_is_not_counted_twice() {
        let at = Caret { line: 1, character: 7, before: "🦀 = f(", after: ")é;" };
        assert_eq!(added(&item("a, b", 7, 7), &at), "a, b");
        assert_eq!(added(&item("a, b)", 7, 8), &at), "a, b");
        assert_eq!(added(&item("f(a)é", 5, 9), &at), "a");
        assert_eq!(added(&item("other", 7, 8), &at), "other");
        assert_eq!(added(&json!({"insertText": "plain"}), &at), "plain");
    }
}
