//! Tool calls in what a model writes, told from the text around them while it streams in.
//! It must not know a dialect, and never calls anything.
//!
//! The format is Hermes', which Qwen's models use: `<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>`. Small models often
//! leave the tags away or put a fence around the object; that counts where it is the whole answer and names a tool that was offered.

use prompt::chat::ToolCall;
use serde_json::Value;

/// The tag before a call.
pub(crate) const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";

/// A piece of what a model writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Text(String),
    Call(ToolCall),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but white space came.
    Start,
    /// It may be a call without tags: all of it is held.
    Bare,
    Text,
    /// Within the tags.
    Call,
    /// A call has ended.
    Between,
}

/// Divides a stream. It holds back what may yet be part of a call.
#[derive(Debug)]
pub(crate) struct ToolSplitter {
    state: State,
    held: String,
    offered: Vec<String>,
}

impl ToolSplitter {
    /// For an answer to which these tools were offered.
    pub(crate) fn new(offered: Vec<String>) -> Self {
        Self { state: State::Start, held: String::new(), offered }
    }

    /// For an answer that begins within a call: the prompt ends with the tag.
    pub(crate) fn within_call() -> Self {
        Self { state: State::Call, held: String::new(), offered: Vec::new() }
    }

    /// Takes the next text and gives what is certain.
    pub(crate) fn push(&mut self, text: &str) -> Vec<Said> {
        self.held.push_str(text);
        let mut said = Vec::new();
        while self.step(&mut said) {}
        said
    }

    /// Gives what is left at the end.
    pub(crate) fn finish(&mut self) -> Vec<Said> {
        let held = std::mem::take(&mut self.held);
        let text = |text: String| if text.trim().is_empty() { Vec::new() } else { vec![Said::Text(text)] };
        match self.state {
            State::Start | State::Between | State::Text => text(held),
            State::Bare => match bare_calls(&held, &self.offered) {
                Some(calls) => calls.into_iter().map(Said::Call).collect(),
                None => text(held),
            },
            // The end of the answer closes it too.
            State::Call => match read_call(&held) {
                Some(call) => vec![Said::Call(call)],
                None => text(format!("{OPEN}{held}")),
            },
        }
    }

    /// Does what can be done with what is held; false where more must come first.
    fn step(&mut self, said: &mut Vec<Said>) -> bool {
        match self.state {
            State::Bare => false,
            State::Start | State::Between => {
                let begun = self.held.trim_start();
                if let Some(rest) = begun.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.state = State::Call;
                } else if OPEN.starts_with(begun) {
                    return false;
                } else if self.state == State::Start && (begun.starts_with('{') || begun.starts_with("```")) {
                    self.state = State::Bare;
                } else if self.state == State::Start && "```".starts_with(begun) {
                    return false;
                } else {
                    self.state = State::Text;
                }
                true
            }
            State::Text => {
                let (certain, call) = match self.held.find(OPEN) {
                    Some(at) => (at, true),
                    None => {
                        // The blanks before a tag belong to it.
                        let (before, _) = self.held.split_at(self.held.len() - begun_tag(&self.held));
                        (before.trim_end().len(), false)
                    }
                };
                let rest = self.held.split_off(certain);
                let text = std::mem::replace(&mut self.held, rest);
                let text = if call { text.trim_end().to_owned() } else { text };
                if !text.is_empty() {
                    said.push(Said::Text(text));
                }
                if call {
                    self.held.drain(..OPEN.len());
                    self.state = State::Call;
                }
                call
            }
            State::Call => {
                let Some((call, rest)) = self.held.split_once(CLOSE) else { return false };
                said.push(match read_call(call) {
                    Some(call) => Said::Call(call),
                    None => Said::Text(format!("{OPEN}{call}{CLOSE}")),
                });
                self.held = rest.to_owned();
                self.state = State::Between;
                true
            }
        }
    }
}

/// The length of the longest end of the text that a tag begins with.
fn begun_tag(text: &str) -> usize {
    (1..OPEN.len()).rev().find(|&length| text.ends_with(&OPEN[..length])).unwrap_or(0)
}

fn read_call(text: &str) -> Option<ToolCall> {
    call_of(serde_json::from_str(single_braces(text.trim())).ok()?)
}

/// Qwen2.5-Coder was trained on a template that doubles the braces by mistake, and sometimes writes them so.
fn single_braces(text: &str) -> &str {
    let doubled = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    doubled.filter(|text| text.starts_with('{') && text.ends_with('}')).unwrap_or(text)
}

