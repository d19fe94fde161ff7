//! What must hold for any text and any answer: random ones, from fixed seeds. Must not take long.
#![allow(clippy::panic)]

use fastrand::Rng;
use syntax::{Language, Tree};
use text::Text;

use super::{Case, ROOM, cases};
use crate::edits::*;

const WORDS: &[&str] = &[
    "a",
    "b",
    "",
    "    x = 1",
    "    return a",
    "def f(a):",
    "}",
    "fn main() {",
    "    // ... existing code ...",
    "```",
    "é日",
    "\tif x:",
    "@@ -1 +1 @@",
    "+ b",
    "- a",
    "class A:",
    "    # ...",
];

fn random_lines(random: &mut Rng, most: usize) -> Vec<String> {
    let count = random.usize(..=most);
    (0..count).map(|_| WORDS[random.usize(..WORDS.len())].to_owned()).collect()
}

fn text_of(random: &mut Rng, lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push_str(["\n", "\r\n", "\n"][random.usize(..3)]);
    }
    if random.bool() && text.ends_with('\n') {
        let shorter = text.trim_end_matches(['\n', '\r']).len();
        text.truncate(shorter);
    }
    text
}

/// Lines with some of them changed, gone, or new.
fn changed(random: &mut Rng, lines: &[String], name: &str) -> Vec<String> {
    let mut result = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match random.usize(..8) {
            0 => {}
            1 => result.push(format!("{name} {index}")),
            2 => result.extend([format!("{name} new {index}"), line.clone()]),
            _ => result.push(line.clone()),
        }
    }
    result
}

#[test]
fn any_choice_of_blocks_is_those_blocks_one_by_one() {
    let mut random = Rng::with_seed(1);
    for _ in 0..2000 {
        let lines = random_lines(&mut random, 12);
        let base = text_of(&mut random, &lines);
        let new = changed(&mut random, &lines, "new");
        let new = text_of(&mut random, &new);
        let proposal = diff("a", &Text::new(&base), &new);
        assert_eq!(result_of_all(&proposal), new);
        let chosen: Vec<usize> = (0..proposal.blocks.len()).filter(|_| random.bool()).collect();
        let together = result(&proposal, &chosen);
        // From the last one to the first, so that no edit moves another one.
        let mut one_by_one = Text::new(&base);
        for edit in accept(&proposal, &chosen).iter().rev() {
            one_by_one.apply(edit).unwrap();
        }
        assert_eq!(one_by_one.to_string(), together);
        // In any other order, each is an edit of what the others left.
        let mut order = chosen.clone();
        random.shuffle(&mut order);
        let mut text = base.clone();
        let mut done: Vec<usize> = Vec::new();
        for index in order {
            done.push(index);
            text = result(&proposal, &done);
        }
        if !done.is_empty() {
            assert_eq!(text, together);
        }
    }
}

#[test]
fn a_rebase_keeps_what_was_written_meanwhile() {
    let mut random = Rng::with_seed(2);
    let mut made = 0;
    for round in 0..4000 {
        let lines: Vec<String> = match round % 2 {
            0 => random_lines(&mut random, 12),
            _ => (0..random.usize(..16)).map(|index| format!("line {index}")).collect(),
        };
        let base = text_of(&mut random, &lines);
        let ours = changed(&mut random, &lines, "ours");
        let theirs = changed(&mut random, &lines, "theirs");
        let new = ours.iter().map(|line| format!("{line}\n")).collect::<String>();
        let now = theirs.iter().map(|line| format!("{line}\n")).collect::<String>();
        let proposal = diff("a", &Text::new(&base), &new);
        let Ok(rebased) = rebase(&proposal, &Text::new(&now), None) else { continue };
        made += 1;
        let result = result_of_all(&rebased);
        let kept = |name: &str, lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| line.starts_with(name)).cloned().collect()
        };
        let result_lines: Vec<String> = result.lines().map(str::to_owned).collect();
        // Each of their lines is there, in their order; and ours.
        assert_eq!(kept("theirs", &result_lines), kept("theirs", &theirs), "{base:?} {new:?} {now:?}");
        for line in kept("ours", &ours) {
            assert!(result_lines.contains(&line), "{base:?} {new:?} {now:?}");
        }
        if round % 2 == 1 {
            // What they deleted stays deleted.
            for line in lines.iter().filter(|line| !theirs.contains(line)) {
                assert!(!result_lines.contains(line), "{base:?} {new:?} {now:?}");
            }
        }
    }
    assert!(made > 300, "{made}");
}

