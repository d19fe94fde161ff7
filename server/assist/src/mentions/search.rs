//! `@search:text`: the lines that have it, by ripgrep's own crates.

use std::fmt::Write as _;
use std::io;

use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};

use crate::mentions::error::MentionError;
use crate::mentions::place::{open_document, unix};
use crate::mentions::resolved::{Resolved, counted, plain};
use crate::mentions::world::World;

/// Matches that are shown.
const MOST_MATCHES: usize = 60;
/// Matches of one file that are shown.
const MOST_IN_FILE: usize = 12;
/// Matches after which counting stops.
const MOST_COUNTED: usize = 10_000;
/// Lines around a match.
const CONTEXT: usize = 2;
/// A longer line is shown up to here, in characters.
const MOST_LINE: usize = 300;

/// Searches all files that no pattern excludes, with unsaved texts in place of the files.
pub(crate) fn resolve(typed: &str, wanted: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    if wanted.trim().is_empty() {
        let what = "there is no text to search for. Type it behind the colon: @search:text, or @search:\"two words\"";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let matcher = matcher(wanted).map_err(|error| MentionError::BadPattern {
        mention: typed.to_owned(),
        reason: first_line(&error.to_string()),
    })?;
    let mut searcher = SearcherBuilder::new()
        .binary_detection(BinaryDetection::quit(0))
        .line_number(true)
        .before_context(CONTEXT)
        .after_context(CONTEXT)
        .build();
    let listing = world.files.read(&world.roots);
    let (mut text, mut shown, mut total, mut files, mut unread) = (String::new(), 0, 0, 0, 0);
    let mut stopped = false;
    for file in &listing.files {
        let place = file.place();
        let room = MOST_MATCHES.saturating_sub(shown).min(MOST_IN_FILE);
        let mut found = FoundLines { text: String::new(), room, shown: 0, count: 0, after_match: false };
        let searched = match open_document(world, &place.path) {
            Some(document) => {
                searcher.search_slice(&matcher, unix(&document.text.to_string()).as_bytes(), &mut found)
            }
            None => searcher.search_path(&matcher, &place.path, &mut found),
        };
        unread += usize::from(searched.is_err());
        if found.count > 0 {
            files += 1;
        }
        if found.shown > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}\n{}\n", file.relative, found.text);
        }
        shown += found.shown;
        total += found.count;
        if total >= MOST_COUNTED {
            stopped = true;
            break;
        }
    }
    if total == 0 {
        return Err(MentionError::NotFound { mention: typed.to_owned(), files: listing.files.len() });
    }
    let mut cut = Vec::new();
    if shown < total {
        let more = if stopped { "more than " } else { "" };
        cut.push(format!("{shown} of {more}{total} matches are shown"));
    }
    if unread > 0 {
        cut.push(format!("{} could not be read", counted(unread, "file")));
    }
    if listing.beyond_limit > 0 {
        cut.push(format!("{} were not searched", counted(listing.beyond_limit, "file")));
    }
    let title = format!("{} of `{wanted}` in {}", matches(total), counted(files, "file"));
    Ok(vec![plain(typed, &title, "", text.trim_end().to_owned(), cut.join("; "))])
}

fn matches(count: usize) -> String {
    if count == 1 { "1 match".to_owned() } else { format!("{count} matches") }
}

/// Between two `/` a regular expression, else the text itself; the case counts only where there is a capital.
fn matcher(wanted: &str) -> Result<RegexMatcher, grep_regex::Error> {
    let pattern =
        wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|it| !it.is_empty());
    let mut builder = RegexMatcherBuilder::new();
    builder.case_smart(true).fixed_strings(pattern.is_none()).line_terminator(Some(b'\n'));
    builder.build(pattern.unwrap_or(wanted))
}

/// The lines of one file that are shown: `12:` before a match, `12-` before a line beside one.
struct FoundLines {
    text: String,
    room: usize,
    shown: usize,
    count: usize,
    after_match: bool,
}

impl FoundLines {
    fn line(&mut self, number: Option<u64>, mark: char, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        let shortened: String = line.chars().take(MOST_LINE).collect();
        let more = if shortened.len() < line.len() { " …" } else { "" };
        let _ = writeln!(self.text, "{:>5}{mark} {shortened}{more}", number.unwrap_or(0));
    }
}

impl Sink for FoundLines {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        self.count += 1;
        self.after_match = self.shown < self.room;
        if self.after_match {
            self.shown += 1;
            self.line(found.line_number(), ':', found.bytes());
        }
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> Result<bool, io::Error> {
        use grep_searcher::SinkContextKind::{After, Before};
        let wanted = match context.kind() {
            Before => self.shown < self.room,
            After => self.after_match,
            _ => false,
        };
        if wanted {
            self.line(context.line_number(), '-', context.bytes());
        }
        Ok(true)
    }

    fn context_break(&mut self, _: &Searcher) -> Result<bool, io::Error> {
        if self.shown > 0 && self.shown < self.room {
            self.text.push_str("   --\n");
        }
        Ok(true)
    }
}

fn first_line(text: &str) -> String {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(text).trim().to_owned()
}
