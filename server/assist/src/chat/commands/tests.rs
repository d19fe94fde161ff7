//! What each message becomes. Must not need an editor or a model.

use super::*;
use expect_test::{Expect, expect};
use std::path::Path;

fn write(folder: &Path, files: &[(&str, &str)]) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn show(message: &str, files: &PromptFiles, situation: Situation) -> String {
    match read(message, files, situation) {
        Ok(Action::Ask(Question { text, mentions, command })) => {
            format!("ask {command:?} {mentions:?}: {text:?}\n")
        }
        Ok(action) => format!("{action:?}\n"),
        Err(error) => format!("error: {error}\n"),
    }
}

fn check(messages: &[&str], files: &PromptFiles, situation: Situation, expected: Expect) {
    let out: String = messages.iter().map(|message| show(message, files, situation)).collect();
    expected.assert_eq(&out);
}

#[test]
fn commands_become_questions_with_mentions() {
    let none = PromptFiles::default();
    let selection = Situation { selection: true, file: true };
    let file = Situation { selection: false, file: true };
    check(
        &["/explain", "/fix only the types", "/tests", "/doc"],
        &none,
        selection,
        expect![[r#"
        ask Some("explain") ["@selection"]: "Explain what this code does and why, briefly, from the outside in. Name what is surprising."
        ask Some("fix") ["@selection", "@problems"]: "Fix the problems in this code. Say in a sentence what was wrong, then give the changed code.\n\nonly the types"
        ask Some("tests") ["@selection"]: "Write tests for this code, in the style and with the test library of the project. Cover the edge cases."
        ask Some("doc") ["@selection"]: "Write the documentation comment of this code, in the form that its language has for them. Give the code with it, otherwise unchanged."
    "#]],
    );
    check(
        &["/explain", "/fix", "/tests", "/doc @src/a.py"],
        &none,
        file,
        expect![[r#"
        ask Some("explain") ["@current"]: "Explain what the definition at the cursor does and why, briefly, from the outside in. Name what is surprising."
        ask Some("fix") ["@current", "@problems"]: "Fix the problems in this file. Say in a sentence what was wrong, then give the changed code."
        ask Some("tests") ["@current"]: "Write tests for the definition at the cursor, in the style and with the test library of the project. Cover the edge cases."
        ask Some("doc") ["@current"]: "Write the documentation comment of the definition at the cursor, in the form that its language has for them. Give the code with it, otherwise unchanged.\n\n@src/a.py"
    "#]],
    );
    check(
        &["/explain", "/fix @problems"],
        &none,
        Situation::default(),
        expect![[r#"
        ask Some("explain") []: "Explain what this code does and why, briefly, from the outside in. Name what is surprising."
        ask Some("fix") []: "Fix the problems in this code. Say in a sentence what was wrong, then give the changed code.\n\n@problems"
    "#]],
    );
    check(
        &["/commit", "/commit @diff:staged", "/review be strict"],
        &none,
        file,
        expect![[r#"
        ask Some("commit") ["@diff"]: "Write the commit message for these changes: one line of at most 72 characters that says what changes, a blank line, and why, if the changes show it."
        ask Some("commit") []: "Write the commit message for these changes: one line of at most 72 characters that says what changes, a blank line, and why, if the changes show it.\n\n@diff:staged"
        ask Some("review") ["@diff"]: "Review these changes. List what is wrong or risky, the worst first, each with the file and what to do. If nothing is, say so.\n\nbe strict"
    "#]],
    );
}

#[test]
fn others_are_actions_and_mistakes_say_what_to_do() {
    let messages = [
        "/edit use a set",
        "/edit ",
        "/clear",
        "/model",
        "/model qwen2.5-coder-0.5b",
        "/help",
        "What does /etc do?",
        "/usr/bin/env fails",
        "/ no",
        " /explain",
        "//",
        "/5",
        "",
        "/exlpain",
        "/rev",
        "/tset",
        "/frobnicate",
    ];
    check(
        &messages,
        &PromptFiles::default(),
        Situation::default(),
        expect![[r#"
            Edit { instruction: "use a set" }
            error: /edit needs what to change behind it: /edit return early when the list is empty
            Clear
            Model { name: None }
            Model { name: Some("qwen2.5-coder-0.5b") }
            Help
            ask None []: "What does /etc do?"
            ask None []: "/usr/bin/env fails"
            ask None []: "/ no"
            ask None []: " /explain"
            ask None []: "//"
            ask None []: "/5"
            ask None []: ""
            error: there is no command /exlpain; did you mean /explain? /help shows all; to send the text as it is, put a space in front
            error: there is no command /rev; did you mean /review? /help shows all; to send the text as it is, put a space in front
            error: there is no command /tset; did you mean /tests? /help shows all; to send the text as it is, put a space in front
            error: there is no command /frobnicate. /help shows all; to send the text as it is, put a space in front
        "#]],
    );
}

#[test]
fn the_users_own_files_are_commands() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    write(
        &own,
        &[
            (
                "sql.md",
                "---\nname: Check SQL\ndescription: Look at the queries\n---\nCheck {{{ input }}} for injections. @current\n",
            ),
            ("plain.prompt", "# Say it plainly\n\nNo jargon: {{input}} and {{ other }}."),
            ("help.md", "Mine."),
            ("empty.md", "---\ndescription: nothing\n---\n"),
        ],
    );
    write(
        &folder.path().join(".weft/prompts"),
        &[
            ("plain.md", "The workspace's."),
            ("5.md", "No."),
            ("notes.txt", "No prompt."),
            ("house-style.md", "Follow the house style."),
            ("long.md", &"x".repeat(40_000)),
        ],
    );
    let files = load_prompt_files(Some(folder.path()), Some(&own));
    let messages =
        ["/check-sql the login", "/plain", "/plain  a  b ", "/house-style in all files", "/empty", "/house"];
    let root = folder.path().canonicalize().unwrap().display().to_string();
    let without_root =
        |text: String| text.replace(&folder.path().display().to_string(), "ROOT").replace(&root, "ROOT");
    let out: String = messages.iter().map(|message| show(message, &files, Situation::default())).collect();
    expect![[r##"
        ask Some("check-sql") []: "Check the login for injections. @current"
        ask Some("plain") []: "# Say it plainly\n\nNo jargon:  and {{ other }}."
        ask Some("plain") []: "# Say it plainly\n\nNo jargon: a  b and {{ other }}."
        ask Some("house-style") []: "Follow the house style.\n\nin all files"
        error: the prompt file ROOT/own/empty.md of /empty says nothing below its head; write there what the model is to be asked
        error: there is no command /house; did you mean /house-style? /help shows all; to send the text as it is, put a space in front
    "##]]
    .assert_eq(&without_root(out));
    let help = without_root(help(&files));
    expect![[r#"
        - `/explain`: explain the selected code, or the definition at the cursor
        - `/fix`: fix what the editor reports in the selected code or the file
        - `/tests`: write tests for the selected code, or the definition at the cursor
        - `/doc`: document the selected code, or the definition at the cursor
        - `/edit instruction`: change the selected code, or the definition at the cursor, and show the difference
        - `/commit`: write a commit message for the changes
        - `/review`: review the changes for mistakes
        - `/clear`: begin a new conversation; this one is kept
        - `/model`: choose the model, or show which there are
        - `/help`: show the commands
        - `/check-sql input`: Look at the queries
        - `/empty`: nothing
        - `/house-style`: Follow the house style.
        - `/plain input`: Say it plainly

        Not used:
        - ROOT/own/help.md: /help is a command of Weft's own; choose another name
        - ROOT/.weft/prompts/5.md: its name does not begin with a letter
        - ROOT/.weft/prompts/long.md: it has 40000 bytes, and a prompt file may have 32768
        - ROOT/.weft/prompts/plain.md: /plain is ROOT/own/plain.prompt already

        `@` mentions what the model is to read: a file, a definition, `@selection`, `@diff`, `@problems` and more.
    "#]].assert_eq(&help);
    let names = |typed: &str| complete(typed, &files).into_iter().map(|item| item.name).collect::<Vec<_>>();
    assert_eq!(names("c"), ["commit", "clear", "check-sql"]);
    assert_eq!(names("HO"), ["house-style"]);
    assert_eq!(names("zzz"), Vec::<String>::new());
}
