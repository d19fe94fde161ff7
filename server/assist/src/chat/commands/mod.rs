//! Commands: messages that begin with `/`. From the typed line to the text and mentions that the model is asked with. Must not resolve mentions
//! or ask a model.

mod builtin;
mod prompt_files;

use rapidfuzz::distance::damerau_levenshtein;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use prompt_files::{PromptFile, PromptFiles, PromptSource, load_prompt_files};

use builtin::{BUILT_IN, Kind};

/// What a message asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum Action {
    /// Ask the model.
    Ask(Question),
    /// Change the selected code, or the definition at the cursor, as told.
    Edit {
        /// What to do, in the user's words.
        instruction: String,
    },
    /// Begin a new conversation.
    Clear,
    /// Choose a model; without a name, show which there are.
    Model {
        /// The model's name.
        name: Option<String>,
    },
    /// Show what can be typed.
    Help,
}

/// What the model is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The text, commands written out. Mentions stand in it as they were typed.
    pub text: String,
    /// Mentions that the command adds where the user has not typed them, such as `@diff`.
    pub mentions: Vec<String>,
    /// The command's name, without `/`.
    pub command: Option<String>,
}

/// Why a command cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is none of this name.
    #[error("there is no command /{name}{} /help shows all; to send the text as it is, put a space in front", did_you_mean(.nearest))]
    Unknown {
        /// What was typed, without `/`.
        name: String,
        /// The command that is most like it.
        nearest: Option<String>,
    },
    /// It needs something behind it.
    #[error("/{name} needs {what} behind it: {example}")]
    Incomplete {
        /// The command.
        name: String,
        /// What is missing.
        what: &'static str,
        /// What one could type.
        example: &'static str,
    },
    /// Its prompt file has no text.
    #[error(
        "the prompt file {path} of /{name} says nothing below its head; write there what the model is to be asked"
    )]
    EmptyFile {
        /// The command.
        name: String,
        /// The file.
        path: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(|| ".".to_owned(), |name| format!("; did you mean /{name}?"))
}

/// What the editor has for commands to mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Whether text is selected.
    pub selection: bool,
    /// Whether a file is open.
    pub file: bool,
}

/// Reads a message. One that does not begin with a command is a question as it is.
///
/// # Errors
/// [`CommandError`] for a command that there is not, or that lacks something.
pub fn read(message: &str, files: &PromptFiles, situation: Situation) -> Result<Action, CommandError> {
    let Some((name, argument)) = command(message) else {
        return Ok(Action::Ask(Question { text: message.to_owned(), ..Question::default() }));
    };
    if let Some(file) = files.find(name) {
        return prompt_files::question(file, argument).map(Action::Ask);
    }
    let Some(built_in) = BUILT_IN.iter().find(|command| command.name == name) else {
        return Err(CommandError::Unknown { name: name.to_owned(), nearest: most_like(name, files) });
    };
    match built_in.kind {
        Kind::Ask(ask) => Ok(Action::Ask(builtin::question(built_in.name, &ask, argument, situation))),
        Kind::Edit if argument.is_empty() => Err(CommandError::Incomplete {
            name: name.to_owned(),
            what: "what to change",
            example: "/edit return early when the list is empty",
        }),
        Kind::Edit => Ok(Action::Edit { instruction: argument.to_owned() }),
        Kind::Clear => Ok(Action::Clear),
        Kind::Model => Ok(Action::Model { name: (!argument.is_empty()).then(|| argument.to_owned()) }),
        Kind::Help => Ok(Action::Help),
    }
}

/// The command's name and what stands behind it. A path such as `/usr/bin` is none.
fn command(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix('/')?;
    let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    let (name, argument) = rest.split_at(end);
    let ends = argument.chars().next().is_none_or(char::is_whitespace);
    (ends && name.starts_with(|c: char| c.is_alphabetic())).then(|| (name, argument.trim()))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// A command as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandItem {
    /// Its name, without `/`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What stands behind it, such as `instruction`; empty where nothing needs to.
    pub argument: String,
}

/// The commands whose names begin with what is typed behind `/`, Weft's own first; all for an empty text.
#[must_use]
pub fn complete(typed: &str, files: &PromptFiles) -> Vec<CommandItem> {
    let typed = typed.to_lowercase();
    let own =
        BUILT_IN.iter().filter(|command| files.find(command.name).is_none()).map(|command| CommandItem {
            name: command.name.to_owned(),
            description: command.description.to_owned(),
            argument: command.argument.to_owned(),
        });
    let theirs = files.all().iter().map(|file| CommandItem {
        name: file.name.clone(),
        description: file.description.clone(),
        argument: if file.takes_input() { "input".to_owned() } else { String::new() },
    });
    own.chain(theirs).filter(|item| item.name.to_lowercase().starts_with(&typed)).collect()
}

/// All commands, for people: what `/help` shows, in Markdown.
#[must_use]
pub fn help(files: &PromptFiles) -> String {
    let line = |item: CommandItem| {
        let argument = if item.argument.is_empty() { String::new() } else { format!(" {}", item.argument) };
        format!("- `/{}{argument}`: {}\n", item.name, item.description)
    };
    let commands: String = complete("", files).into_iter().map(line).collect();
    let faults: String = files.faults().iter().map(|fault| format!("- {fault}\n")).collect();
    let faults = if faults.is_empty() { faults } else { format!("\nNot used:\n{faults}") };
    format!(
        "{commands}{faults}\n`@` mentions what the model is to read: a file, a definition, `@selection`, `@diff`, `@problems` and more.\n"
    )
}

fn most_like(name: &str, files: &PromptFiles) -> Option<String> {
    let distance = |other: &str| damerau_levenshtein::distance(name.chars(), other.chars());
    let names = complete("", files).into_iter().map(|item| item.name);
    let begins = |other: &String| other.starts_with(name) || name.starts_with(other.as_str());
    let (nearest, far) = names
        .map(|other| (begins(&other), other))
        .map(|(begins, other)| {
            let far = if begins { 1 } else { distance(&other) };
            (other, far)
        })
        .min_by_key(|(_, far)| *far)?;
    // More changes than that, and it is another word.
    (far <= 1 + name.chars().count() / 3).then_some(nearest)
}

#[cfg(test)]
mod tests;
