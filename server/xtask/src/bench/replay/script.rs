//! What a person does in a typing session: where they go, each key and when it comes, where they wait.
//!
//! It must not know who is measured: a script is a function of files and a seed, the same for every client.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

/// A file as it was written.
pub(super) struct Source {
    /// Below the workspace.
    pub(super) path: String,
    pub(super) text: String,
}

/// A typing session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script {
    /// The files that are typed in, without what is to be typed.
    pub(super) files: Vec<Prepared>,
    /// The places where something is typed, in order.
    pub(super) parts: Vec<Part>,
}

/// A file before the session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared {
    pub(super) path: String,
    pub(super) text: String,
}

/// Going somewhere and typing what is missing there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// Which of the script's files.
    pub(super) file: usize,
    /// How long the person reads before they go there.
    pub(super) travel: Duration,
    /// The line, from 0, that stands for the missing ones. Only its indentation is there.
    pub(super) line: usize,
    /// What is missing, from the first line's indentation on.
    pub(super) truth: String,
    pub(super) steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// How much of the truth, in bytes, stands before it.
    pub(super) at: usize,
    /// Since the step before.
    pub(super) delay: Duration,
    pub(super) event: Event,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// A key that belongs to the truth. Enter brings the next line's indentation, as editors do.
    Type(String),
    /// A wrong key.
    Mistype(char),
    /// Takes the wrong key back.
    Delete,
    /// Waits for a suggestion; `look` is how long it is read, `accepts` whether it is taken if it is right.
    Pause { look: Duration, accepts: bool },
}

/// Lines of the region that is typed in each session.
const LINES: std::ops::RangeInclusive<usize> = 4..=12;
/// Lines of the one after a jump.
const JUMP_LINES: std::ops::RangeInclusive<usize> = 2..=5;
/// Bytes of a region: enough to type, and no table of constants.
const BYTES: std::ops::RangeInclusive<usize> = 60..=700;
/// How far a jump within a file goes at least, so that it leaves what the model has just seen.
const JUMP_DISTANCE: usize = 40;
const JUMP_SHARE: f64 = 0.4;

/// The session of typing what stands at the lines `hole` (from 0) of `main` and around them. `others` are files
/// that a jump may lead to. `None` where no region around the hole is fit to be typed.
pub(super) fn script(main: &Source, hole: Range<usize>, others: &[Source], seed: u64) -> Option<Script> {
    let mut random = Rng::with_seed(seed);
    let lines: Vec<&str> = main.text.split('\n').collect();
    let first = region(&lines, hole, LINES, &mut random)?;
    let jumps = random.f64() < JUMP_SHARE;
    let second = if jumps { jump(main, &first, others, &mut random) } else { None };

    let mut regions = vec![(main, first.clone())];
    regions.extend(second.clone());
    let mut files: Vec<Prepared> = Vec::new();
    let mut parts = Vec::new();
    for (source, region) in &regions {
        let file = files.iter().position(|file| file.path == source.path).unwrap_or_else(|| {
            let missing = regions.iter().filter(|(other, _)| other.path == source.path);
            let missing: Vec<Range<usize>> = missing.map(|(_, region)| region.clone()).collect();
            files.push(Prepared { path: source.path.clone(), text: without(&source.text, &missing) });
            files.len() - 1
        });
        let source_lines: Vec<&str> = source.text.split('\n').collect();
        let whole = source_lines[region.clone()].join("\n");
        let truth = whole.get(indentation(&whole).len()..).unwrap_or_default().to_owned();
        let steps = steps(&truth, &mut random);
        let travel = milliseconds(&mut random, 2000..=3500);
        parts.push(Part { file, travel, line: region.start, truth, steps });
    }
    // What is still missing further up moves the first place up; the second is reached when the first is whole.
    if let (Some((source, second)), Some(part)) = (&second, parts.first_mut())
        && source.path == main.path
        && second.start < first.start
    {
        part.line -= second.len() - 1;
    }
    Some(Script { files, parts })
}

impl Script {
    /// Keys of the whole script if nothing is accepted.
    pub(super) fn keystrokes(&self) -> usize {
        let steps = self.parts.iter().flat_map(|part| &part.steps);
        steps.filter(|step| !matches!(step.event, Event::Pause { .. })).count()
    }
}