fn call_of(value: Value) -> Option<ToolCall> {
    let Value::Object(mut members) = value else { return None };
    let Some(Value::String(name)) = members.remove("name") else { return None };
    let arguments = match members.remove("arguments").or_else(|| members.remove("parameters")) {
        // Some models write them as a text that holds JSON.
        Some(Value::String(text)) => serde_json::from_str(&text).ok()?,
        Some(arguments) => arguments,
        None => Value::Object(serde_json::Map::new()),
    };
    arguments.is_object().then_some(ToolCall { name, arguments })
}

/// The whole answer as calls without tags.
fn bare_calls(text: &str, offered: &[String]) -> Option<Vec<ToolCall>> {
    let text = text.trim();
    let text = match text.strip_prefix("```") {
        Some(fenced) => fenced.split_once('\n')?.1.trim_end().strip_suffix("```")?,
        None => text,
    };
    let values = serde_json::Deserializer::from_str(single_braces(text)).into_iter::<Value>();
    // A last one that was cut off is no call; those before it are.
    let whole = values.take_while(|value| !value.as_ref().is_err_and(serde_json::Error::is_eof));
    let calls: Option<Vec<ToolCall>> = whole.map(|value| call_of(value.ok()?)).collect();
    calls.filter(|calls| !calls.is_empty() && calls.iter().all(|call| offered.contains(&call.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, and character by character: the same must come of both.
    fn split(text: &str) -> String {
        let run = |pieces: &mut dyn Iterator<Item = String>| {
            let mut splitter = ToolSplitter::new(vec!["look".into()]);
            let mut said: Vec<Said> = pieces.flat_map(|piece| splitter.push(&piece)).collect();
            said.extend(splitter.finish());
            let mut shown = String::new();
            let mut in_text = false;
            for said in said {
                match said {
                    Said::Text(text) => {
                        shown.push_str(if in_text { "" } else { "|" });
                        shown.push_str(&text);
                        in_text = true;
                    }
                    Said::Call(call) => {
                        shown.push_str(&format!("|{}({})", call.name, call.arguments));
                        in_text = false;
                    }
                }
            }
            shown
        };
        let whole = run(&mut std::iter::once(text.to_owned()));
        let pieces = run(&mut text.chars().map(String::from));
        assert_eq!(whole, pieces, "{text:?}");
        whole
    }

    #[test]
    fn calls_are_told_from_text_however_the_pieces_fall() {
        let call = r#"{"name": "look", "arguments": {"at": 1}}"#;
        let cases = [
            ("Hello.", "|Hello."),
            ("a < b, <tool", "|a < b, <tool"),
            (&format!("<tool_call>\n{call}\n</tool_call>"), r#"|look({"at":1})"#),
            (&format!("Let me see.\n<tool_call>{call}</tool_call>"), r#"|Let me see.|look({"at":1})"#),
            (
                &format!("<tool_call>{call}</tool_call>\n<tool_call>{call}</tool_call>\n"),
                r#"|look({"at":1})|look({"at":1})"#,
            ),
            (&format!("<tool_call>\n{call}"), r#"|look({"at":1})"#),
            (call, r#"|look({"at":1})"#),
            (&format!("```json\n{call}\n```"), r#"|look({"at":1})"#),
            (&format!("{call}\n{{\"name\": \"lo"), r#"|look({"at":1})"#),
            (&format!("{{{call}}}"), r#"|look({"at":1})"#),
            (&format!("<tool_call>{{{call}}}</tool_call>"), r#"|look({"at":1})"#),
            (r#"{"name": "other", "arguments": {}}"#, r#"|{"name": "other", "arguments": {}}"#),
            (r#"{"answer": 1}"#, r#"|{"answer": 1}"#),
            ("```python\nx = 1\n```", "|```python\nx = 1\n```"),
            ("<tool_call>no JSON</tool_call> so", "|<tool_call>no JSON</tool_call> so"),
            (r#"<tool_call>{"name": "x", "arguments": "{\"a\": 1}"}</tool_call>"#, r#"|x({"a":1})"#),
            (r#"<tool_call>{"name": "now"}</tool_call>"#, "|now({})"),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_forced_call_begins_within_the_tag() {
        let mut splitter = ToolSplitter::within_call();
        assert_eq!(splitter.push(r#"{"name": "look", "#), []);
        assert_eq!(splitter.push(r#""arguments": {}}"#), []);
        let call = ToolCall { name: "look".into(), arguments: serde_json::json!({}) };
        assert_eq!(splitter.finish(), [Said::Call(call)]);
    }
}
