//! Conversations that a template refuses: without a role for the system, or with roles that must take turns. Must not change a
//! conversation that the template takes as it is.

use serde_json::Value;

use super::template::{Template, TemplateFailure};
use super::{ChatError, ChatOptions, Message, Role};

/// What was done to the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// The system's text went in front of the first question.
    pub system_in_question: bool,
    /// Messages of the same role that followed each other became one.
    pub merged: bool,
}

/// Renders the messages as they are, or in the first arrangement that the template takes.
pub(super) fn render(
    template: &Template<'_>,
    messages: &[Message],
    tools: &[Value],
    options: &ChatOptions,
) -> Result<(String, Repair), ChatError> {
    let mut first_failure = None;
    for repair in [(false, false), (true, false), (false, true), (true, true)] {
        let repair = Repair { system_in_question: repair.0, merged: repair.1 };
        let Some(arranged) = arrange(messages, repair) else { continue };
        match template.render(&arranged, tools, options) {
            Ok(text) if says_system(&text, &arranged) => return Ok((text, repair)),
            Ok(_) => {}
            Err(failure) => _ = first_failure.get_or_insert(failure),
        }
    }
    let leaves_out = TemplateFailure::Refused("it leaves out the system's text".into());
    Err(template.error(first_failure.unwrap_or(leaves_out)))
}

/// Some templates take the system's text and do not write it.
fn says_system(rendered: &str, messages: &[Message]) -> bool {
    messages
        .iter()
        .filter(|message| message.role == Role::System)
        .all(|message| rendered.contains(message.text.trim()))
}

/// The messages in another arrangement; `None` where it would be the same.
fn arrange(messages: &[Message], repair: Repair) -> Option<Vec<Message>> {
    let mut arranged = messages.to_vec();
    if repair.system_in_question {
        let is_system = |message: &Message| message.role == Role::System;
        let texts: Vec<String> = arranged
            .iter()
            .filter(|message| is_system(message))
            .map(|message| message.text.clone())
            .collect();
        arranged.retain(|message| !is_system(message));
        let question = arranged.iter_mut().find(|message| message.role == Role::User)?;
        if texts.is_empty() {
            return None;
        }
        question.text = format!("{}\n\n{}", texts.join("\n\n"), question.text);
    }
    if repair.merged {
        let before = arranged.len();
        arranged = merge(arranged);
        if arranged.len() == before {
            return None;
        }
    }
    Some(arranged)
}

fn merge(messages: Vec<Message>) -> Vec<Message> {
    let mut merged: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        match merged.last_mut() {
            Some(last) if last.role == message.role && last.role != Role::Tool => {
                last.text.push_str("\n\n");
                last.text.push_str(&message.text);
                last.thinking = message.thinking.or_else(|| last.thinking.take());
                last.tool_calls.extend(message.tool_calls);
            }
            _ => merged.push(message),
        }
    }
    merged
}
