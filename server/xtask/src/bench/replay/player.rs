//! Plays a script to a client in real time and writes down what the person waits for and what comes.
//!
//! It must not know how a client gets its suggestions: keys go in, suggestions come out.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::super::cases;
use super::document::{Change, Document};
use super::script::{Event, Part, Script, Step};

/// A file that is typed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Below the workspace.
    pub(super) path: String,
    pub(super) on_disk: PathBuf,
    /// LSP's name of its language.
    pub(super) language: String,
}

/// What the person looks at.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) file: &'a File,
    pub(super) document: &'a Document,
}

/// What shows suggestions to the person: an editor with its extension.
pub(super) trait Client {
    /// The person comes to a file to read it.
    fn enter(&mut self, view: View<'_>) -> Result<()>;
    /// The person begins to type at the cursor.
    fn begin(&mut self, view: View<'_>) -> Result<()>;
    /// A key was struck or a suggestion taken over; the view is what it made.
    fn changed(&mut self, view: View<'_>, change: &Change) -> Result<()>;
    /// Nothing is struck until `deadline`.
    fn idle(&mut self, view: View<'_>, deadline: Instant) -> Result<()>;
    /// The person waits until `deadline` for what the last change brings.
    fn answer(&mut self, view: View<'_>, deadline: Instant) -> Result<Answer>;
    /// The person is done typing; the file is on disk as it is seen.
    fn saved(&mut self, view: View<'_>) -> Result<()>;
    /// The person goes to another place or leaves.
    fn leave(&mut self, view: View<'_>) -> Result<()>;
}

/// What the last change brought, and when it was there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Shown {
        suggestion: Suggestion,
        at: Instant,
    },
    /// Nothing is shown and nothing will be.
    Silent {
        at: Instant,
    },
    /// The person's patience has run out.
    Late,
}

/// What accepting would do at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suggestion {
    pub(super) text: String,
    /// Whether it takes characters before the cursor away. That is never what the person means to type.
    pub(super) deletes: bool,
}

/// One wait.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pause {
    /// From the last key to the suggestion or to the answer that there is none; else the person's patience.
    pub(super) seconds: f64,
    pub(super) outcome: Outcome,
    /// Whether the suggestion's first line is what is typed next, and whether all of it is.
    pub(super) first_line_right: bool,
    pub(super) right: bool,
    pub(super) accepted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Shown,
    Silent,
    GivenUp,
}

/// What came of playing a script.
#[derive(Debug, Default, Serialize)]
pub(super) struct Played {
    pub(super) pauses: Vec<Pause>,
    /// Keys that were struck, accepting included.
    pub(super) keystrokes: usize,
    pub(super) seconds: f64,
}

/// Plays `script`; `files` are its files in the workspace.
pub(super) fn play(
    script: &Script,
    files: &[File],
    client: &mut dyn Client,
    patience: Duration,
) -> Result<Played> {
    let mut documents: Vec<Document> = script.files.iter().map(|file| Document::new(&file.text)).collect();
    let mut played = Played::default();
    let start = Instant::now();
    for part in &script.parts {
        let (Some(file), Some(document)) = (files.get(part.file), documents.get_mut(part.file)) else {
            continue;
        };
        let arrived = Instant::now();
        client.enter(View { file, document })?;
        client.idle(View { file, document }, arrived + part.travel)?;
        document.go_to_end_of(part.line);
        client.begin(View { file, document })?;
        play_part(part, file, document, client, patience, &mut played)?;
        cases::replace(&file.on_disk, &document.text())?;
        client.saved(View { file, document })?;
        client.leave(View { file, document })?;
    }
    played.seconds = start.elapsed().as_secs_f64();
    Ok(played)
}

fn play_part(
    part: &Part,
    file: &File,
    document: &mut Document,
    client: &mut dyn Client,
    patience: Duration,
    played: &mut Played,
) -> Result<()> {
    let mut typist = Typist::new(part);
    // When the last key was struck. The next one comes after its delay, or at once if the machine was slower.
    let mut struck = Instant::now();
    let mut free = struck;
    while let Some(step) = typist.next() {
        let Event::Pause { look, accepts } = &step.event else {
            client.idle(View { file, document }, free + step.delay)?;
            struck = Instant::now();
            free = struck;
            if let Some(change) = typist.strike(document, step) {
                played.keystrokes += 1;
                client.changed(View { file, document }, &change)?;
            }
            continue;
        };
        let answer = client.answer(View { file, document }, struck + patience)?;
        let mut pause = judged(&answer, typist.rest(), struck, patience);
        free = Instant::now();
        if let Answer::Shown { suggestion, .. } = &answer {
            free += *look;
            client.idle(View { file, document }, free)?;
            if pause.right && *accepts {
                pause.accepted = true;
                struck = Instant::now();
                free = struck;
                let change = typist.accept(document, &suggestion.text);
                played.keystrokes += 1;
                client.changed(View { file, document }, &change)?;
            }
        }
        played.pauses.push(pause);
    }
    Ok(())
}

/// What the person thinks of an answer who wants to type `rest`.
fn judged(answer: &Answer, rest: &str, struck: Instant, patience: Duration) -> Pause {
    let since = |at: &Instant| at.saturating_duration_since(struck).as_secs_f64();
    let (outcome, seconds) = match answer {
        Answer::Shown { at, .. } => (Outcome::Shown, since(at)),
        Answer::Silent { at } => (Outcome::Silent, since(at)),
        Answer::Late => (Outcome::GivenUp, patience.as_secs_f64()),
    };
    let mut pause = Pause { seconds, outcome, first_line_right: false, right: false, accepted: false };
    if let Answer::Shown { suggestion: Suggestion { text, deletes: false }, .. } = answer
        && !text.is_empty()
    {
        // A suggestion that begins on the next line has that line for its first.
        let begins = text.len() - text.trim_start_matches('\n').len();
        let end = text[begins..].find('\n').map_or(text.len(), |end| begins + end);
        pause.first_line_right = rest.starts_with(&text[..end]);
        pause.right = rest.starts_with(text.as_str());
    }
    pause
}

/// How far a part of a script is.
pub(super) struct Typist<'a> {
    part: &'a Part,
    /// The index of the next step.
    next: usize,
    /// How much of the truth, in bytes, stands in the document.
    typed: usize,
}

impl<'a> Typist<'a> {
    pub(super) fn new(part: &'a Part) -> Self {
        Self { part, next: 0, typed: 0 }
    }

    /// The next step that something is left of, given what was accepted.
    pub(super) fn next(&mut self) -> Option<&'a Step> {
        loop {
            let step = self.part.steps.get(self.next)?;
            self.next += 1;
            let covered = match &step.event {
                Event::Type(key) => step.at + key.len() <= self.typed,
                Event::Mistype(_) | Event::Delete | Event::Pause { .. } => step.at < self.typed,
            };
            if !covered {
                return Some(step);
            }
        }
    }

    /// What is still to be typed.
    pub(super) fn rest(&self) -> &'a str {
        self.part.truth.get(self.typed..).unwrap_or_default()
    }

