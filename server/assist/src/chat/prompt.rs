//! From a conversation to the messages of its prompt: the system's text, rules, what was attached, what was said, and what of it is left out so
//! that it fits. Must not know a model's format or tokenizer.
//!
//! A prompt only grows from turn to turn, so that the KV cache holds all but the new turn. When it does not fit any more, so much is left out
//! at once that it has room for several turns again.

use ::prompt::chat::Message;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rules::Rule;

/// Small models do what few, exact sentences say.
const SYSTEM: &str = "You are Weft, a programming assistant in an editor. Be exact and brief. Answer from the code that is given; if it does not \
hold the answer, say so, and never invent names. Show code in fenced blocks. When the code belongs to a file, put its path behind the \
language:\n```python path/to/file.py\n```";

/// What a conversation is cut to when it does not fit, of a hundred parts of its room.
const CUT_TO_PERCENT: usize = 60;
/// What a template writes around a message.
const TOKENS_PER_MESSAGE: usize = 8;

/// A question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// A number that grows from turn to turn and stays with this one: that of the question in the store.
    pub id: i64,
    /// What was asked, commands written out.
    pub question: String,
    /// What is attached to the question, as the model is to read it; empty for nothing.
    pub context: String,
    /// What was answered; empty for the question that is to be answered, and where an answer failed before its first word.
    pub answer: String,
    /// What the model thought before it answered.
    pub thinking: String,
}

/// What a prompt is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// Facts for the system's text that stay the same through the conversation, such as the workspace's name; may be empty.
    pub about: String,
    /// The rules that apply. Rules that change make the whole prompt be evaluated again.
    pub rules: Vec<Rule>,
    /// All turns, the oldest first. The last one is to be answered.
    pub turns: Vec<Turn>,
    /// What was left out of the last prompt.
    pub compaction: Compaction,
}

/// What is left out of a conversation's prompts. To be kept with the conversation, so that the next prompt begins as the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Compaction {
    /// Turns up to this number are left out.
    pub turns_through: Option<i64>,
    /// Of turns up to this number what was attached is left out.
    pub attachments_through: Option<i64>,
}

/// What a prompt may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Tokens of the model's context for conversations.
    pub context_tokens: usize,
    /// Tokens of it that are kept for the answer.
    pub answer_tokens: usize,
}

impl Room {
    /// Tokens that a prompt may have.
    #[must_use]
    pub fn prompt_tokens(&self) -> usize {
        self.context_tokens.saturating_sub(self.answer_tokens)
    }
}

/// A prompt's messages, and what became of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltPrompt {
    /// The messages, to be rendered in the model's format.
    pub messages: Vec<Message>,
    /// What applied and what was left out, for the user.
    pub header: Header,
    /// What to hand in with the next question.
    pub compaction: Compaction,
}

/// What applied to an answer and what was left out of its prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Header {
    /// The rules that applied.
    pub rules: Vec<AppliedRule>,
    /// Messages, questions and answers, that were left out.
    pub messages_left_out: usize,
    /// Earlier questions whose attachments were left out.
    pub attachments_left_out: usize,
    /// Other things to know, such as that the model has no chat template.
    pub notices: Vec<String>,
}

/// A rule that applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedRule {
    /// Its file, from the workspace's root.
    pub path: String,
    /// Why it applied.
    pub why: String,
    /// What of it was left out; empty for nothing.
    pub cut: String,
}

impl Header {
    /// What was left out, in a sentence; nothing where all is there.
    #[must_use]
    pub fn compacted(&self) -> Option<String> {
        let count = |number: usize, one: &str, many: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {many}")),
        };
        let messages = count(self.messages_left_out, "earlier message", "earlier messages");
        let attachments = count(
            self.attachments_left_out,
            "earlier question's attachments",
            "earlier questions' attachments",
        );
        let what: Vec<String> = messages.into_iter().chain(attachments).collect();
        if what.is_empty() {
            return None;
        }
        Some(format!("{} left out to fit into the model's context", what.join(" and ")))
    }
}

/// Why there is no prompt.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PromptError {
    /// There is nothing to answer.
    #[error("there is no question to answer")]
    NoQuestion,
    /// The question alone does not fit.
    #[error(
        "the question with what is attached has about {tokens} tokens, and there is room for {room}. Mention less, such as a \
         part of a file (@file:10-40), or shorten the rules"
    )]
    TooLong {
        /// Tokens of the system's text, the rules, the question and its attachments, as estimated.
        tokens: usize,
        /// Tokens that there is room for.
        room: usize,
    },
}