fn has_error(language: Language, text: &str) -> bool {
    Tree::parse(language, &Text::new(text)).has_error()
}

/// A file that parsed parses after any edit that is offered, and one that did not has nothing to prove.
fn never_broken(case: &Case, answer: &str, end: AnswerEnd) {
    let Some(language) = case.language() else { return };
    let Ok(proposal) = case.proposal(answer, end) else { return };
    let new = result_of_all(&proposal);
    if !has_error(language, &case.content) {
        assert!(!has_error(language, &new), "{}: {answer}\n----\n{new}", case.name);
    }
    assert_eq!(case.content.starts_with('\u{feff}'), new.starts_with('\u{feff}'), "{}", case.name);
    let only_crlf = |text: &str| text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
    if only_crlf(&case.content) {
        assert!(only_crlf(&new), "{}: {new:?}", case.name);
    }
}

#[test]
fn any_part_of_any_answer_breaks_nothing() {
    for case in cases() {
        for at in (0..case.answer.len()).filter(|at| case.answer.is_char_boundary(*at)).step_by(5) {
            never_broken(&case, &case.answer[..at], AnswerEnd::Cut);
            never_broken(&case, &format!("{}\n```\n", &case.answer[..at]), AnswerEnd::Complete);
        }
    }
}

#[test]
fn answers_to_other_questions_and_noise_break_nothing() {
    let mut random = Rng::with_seed(3);
    let cases = cases();
    for case in &cases {
        for _ in 0..12 {
            let other = &cases[random.usize(..cases.len())];
            never_broken(case, &other.answer, AnswerEnd::Complete);
            let mut lines: Vec<String> = case.answer.lines().map(str::to_owned).collect();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..=lines.len());
                match (random.usize(..3), at < lines.len()) {
                    (0, true) => drop(lines.remove(at)),
                    (1, true) => lines[at] = lines[at].trim().to_owned(),
                    _ => lines.insert(at, WORDS[random.usize(..WORDS.len())].to_owned()),
                }
            }
            never_broken(case, &lines.join("\n"), AnswerEnd::Complete);
            let noise = random_lines(&mut random, 20).join("\n");
            never_broken(case, &noise, AnswerEnd::Complete);
            never_broken(case, &format!("```\n{noise}\n```"), AnswerEnd::Complete);
        }
    }
}

#[test]
fn a_block_of_noise_on_a_file_of_noise_panics_nowhere() {
    let mut random = Rng::with_seed(4);
    for language in [None, Language::from_id("python"), Language::from_id("rust"), Language::from_id("go")] {
        for _ in 0..400 {
            let lines = random_lines(&mut random, 10);
            let content = text_of(&mut random, &lines);
            let text = Text::new(&content);
            let file = File { path: "a", text: &text, language };
            let answer = format!("```\n{}\n```", random_lines(&mut random, 10).join("\n"));
            let from = random.usize(..=content.len());
            let to = random.usize(from..=content.len());
            let region = region(&file, from..to);
            let model = ModelAnswer { text: &answer, end: AnswerEnd::Complete };
            if let Ok(proposal) = edit_from_answer(&model, &file, &region, "") {
                assert_ne!(result_of_all(&proposal), content);
            }
            for block in code_blocks(&answer) {
                let _ = apply(&block, &file, &ROOM);
            }
        }
    }
}
