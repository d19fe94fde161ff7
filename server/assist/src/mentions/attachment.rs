//! What a mention became: the text that goes into the prompt, and what the user is shown of it.
//! It must not resolve anything.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The text that a mention brings into a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The mention as it was typed, such as `@src/cart.py:10-40`; for what is context by default, what one would type.
    pub mention: String,
    /// What it resolved to, for people: `src/cart.py, lines 10 to 40`.
    pub title: String,
    /// The path from the workspace's root, with `/`, if it is a file or a part of one.
    pub path: Option<String>,
    /// The file itself, to be opened.
    pub file: Option<PathBuf>,
    /// The lines, counted from 0, the end excluded.
    pub lines: Option<Range<u32>>,
    /// The name that goes behind the fence, such as `python`; empty where there is none.
    pub language: String,
    /// The text.
    pub text: String,
    /// What of it is not in `text`, for people: `40 of 96 functions were left out`. Empty when nothing was cut.
    pub cut: String,
}