/// Builds the prompt. `measure` gives the tokens of a text, rather too many than too few.
///
/// # Errors
/// [`PromptError`] when there is no question, or it does not fit by itself.
pub fn build(
    conversation: &Conversation,
    room: Room,
    measure: &dyn Fn(&str) -> usize,
) -> Result<BuiltPrompt, PromptError> {
    let Some(last) = conversation.turns.last() else { return Err(PromptError::NoQuestion) };
    let mut compaction = conversation.compaction.clone();
    // An edit can take the turns back that it speaks of.
    let first_id = conversation.turns.first().map_or(last.id, |turn| turn.id);
    compaction.turns_through =
        compaction.turns_through.filter(|through| (first_id..last.id).contains(through));
    compaction.attachments_through =
        compaction.attachments_through.filter(|through| (first_id..last.id).contains(through));
    let tokens = |compaction: &Compaction| total(&messages(conversation, compaction), measure);
    let most = room.prompt_tokens();
    if tokens(&compaction) > most {
        compact(conversation, &mut compaction, most * CUT_TO_PERCENT / 100, &tokens);
    }
    let needed = tokens(&compaction);
    if needed > most {
        return Err(PromptError::TooLong { tokens: needed, room: most });
    }
    let messages = messages(conversation, &compaction);
    Ok(BuiltPrompt { messages, header: header(conversation, &compaction), compaction })
}

/// Leaves out attachments of earlier turns, the oldest first, then whole turns, until the target is met or only the question is left.
fn compact(
    conversation: &Conversation,
    compaction: &mut Compaction,
    target: usize,
    tokens: &dyn Fn(&Compaction) -> usize,
) {
    let Some((_, earlier)) = conversation.turns.split_last() else { return };
    for turn in
        earlier.iter().filter(|turn| !turn.context.is_empty() && Some(turn.id) > compaction.turns_through)
    {
        if tokens(compaction) <= target {
            return;
        }
        compaction.attachments_through = compaction.attachments_through.max(Some(turn.id));
    }
    for turn in earlier {
        if tokens(compaction) <= target {
            return;
        }
        if Some(turn.id) > compaction.turns_through {
            compaction.turns_through = Some(turn.id);
        }
    }
}

fn messages(conversation: &Conversation, compaction: &Compaction) -> Vec<Message> {
    let mut messages = vec![Message::system(system(conversation, compaction))];
    for turn in &conversation.turns {
        if Some(turn.id) <= compaction.turns_through {
            continue;
        }
        let cut = Some(turn.id) <= compaction.attachments_through;
        messages.push(Message::user(match (turn.context.is_empty(), cut) {
            (true, _) => turn.question.clone(),
            (false, true) => format!("(What was attached here is left out.)\n\n{}", turn.question),
            (false, false) => format!("{}\n\n{}", turn.context.trim_end(), turn.question),
        }));
        if !turn.answer.is_empty() {
            let thinking = (!turn.thinking.is_empty()).then(|| turn.thinking.clone());
            messages.push(Message { thinking, ..Message::assistant(turn.answer.clone()) });
        }
    }
    // Where a question has no answer the next one follows it; templates want them to take turns.
    let mut joined: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        match joined.last_mut().filter(|last| last.role == message.role) {
            Some(last) => last.text = format!("{}\n\n{}", last.text, message.text),
            None => joined.push(message),
        }
    }
    joined
}

fn system(conversation: &Conversation, compaction: &Compaction) -> String {
    let mut text = SYSTEM.to_owned();
    if !conversation.about.trim().is_empty() {
        text.push_str("\n\n");
        text.push_str(conversation.about.trim());
    }
    for rule in &conversation.rules {
        text.push_str(&format!("\n\nRules of the user, from {}:\n{}", rule.path, rule.text.trim()));
    }
    if compaction.turns_through.is_some() {
        text.push_str("\n\nThe beginning of the conversation is left out.");
    }
    text
}

fn total(messages: &[Message], measure: &dyn Fn(&str) -> usize) -> usize {
    let of = |message: &Message| {
        measure(&message.text) + message.thinking.as_deref().map_or(0, measure) + TOKENS_PER_MESSAGE
    };
    // The beginning of the answer, which the template writes.
    messages.iter().map(of).sum::<usize>() + TOKENS_PER_MESSAGE
}

fn header(conversation: &Conversation, compaction: &Compaction) -> Header {
    let left_out = |turn: &&Turn| Some(turn.id) <= compaction.turns_through;
    let said = |turn: &Turn| if turn.answer.is_empty() { 1 } else { 2 };
    let without_attachments = |turn: &&Turn| {
        !left_out(turn) && !turn.context.is_empty() && Some(turn.id) <= compaction.attachments_through
    };
    Header {
        rules: conversation
            .rules
            .iter()
            .map(|rule| AppliedRule { path: rule.path.clone(), why: rule.why.clone(), cut: rule.cut.clone() })
            .collect(),
        messages_left_out: conversation.turns.iter().filter(left_out).map(said).sum(),
        attachments_left_out: conversation.turns.iter().filter(without_attachments).count(),
        notices: Vec::new(),
    }
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
