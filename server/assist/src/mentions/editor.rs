//! What the editor and the system know: problems, the terminal, the clipboard, recent edits, the system.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::mentions::error::{MentionError, shortened};
use crate::mentions::file::left_out;
use crate::mentions::place::{MOST_WHOLE, Place, check, check_open, open_document, read, unix};
use crate::mentions::resolved::{Resolved, counted, plain, say_cut};
use crate::mentions::world::{Problem, World};

/// Problems that are shown.
const MOST_PROBLEMS: usize = 100;
/// What is taken of the terminal's end, in bytes.
const MOST_TERMINAL: usize = 32 * 1024;
/// What is taken of the clipboard, in bytes.
const MOST_CLIPBOARD: usize = 256 * 1024;

/// `@problems`: file by file, the errors first, each with its line.
pub(crate) fn problems(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let nothing = |what| MentionError::Nothing { mention: typed.to_owned(), what };
    let Some(problems) = &world.problems else {
        return Err(nothing(
            "this editor does not pass its errors and warnings to Weft. Paste them into the message",
        ));
    };
    let mut of_files: BTreeMap<String, (Place, Vec<&Problem>)> = BTreeMap::new();
    let mut bad = Vec::new();
    for problem in problems {
        match place_of(world, problem) {
            Ok(place) => {
                of_files.entry(place.shown.clone()).or_insert_with(|| (place, Vec::new())).1.push(problem)
            }
            Err(error) => bad.push(left_out(&error)),
        }
    }
    bad.sort();
    bad.dedup();
    if of_files.is_empty() {
        return Err(if bad.is_empty() {
            nothing("the editor shows no errors or warnings, so there is nothing to attach")
        } else {
            MentionError::AllLeftOut { mention: typed.to_owned(), reasons: shortened(&bad) }
        });
    }
    let (mut text, mut shown, total) =
        (String::new(), 0, of_files.values().map(|(_, of_file)| of_file.len()).sum::<usize>());
    for (path, (place, mut of_file)) in of_files {
        of_file.sort_by_key(|problem| (problem.severity, problem.line));
        let content = read(world, &place, MOST_WHOLE).unwrap_or_default();
        let lines: Vec<&str> = content.lines().collect();
        let room = MOST_PROBLEMS.saturating_sub(shown);
        if room > 0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{path}");
        }
        for problem in of_file.into_iter().take(room) {
            let source = problem.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
            let message = unix(&problem.message).replace('\n', "\n    ");
            let _ =
                writeln!(text, "  line {}: {}: {message}{source}", problem.line + 1, problem.severity.name());
            if let Some(line) = lines.get(problem.line as usize).filter(|line| !line.trim().is_empty()) {
                let _ = writeln!(text, "    | {}", line.trim_end());
            }
            shown += 1;
        }
    }
    let mut resolved =
        plain(typed, &counted(total, "problem"), "", text.trim_end().to_owned(), String::new());
    if shown < total {
        say_cut(&mut resolved.attachment, &format!("{} of {total} problems were left out", total - shown));
    }
    if !bad.is_empty() {
        say_cut(&mut resolved.attachment, &format!("not shown: {}", shortened(&bad)));
    }
    Ok(vec![resolved])
}

/// `@terminal`: the last part of what stands there, without colours.
pub(crate) fn terminal(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let nothing = |what| MentionError::Nothing { mention: typed.to_owned(), what };
    let Some(text) = &world.terminal else {
        return Err(nothing(
            "this editor does not pass its terminal to Weft. Paste the lines into the message",
        ));
    };
    let text = unix(&anstream::adapter::strip_str(text).to_string());
    let text = text.trim_matches('\n').trim_end();
    if text.trim().is_empty() {
        return Err(nothing("the terminal is empty. Run the command first"));
    }
    let mut start = text.len().saturating_sub(MOST_TERMINAL);
    if start > 0 {
        start = text.char_indices().map(|(at, _)| at).find(|at| *at >= start).unwrap_or(0);
        start = text.get(start..).and_then(|rest| rest.find('\n')).map_or(start, |end| start + end + 1);
    }
    let shown = text.get(start..).unwrap_or(text);
    let mut resolved = plain(typed, "the terminal", "", shown.to_owned(), String::new());
    let before = text.get(..start).map_or(0, |before| before.matches('\n').count());
    if before > 0 {
        say_cut(&mut resolved.attachment, &format!("{} before these were left out", counted(before, "line")));
    }
    // What happened last stands at the end.
    resolved.focus = Some(shown.lines().count().saturating_sub(1));
    Ok(vec![resolved])
}

