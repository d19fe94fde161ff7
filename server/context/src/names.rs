//! The names that can stand after a receiver, for an engine that weighs its tokens by them. It must not know engines: it gives names and how certain it
//! is.

use crate::resolve::{Receiver, Resolution};

/// Names that are to be expected after a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedNames {
    /// The receiver with its dot, such as `self.pool.`.
    pub after: String,
    /// The names.
    pub names: Vec<String>,
    /// Whether nothing else can stand there.
    pub complete: bool,
}

/// Receivers with more members say little.
const MOST_NAMES: usize = 400;

/// The names of a resolution, those at the cursor first.
pub(crate) fn expected(resolution: &Resolution) -> Vec<ExpectedNames> {
    let mut receivers: Vec<&Receiver> = resolution.receivers.iter().collect();
    receivers.sort_by_key(|receiver| !receiver.at_cursor);
    let mut expected: Vec<ExpectedNames> = Vec::new();
    for receiver in receivers {
        let after = format!("{}{}", receiver.text, receiver.separator);
        let names: Vec<String> = receiver.members.iter().map(|member| member.name.clone()).collect();
        if names.is_empty() || names.len() > MOST_NAMES || expected.iter().any(|other| other.after == after) {
            continue;
        }
        expected.push(ExpectedNames { after, names, complete: receiver.complete });
    }
    expected
}
