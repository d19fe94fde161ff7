//! Weft's own commands as a table. Must not do anything but say what they are.

use super::{Question, Situation};

/// A command of Weft's own.
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// What stands behind it; empty where nothing needs to.
    pub(super) argument: &'static str,
    pub(super) kind: Kind,
}

/// What it does.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Ask(Ask),
    Edit,
    Clear,
    Model,
    Help,
}

/// A command that is a question. Short and plain: small models follow little else.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    /// What is asked when something is selected or nothing can be.
    text: &'static str,
    /// What is asked of the file's definition at the cursor.
    at_cursor: &'static str,
    /// What is mentioned in any case.
    always: &'static [&'static str],
    /// Whether it is about the selected code or, without any, the edited file.
    code: bool,
}

pub(super) const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "explain",
        description: "explain the selected code, or the definition at the cursor",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Explain what this code does and why, briefly, from the outside in. Name what is surprising.",
            at_cursor: "Explain what the definition at the cursor does and why, briefly, from the outside in. Name what is surprising.",
            always: &[],
            code: true,
        }),
    },
    BuiltIn {
        name: "fix",
        description: "fix what the editor reports in the selected code or the file",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Fix the problems in this code. Say in a sentence what was wrong, then give the changed code.",
            at_cursor: "Fix the problems in this file. Say in a sentence what was wrong, then give the changed code.",
            always: &["@problems"],
            code: true,
        }),
    },
    BuiltIn {
        name: "tests",
        description: "write tests for the selected code, or the definition at the cursor",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Write tests for this code, in the style and with the test library of the project. Cover the edge cases.",
            at_cursor: "Write tests for the definition at the cursor, in the style and with the test library of the project. Cover the edge cases.",
            always: &[],
            code: true,
        }),
    },
    BuiltIn {
        name: "doc",
        description: "document the selected code, or the definition at the cursor",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Write the documentation comment of this code, in the form that its language has for them. Give the code with it, otherwise unchanged.",
            at_cursor: "Write the documentation comment of the definition at the cursor, in the form that its language has for them. Give the code with it, otherwise unchanged.",
            always: &[],
            code: true,
        }),
    },
    BuiltIn {
        name: "edit",
        description: "change the selected code, or the definition at the cursor, and show the difference",
        argument: "instruction",
        kind: Kind::Edit,
    },
    BuiltIn {
        name: "commit",
        description: "write a commit message for the changes",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Write the commit message for these changes: one line of at most 72 characters that says what changes, a blank line, and why, if the changes show it.",
            at_cursor: "",
            always: &["@diff"],
            code: false,
        }),
    },
    BuiltIn {
        name: "review",
        description: "review the changes for mistakes",
        argument: "",
        kind: Kind::Ask(Ask {
            text: "Review these changes. List what is wrong or risky, the worst first, each with the file and what to do. If nothing is, say so.",
            at_cursor: "",
            always: &["@diff"],
            code: false,
        }),
    },
    BuiltIn {
        name: "clear",
        description: "begin a new conversation; this one is kept",
        argument: "",
        kind: Kind::Clear,
    },
    BuiltIn {
        name: "model",
        description: "choose the model, or show which there are",
        argument: "",
        kind: Kind::Model,
    },
    BuiltIn { name: "help", description: "show the commands", argument: "", kind: Kind::Help },
];

/// The question that a command is. What the user typed behind it is added.
pub(super) fn question(name: &str, ask: &Ask, argument: &str, situation: Situation) -> Question {
    let at_cursor = ask.code && !situation.selection && situation.file;
    let mut text = if at_cursor { ask.at_cursor } else { ask.text }.to_owned();
    if !argument.is_empty() {
        text.push_str("\n\n");
        text.push_str(argument);
    }
    let code = match situation {
        _ if !ask.code => None,
        Situation { selection: true, .. } => Some("@selection"),
        Situation { file: true, .. } => Some("@current"),
        _ => None,
    };
    let mentions = code.into_iter().chain(ask.always.iter().copied());
    // Who mentions the staged changes, with `@diff:staged`, does not want the others too.
    let mentions = mentions.filter(|mention| !argument.contains(mention)).map(str::to_owned).collect();
    Question { text, mentions, command: Some(name.to_owned()) }
}
