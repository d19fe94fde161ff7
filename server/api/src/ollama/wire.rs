//! What the calls of Ollama's dialect share: options, times, how long a model is kept, formats of answers.
//! It must not call an engine.

use crate::answer::{Ending, Reason};
use crate::host::KeepAlive;
use crate::options::{OneOrMany, Sampling};
use crate::problem::{Dialect, Problem};
use axum::response::Response;
use engine::Grammar;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// `options`, as far as Weft has them; the others are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Options {
    #[serde(flatten)]
    pub(super) sampling: Sampling,
    /// 0 and less: as many as there is room for.
    num_predict: Option<i64>,
    pub(super) stop: Option<OneOrMany>,
}

impl Options {
    pub(super) fn max_tokens(&self) -> Option<u32> {
        self.num_predict.and_then(|tokens| u32::try_from(tokens).ok()).filter(|&tokens| tokens > 0)
    }
}

/// A model's name: older clients call it `name`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    model: Option<String>,
    name: Option<String>,
}

impl Named {
    pub(super) fn required(self) -> Result<String, Problem> {
        let name = self.model.filter(|name| !name.is_empty()).or(self.name);
        name.filter(|name| !name.is_empty()).ok_or_else(|| Problem::field("model", "is missing"))
    }
}

/// Whether a model shall think first: yes or no, or how much, which is yes.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Think {
    Flag(bool),
    Level(String),
}

impl Think {
    pub(super) fn wanted(&self) -> bool {
        match self {
            Self::Flag(wanted) => *wanted,
            Self::Level(level) => level != "none",
        }
    }
}

/// Seconds, or a text such as `5m`; below 0 for ever.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum WireKeepAlive {
    Seconds(f64),
    Text(String),
}

impl WireKeepAlive {
    pub(super) fn keep(&self) -> Result<KeepAlive, Problem> {
        let seconds = match self {
            Self::Seconds(seconds) => Some(*seconds),
            Self::Text(text) => duration(text),
        };
        match seconds {
            Some(seconds) if seconds < 0.0 => Ok(KeepAlive::Forever),
            // Longer than a century is for ever too.
            Some(seconds) if seconds.is_finite() => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|keep| keep.as_secs() < 100 * 365 * 24 * 3600)
                .map_or(Ok(KeepAlive::Forever), |keep| Ok(KeepAlive::For(keep))),
            _ => Err(Problem::field("keep_alive", "is seconds or a text such as 5m or 1h30m; -1 for ever")),
        }
    }
}

/// Seconds of a duration as Go writes it: `1h30m`, `90s`, `500ms`, `-1m`; a bare number is seconds.
fn duration(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(seconds);
    }
    let (sign, mut rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.trim()),
    };
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (digits, unit_on) = rest.split_at(number);
        let unit = unit_on.len() - unit_on.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, after) = unit_on.split_at(unit);
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += digits.parse::<f64>().ok()? * factor;
        rest = after;
    }
    Some(sign * seconds)
}

/// `format`: the word `json`, or a JSON Schema.
pub(super) fn grammar(format: Option<Value>) -> Result<Option<Grammar>, Problem> {
    match format {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) if word.is_empty() => Ok(None),
        Some(Value::String(word)) if word == "json" => {
            Ok(Some(Grammar::JsonSchema(json!({"type": "object"}))))
        }
        Some(schema @ Value::Object(_)) => Ok(Some(Grammar::JsonSchema(schema))),
        Some(_) => Err(Problem::field("format", "is json or a JSON Schema")),
    }
}

/// The last object of an answer: why it ended, and what it cost in nanoseconds.
pub(super) fn figures(value: &mut Value, ending: Ending) {
    let usage = ending.usage;
    value["done"] = true.into();
    value["done_reason"] = match ending.reason {
        Reason::Length => "length".into(),
        Reason::Stop | Reason::ToolCalls => "stop".into(),
    };
    value["total_duration"] = nanoseconds(usage.total_ms).into();
    value["load_duration"] = nanoseconds(usage.load_ms).into();
    value["prompt_eval_count"] = usage.prompt_tokens.into();
    value["prompt_eval_duration"] = nanoseconds(usage.prompt_ms).into();
    value["eval_count"] = usage.answer_tokens.into();
    value["eval_duration"] = nanoseconds(usage.generate_ms).into();
}

pub(super) fn nanoseconds(milliseconds: f64) -> u64 {
    Duration::try_from_secs_f64(milliseconds / 1000.0)
        .map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

pub(super) fn now() -> String {
    Timestamp::now().to_string()
}

/// In RFC 3339.
pub(super) fn time(time: SystemTime) -> String {
    Timestamp::try_from(time).unwrap_or_default().to_string()
}

pub(super) fn fail(problem: impl Into<Problem>) -> Response {
    problem.into().response(Dialect::Ollama)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let keep = |json: &str| serde_json::from_str::<WireKeepAlive>(json).unwrap().keep().ok();
        let seconds = |seconds: u64| Some(KeepAlive::For(Duration::from_secs(seconds)));
        let cases = [
            ("300", seconds(300)),
            ("0", seconds(0)),
            ("-1", Some(KeepAlive::Forever)),
            ("\"5m\"", seconds(300)),
            ("\"1h30m\"", seconds(5400)),
            ("\"-1m\"", Some(KeepAlive::Forever)),
            ("\"0\"", seconds(0)),
            ("\"1500ms\"", Some(KeepAlive::For(Duration::from_millis(1500)))),
            ("1e30", Some(KeepAlive::Forever)),
            ("\"soon\"", None),
            ("\"5 minutes\"", None),
            ("\"\"", None),
        ];
        for (json, expected) in cases {
            assert_eq!(keep(json), expected, "{json}");
        }
    }
}