    /// Does what a step says to the document. `None` if that changes nothing.
    pub(super) fn strike(&mut self, document: &mut Document, step: &Step) -> Option<Change> {
        match &step.event {
            Event::Type(key) => {
                // Of a line's indentation a part may have been accepted.
                let missing = key.get(self.typed.saturating_sub(step.at)..).unwrap_or_default();
                self.typed += missing.len();
                Some(document.insert(missing))
            }
            Event::Mistype(letter) => Some(document.insert(&letter.to_string())),
            Event::Delete => document.delete(),
            Event::Pause { .. } => None,
        }
    }

    /// Takes over what is a beginning of what is still to be typed.
    pub(super) fn accept(&mut self, document: &mut Document, text: &str) -> Change {
        self.typed += text.len();
        document.insert(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_by_what_is_typed_next() {
        let struck = Instant::now();
        let at = struck + Duration::from_millis(250);
        let patience = Duration::from_secs(20);
        let shown = |text: &str, deletes| Answer::Shown {
            suggestion: Suggestion { text: text.to_owned(), deletes },
            at,
        };
        let table = [
            ("a + b", false, (true, true)),
            ("a + b)\n    return", false, (true, true)),
            ("a + b)\n    other", false, (true, false)),
            ("a + c", false, (false, false)),
            ("a + b", true, (false, false)),
            ("", false, (false, false)),
        ];
        for (text, deletes, expected) in table {
            let pause = judged(&shown(text, deletes), "a + b)\n    return x", struck, patience);
            assert_eq!((pause.first_line_right, pause.right), expected, "{text:?}");
            assert_eq!((pause.outcome, pause.seconds), (Outcome::Shown, 0.25));
        }
        let pause = judged(&shown("\n    return y", false), "\n    return x", struck, patience);
        assert!(!pause.first_line_right && !pause.right);
        let pause = judged(&Answer::Silent { at }, "x", struck, patience);
        assert_eq!((pause.outcome, pause.seconds), (Outcome::Silent, 0.25));
        let pause = judged(&Answer::Late, "x", struck, patience);
        assert_eq!((pause.outcome, pause.seconds), (Outcome::GivenUp, 20.0));
    }

    /// A client that always suggests `says`, and remembers what happened to it.
    struct Parrot {
        says: &'static str,
        heard: Vec<String>,
    }

    impl Client for Parrot {
        fn enter(&mut self, view: View<'_>) -> Result<()> {
            self.heard.push(format!("enter {}", view.file.path));
            Ok(())
        }
        fn begin(&mut self, view: View<'_>) -> Result<()> {
            self.heard.push(format!("begin at {:?}", view.document.position()));
            Ok(())
        }
        fn changed(&mut self, _: View<'_>, change: &Change) -> Result<()> {
            self.heard.push(format!("{:?}", change.text));
            Ok(())
        }
        fn idle(&mut self, _: View<'_>, _: Instant) -> Result<()> {
            Ok(())
        }
        fn answer(&mut self, _: View<'_>, _: Instant) -> Result<Answer> {
            let suggestion = Suggestion { text: self.says.to_owned(), deletes: false };
            Ok(Answer::Shown { suggestion, at: Instant::now() })
        }
        fn saved(&mut self, view: View<'_>) -> Result<()> {
            self.heard.push(format!("saved {:?}", view.document.text()));
            Ok(())
        }
        fn leave(&mut self, _: View<'_>) -> Result<()> {
            Ok(())
        }
    }

    fn played(says: &'static str) -> (Vec<String>, Played) {
        let step = |at, event| Step { at, delay: Duration::ZERO, event };
        let pause = || Event::Pause { look: Duration::ZERO, accepts: true };
        let steps = vec![
            step(0, Event::Mistype('b')),
            step(0, Event::Delete),
            step(0, Event::Type("a".to_owned())),
            step(1, pause()),
            step(1, Event::Type("\n  ".to_owned())),
            step(4, pause()),
            step(4, Event::Type("c".to_owned())),
        ];
        let part = Part { file: 0, travel: Duration::ZERO, line: 1, truth: "a\n  c".to_owned(), steps };
        let text = "x\n\ny\n".to_owned();
        let files = vec![super::super::script::Prepared { path: "f.py".to_owned(), text }];
        let script = Script { files, parts: vec![part] };
        let folder =
            std::env::temp_dir().join(format!("weft-xtask-player-{}-{}", std::process::id(), says.len()));
        std::fs::create_dir_all(&folder).unwrap();
        let file =
            File { path: "f.py".to_owned(), on_disk: folder.join("f.py"), language: "python".to_owned() };
        let mut parrot = Parrot { says, heard: Vec::new() };
        let played = play(&script, &[file], &mut parrot, Duration::from_secs(1)).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("f.py")).unwrap(), "x\na\n  c\ny\n");
        std::fs::remove_dir_all(&folder).unwrap();
        (parrot.heard, played)
    }

