//! Special tokens in what people, files and models wrote. While the template is rendered each has a character of its own in their place,
//! one that nothing else in the conversation has; so whatever looks like a special token in the result is the template's.
//! Must not know any family's tokens.
//!
//! Templates trim, split and inspect what is said, so it cannot be left out and put in afterwards; a character of the private
//! use planes survives all of that.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use serde_json::Value;

use super::{ChatSegment, Message, ToolCall};

/// The special tokens of a vocabulary and their stand-ins in one conversation.
pub(super) struct Disguise {
    tokens: Vec<String>,
    /// None for a vocabulary without special tokens.
    search: Option<AhoCorasick>,
    /// A character, and the text in whose place it stands.
    stand_ins: Vec<(char, String)>,
    free: std::vec::IntoIter<char>,
}

impl Disguise {
    /// For the messages and tools of one conversation and the template that they go into.
    pub(super) fn new(
        special_tokens: &BTreeSet<String>,
        messages: &[Message],
        tools: &[Value],
        template: &str,
    ) -> Self {
        // Vocabularies list runs of white space here too, which anybody may write and templates trim.
        let tokens: Vec<String> = special_tokens
            .iter()
            .map(|token| token.trim_start_matches('▁'))
            .filter(|token| !token.is_empty() && token.trim() == *token)
            .map(str::to_owned)
            .collect();
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&tokens).ok();
        let texts = messages.iter().flat_map(|message| [Some(&*message.text), message.thinking.as_deref()]);
        // Calls and tools as JSON, which leaves these characters as they are.
        let calls = messages.iter().flat_map(|message| &message.tool_calls);
        let calls = calls.map(|call| format!("{}{}", call.name, call.arguments));
        let names = messages.iter().filter_map(|message| message.tool.clone());
        let others: Vec<String> = calls.chain(names).chain(tools.iter().map(Value::to_string)).collect();
        let texts: Vec<&str> =
            texts.flatten().chain([template]).chain(others.iter().map(String::as_str)).collect();
        let taken: BTreeSet<char> =
            texts.iter().flat_map(|text| text.chars()).filter(|c| PRIVATE_USE.contains(c)).collect();
        // Each token needs one, and so does the first character of each.
        let most = tokens.len() * 2;
        let free: Vec<char> = PRIVATE_USE.filter(|c| !taken.contains(c)).take(most).collect();
        Self {
            search: search.filter(|_| !tokens.is_empty()),
            tokens,
            stand_ins: Vec::new(),
            free: free.into_iter(),
        }
    }

    /// The message without special tokens.
    pub(super) fn message(&mut self, message: &Message) -> Message {
        Message {
            role: message.role,
            text: self.text(&message.text),
            thinking: message.thinking.as_deref().map(|thinking| self.text(thinking)),
            tool_calls: message
                .tool_calls
                .iter()
                .map(|call| ToolCall { name: self.text(&call.name), arguments: self.json(&call.arguments) })
                .collect(),
            tool: message.tool.as_deref().map(|tool| self.text(tool)),
        }
    }

    /// The value with no special token in any of its texts and names.
    pub(super) fn json(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.json(value)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (self.text(name), self.json(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let Some(search) = self.search.clone() else { return text.to_owned() };
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in search.find_iter(text) {
            out.push_str(text.get(from..found.start()).unwrap_or_default());
            out.push(self.stand_in(text.get(found.range()).unwrap_or_default()));
            from = found.end();
        }
        let rest = text.get(from..).unwrap_or_default();
        // A text that ends with the beginning of a token must not become one with what follows it.
        match self.begun_token(rest) {
            Some(at) => {
                let (before, begun) = rest.split_at(at);
                let first = begun.chars().next().map_or(0, char::len_utf8);
                let (first, behind) = begun.split_at(first);
                out.push_str(before);
                out.push(self.stand_in(first));
                out.push_str(behind);
            }
            None => out.push_str(rest),
        }
        out
    }

    /// Where a token begins that the end of the text, without white space, cuts.
    fn begun_token(&self, text: &str) -> Option<usize> {
        let text = text.trim_end();
        let begins = |token: &String| {
            let ends = token.char_indices().map(|(at, _)| at).filter(|&at| at > 0);
            ends.filter(|&end| text.ends_with(&token[..end])).max().map(|length| text.len() - length)
        };
        self.tokens.iter().filter_map(begins).min()
    }

    fn stand_in(&mut self, text: &str) -> char {
        if let Some((c, _)) = self.stand_ins.iter().find(|(_, hidden)| hidden == text) {
            return *c;
        }
        // There are 131,000, and no vocabulary or text uses them up; if one did, the text would be marked as lost.
        let c = self.free.next().unwrap_or(char::REPLACEMENT_CHARACTER);
        if c != char::REPLACEMENT_CHARACTER {
            self.stand_ins.push((c, text.to_owned()));
        }
        c
    }

    fn restored(&self, text: &str) -> String {
        if self.stand_ins.is_empty() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match self.stand_ins.iter().find(|(stand_in, _)| *stand_in == c) {
                Some((_, hidden)) => out.push_str(hidden),
                None => out.push(c),
            }
        }
        out
    }

    /// The special token with which a text begins.
    pub(super) fn token_at_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.search.as_ref()?.find(text).filter(|found| found.start() == 0)?;
        text.get(found.range())
    }

    /// Divides a rendered conversation into the template's special tokens and all else, with what was said as it was said.
    pub(super) fn segments(&self, rendered: &str) -> Vec<ChatSegment> {
        let mut segments: Vec<ChatSegment> = Vec::new();
        let mut from = 0;
        let found = self.search.iter().flat_map(|search| search.find_iter(rendered));
        for found in found {
            self.between(rendered.get(from..found.start()).unwrap_or_default(), &mut segments);
            push(&mut segments, rendered.get(found.range()).unwrap_or_default().to_owned(), true);
            from = found.end();
        }
        self.between(rendered.get(from..).unwrap_or_default(), &mut segments);
        segments
    }

    /// Text beside special tokens. Line ends behind a token go with it: some vocabularies have tokens that take them in, and
    /// the others divide there anyway.
    fn between(&self, text: &str, segments: &mut Vec<ChatSegment>) {
        let behind_token = segments.last().is_some_and(|segment| segment.special);
        let line_ends = if behind_token { text.len() - text.trim_start_matches('\n').len() } else { 0 };
        let (line_ends, text) = text.split_at(line_ends);
        push(segments, line_ends.to_owned(), true);
        push(segments, self.restored(text), false);
    }
}

fn push(segments: &mut Vec<ChatSegment>, text: String, special: bool) {
    match segments.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.special == special => last.text.push_str(&text),
        _ => segments.push(ChatSegment { text, special }),
    }
}

/// Supplementary private use area B. Fonts with symbols use the other areas.
const PRIVATE_USE: std::ops::RangeInclusive<char> = '\u{100000}'..='\u{10FFFD}';