/// Some lines around `hole` that begin and end with code; `None` if they are not fit.
fn region(
    lines: &[&str],
    hole: Range<usize>,
    length: std::ops::RangeInclusive<usize>,
    random: &mut Rng,
) -> Option<Range<usize>> {
    let least = *length.start();
    let length = random.usize(length);
    let before = random.usize(0..=length.saturating_sub(hole.len()));
    let mut start = hole.start.saturating_sub(before);
    let mut end = (start + length).min(lines.len());
    let is_blank = |line: usize| lines.get(line).is_none_or(|line| line.trim().is_empty());
    while start < end && is_blank(start) {
        start += 1;
    }
    while start < end && is_blank(end - 1) {
        end -= 1;
    }
    let text = lines.get(start..end)?.join("\n");
    let fit = end - start >= least && BYTES.contains(&text.len()) && !text.contains('\r');
    fit.then_some(start..end)
}

/// Somewhere else: far away in the same file, or in another.
fn jump<'a>(
    main: &'a Source,
    first: &Range<usize>,
    others: &'a [Source],
    random: &mut Rng,
) -> Option<(&'a Source, Range<usize>)> {
    const ATTEMPTS: usize = 20;
    for _ in 0..ATTEMPTS {
        let elsewhere = (!others.is_empty() && random.bool()).then(|| &others[random.usize(..others.len())]);
        let source = elsewhere.unwrap_or(main);
        let lines: Vec<&str> = source.text.split('\n').collect();
        let line = random.usize(..lines.len());
        let Some(found) = region(&lines, line..line + 1, JUMP_LINES, random) else { continue };
        let far = found.start >= first.end + JUMP_DISTANCE || found.end + JUMP_DISTANCE <= first.start;
        if source.path != main.path || far {
            return Some((source, found));
        }
    }
    None
}

/// The text with each of the missing regions replaced by a line of nothing but its indentation.
fn without(text: &str, missing: &[Range<usize>]) -> String {
    let mut kept = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        match missing.iter().find(|region| region.contains(&index)) {
            None => kept.push(line),
            Some(region) if region.start == index => kept.push(indentation(line)),
            Some(_) => {}
        }
    }
    kept.join("\n")
}

fn indentation(line: &str) -> &str {
    let end = line.find(|it: char| it != ' ' && it != '\t').unwrap_or(line.len());
    &line[..end]
}

/// How `truth` is typed.
fn steps(truth: &str, random: &mut Rng) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(key) = key_at(truth, at) {
        let letter = key.chars().next().filter(|letter| letter.is_ascii_alphanumeric());
        if let Some(letter) = letter
            && random.f64() < 0.02
        {
            steps.push(Step { at, delay: between_keys(random), event: Event::Mistype(beside(letter)) });
            steps.push(Step { at, delay: milliseconds(random, 200..=500), event: Event::Delete });
        }
        let mut delay = between_keys(random);
        if ends_word(&truth[..at]) && random.f64() < 0.3 {
            delay += milliseconds(random, 100..=400);
        }
        let length = key.len();
        steps.push(Step { at, delay, event: Event::Type(key) });
        at += length;
        if random.f64() < pause_share(&truth[..at], &truth[at..]) {
            let event = Event::Pause { look: milliseconds(random, 300..=800), accepts: random.f64() < 0.8 };
            steps.push(Step { at, delay: Duration::ZERO, event });
        }
    }
    steps
}

/// What the key at a place of the truth writes.
fn key_at(truth: &str, at: usize) -> Option<String> {
    let rest = truth.get(at..)?;
    let first = rest.chars().next()?;
    if first == '\n' {
        return Some(format!("\n{}", indentation(&rest[1..])));
    }
    Some(first.to_string())
}

/// How often a person waits for a suggestion between `typed` and `rest`.
fn pause_share(typed: &str, rest: &str) -> f64 {
    if rest.is_empty() || rest.starts_with('\n') {
        return 0.0;
    }
    let line = typed.rsplit('\n').next().unwrap_or_default();
    if typed.contains('\n') && line.trim().is_empty() {
        return 0.6;
    }
    let after_name = line.ends_with('.') && ends_word(&line[..line.len() - 1]);
    let opens = ["(", " = ", ": ", "return ", "["].iter().any(|it| line.ends_with(it));
    if after_name || opens { 0.25 } else { 0.0 }
}

fn ends_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ')')
}

/// The letter that is struck instead.
fn beside(letter: char) -> char {
    match letter {
        'z' => 'y',
        'Z' => 'Y',
        '9' => '8',
        other => char::from_u32(u32::from(other) + 1).unwrap_or('x'),
    }
}

fn between_keys(random: &mut Rng) -> Duration {
    milliseconds(random, 80..=250)
}

fn milliseconds(random: &mut Rng, range: std::ops::RangeInclusive<u64>) -> Duration {
    Duration::from_millis(random.u64(range))
}