/// `@clipboard`.
pub(crate) fn clipboard(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let nothing = |what| MentionError::Nothing { mention: typed.to_owned(), what };
    let Some(text) = &world.clipboard else {
        return Err(nothing(
            "this editor does not pass its clipboard to Weft. Paste the text into the message",
        ));
    };
    let text = unix(text);
    if text.trim().is_empty() {
        return Err(nothing("the clipboard has no text. Copy something first"));
    }
    let mut resolved = plain(typed, "the clipboard", "", text.clone(), String::new());
    if text.len() > MOST_CLIPBOARD {
        let end =
            text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MOST_CLIPBOARD).last().unwrap_or(0);
        let kept = text.get(..end).and_then(|kept| kept.rsplit_once('\n')).map_or("", |(kept, _)| kept);
        resolved.attachment.text = kept.to_owned();
        say_cut(&mut resolved.attachment, "what is beyond 256 KiB was left out");
    }
    Ok(vec![resolved])
}

/// `@recent`: each edited region as it was and as it is.
pub(crate) fn recent(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let (mut text, mut count, mut bad) = (String::new(), 0, Vec::new());
    for edit in &world.edits {
        let shown = edit.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let place = match open_document(world, &edit.path) {
            Some(document) => check_open(world, document),
            None => check(world, &edit.path, &shown),
        };
        let content = place.and_then(|place| Ok((read(world, &place, MOST_WHOLE)?, place.shown)));
        match content {
            Ok((content, shown)) => {
                let lines = content.lines().skip(edit.lines.start as usize).take(edit.lines.len());
                let now: Vec<&str> = lines.collect();
                let before = unix(&edit.before);
                let (first, last) = (edit.lines.start + 1, edit.lines.end);
                let lines =
                    if first == last { format!("line {first}") } else { format!("lines {first} to {last}") };
                let _ = writeln!(text, "--- {shown}, {lines}");
                before.lines().for_each(|line| _ = writeln!(text, "-{line}"));
                now.iter().for_each(|line| _ = writeln!(text, "+{line}"));
                count += 1;
            }
            Err(error) => bad.push(left_out(&error)),
        }
    }
    bad.sort();
    bad.dedup();
    if count == 0 {
        return Err(if bad.is_empty() {
            let what = "nothing was edited since the editor was started. Use @diff for what is not committed";
            MentionError::Nothing { mention: typed.to_owned(), what }
        } else {
            MentionError::AllLeftOut { mention: typed.to_owned(), reasons: shortened(&bad) }
        });
    }
    let title = format!("{}, the latest first", counted(count, "recent edit"));
    let mut resolved = plain(typed, &title, "diff", text.trim_end().to_owned(), String::new());
    if !bad.is_empty() {
        say_cut(&mut resolved.attachment, &format!("not shown: {}", shortened(&bad)));
    }
    Ok(vec![resolved])
}

/// `@os`.
pub(crate) fn system(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let system = &world.system;
    let mut lines = vec![format!("System: {}", system.name), format!("Processor: {}", system.architecture)];
    if !system.shell.is_empty() {
        lines.push(format!("Shell: {}", system.shell));
    }
    if system.name.is_empty() {
        let what = "the system is not known. Write it into the message";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    Ok(vec![plain(typed, "the system", "", lines.join("\n"), String::new())])
}

fn place_of(world: &World, problem: &Problem) -> Result<Place, MentionError> {
    if let Some(document) = open_document(world, &problem.path) {
        return check_open(world, document);
    }
    let shown = problem.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    check(world, &problem.path, &shown)
}