    #[test]
    fn a_wrong_suggestion_is_typed_over() {
        let (heard, played) = played("wrong");
        let keys = ["\"b\"", "\"\"", "\"a\"", "\"\\n  \"", "\"c\""];
        assert_eq!(heard[..2], ["enter f.py", "begin at (1, 0)"]);
        assert_eq!(heard[2..7], keys);
        assert_eq!(heard[7], "saved \"x\\na\\n  c\\ny\\n\"");
        assert_eq!((played.keystrokes, played.pauses.len()), (5, 2));
        assert!(played.pauses.iter().all(|pause| !pause.right && !pause.accepted));
    }

    #[test]
    fn a_right_suggestion_is_taken_over_and_not_typed() {
        let (heard, taken) = played("\n ");
        assert_eq!(
            heard[2..7],
            ["\"b\"", "\"\"", "\"a\"", "\"\\n \"", "\" \""],
            "the rest of the indentation is typed"
        );
        assert!(taken.pauses[0].accepted && !taken.pauses[1].right);
        let (heard, taken) = played("\n  c");
        assert_eq!(heard[5..], ["\"\\n  c\"", "saved \"x\\na\\n  c\\ny\\n\""]);
        assert_eq!((taken.keystrokes, taken.pauses.len()), (4, 1));
    }
}