#[cfg(test)]
mod tests {
    use super::super::player::Typist;
    use super::*;

    fn source(path: &str, lines: usize) -> Source {
        let mut text = String::new();
        for line in 0..lines {
            match line % 6 {
                0 => text.push_str(&format!("def function_{line}(self, über):\n")),
                5 => text.push('\n'),
                _ => text.push_str(&format!("    value_{line} = self.call(über, {line})\n")),
            }
        }
        Source { path: path.to_owned(), text }
    }

    fn scripts() -> Vec<(Source, Source, Script)> {
        (0..200)
            .filter_map(|seed| {
                let (main, other) = (source("main.py", 150), source("other.py", 90));
                let hole = 60..62;
                let script = script(&main, hole, std::slice::from_ref(&other), seed)?;
                Some((main, other, script))
            })
            .collect()
    }

    #[test]
    fn a_script_is_a_function_of_its_seed() {
        let (main, others) = (source("main.py", 150), [source("other.py", 90)]);
        let made = |seed| script(&main, 60..62, &others, seed);
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
    }

    #[test]
    fn every_kind_of_session_comes_up() {
        let scripts = scripts();
        let is = |of: &dyn Fn(&Script) -> bool| scripts.iter().filter(|(.., it)| of(it)).count();
        assert!(scripts.len() > 150, "{} of 200 are fit", scripts.len());
        assert!(is(&|it| it.files.len() == 2) > 10, "some jump to another file");
        assert!(is(&|it| it.parts.len() == 2 && it.files.len() == 1) > 10, "some jump within the file");
        assert!(is(&|it| it.parts.len() == 1) > 50, "most do not jump");
        for (.., script) in &scripts {
            let lines = script.parts[0].truth.matches('\n').count() + 1;
            assert!(LINES.contains(&lines), "{lines}");
            let gone = &script.files[script.parts[0].file].text;
            assert!(!gone.contains(&script.parts[0].truth), "the truth is not there before it is typed");
        }
        let events: Vec<&Event> = scripts
            .iter()
            .flat_map(|(.., it)| &it.parts)
            .flat_map(|it| &it.steps)
            .map(|it| &it.event)
            .collect();
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let mistypes = count(|it| matches!(it, Event::Mistype(_)));
        assert!(mistypes > 0 && mistypes == count(|it| matches!(it, Event::Delete)));
        let accepts = count(|it| matches!(it, Event::Pause { accepts: true, .. })) as f64;
        let share = accepts / count(|it| matches!(it, Event::Pause { .. })) as f64;
        assert!((0.75..0.85).contains(&share), "{share}");
    }

    /// Types all of it, taking over `taken` bytes of the truth at each pause.
    fn typed(script: &Script, taken: usize) -> Vec<String> {
        let mut documents: Vec<_> =
            script.files.iter().map(|it| super::super::document::Document::new(&it.text)).collect();
        for part in &script.parts {
            let mut typist = Typist::new(part);
            let document = &mut documents[part.file];
            document.go_to_end_of(part.line);
            assert!(document.before().trim().is_empty() && document.after().is_empty(), "{part:?}");
            while let Some(step) = typist.next() {
                if matches!(step.event, Event::Pause { .. }) {
                    let rest = typist.rest();
                    let end = (0..=taken.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end));
                    let text = rest[..end.unwrap()].to_owned();
                    typist.accept(document, &text);
                } else {
                    typist.strike(document, step);
                }
            }
        }
        documents.iter().map(super::super::document::Document::text).collect()
    }

    #[test]
    fn typing_gives_the_file_back_whatever_is_accepted() {
        for (main, other, script) in scripts() {
            for taken in [0, 1, 2, 7, 40, 1000] {
                for (file, text) in script.files.iter().zip(typed(&script, taken)) {
                    let original = if file.path == main.path { &main.text } else { &other.text };
                    assert_eq!(&text, original, "{} with {taken}", file.path);
                }
            }
        }
    }

    #[test]
    fn people_wait_where_something_begins() {
        let table = [
            ("a = f(", "x)", 0.25),
            ("a = ", "f(x)", 0.25),
            ("self.", "name", 0.25),
            ("1 + .", "5", 0.0),
            ("x\n    ", "y", 0.6),
            ("x\n    ", "\n    y", 0.0),
            ("nam", "e", 0.0),
            ("f(", "", 0.0),
        ];
        for (typed, rest, share) in table {
            assert_eq!(pause_share(typed, rest), share, "{typed:?} {rest:?}");
        }
    }
}
