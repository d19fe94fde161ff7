//! A chat document as text: what it is, its questions and answers, and the edits that change it.
//!
//! It must not know LSP or do anything: offsets are bytes, and an edit is a range and what is to stand there.

use std::ops::Range;

/// Stands in the document where the next piece of an answer goes.
pub(crate) const WRITING: &str = "<!-- weft: writing -->";

const YOU: &str = "## You";
const WEFT: &str = "## Weft";
const REFUSED: &str = "> **Not sent:** ";

/// A range of bytes and the text for it.
pub(crate) type PageEdit = (Range<usize>, String);

/// What a document of Weft's is; it says so in the comment at its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A conversation, with its id once there is one.
    Chat(Option<i64>),
    /// A proposed change, with its id.
    Proposal(String),
    /// It asks what is to change; the JSON is `weft.edit`'s argument.
    Instruction(String),
}

impl Kind {
    /// The comment.
    pub(crate) fn comment(&self) -> String {
        match self {
            Self::Chat(None) => "<!-- weft: new session -->".to_owned(),
            Self::Chat(Some(session)) => format!("<!-- weft: session {session} -->"),
            Self::Proposal(id) => format!("<!-- weft: proposal {id} -->"),
            Self::Instruction(json) => format!("<!-- weft: edit {json} -->"),
        }
    }
}

/// Who speaks in a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    You,
    Weft,
}

/// A heading and what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) speaker: Speaker,
    /// Where its heading begins, in bytes.
    pub(crate) start: usize,
    /// What is below the heading, in bytes.
    pub(crate) body: Range<usize>,
}

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    text: &'a str,
    /// What it is. A document without the comment is a new conversation.
    pub(crate) kind: Kind,
    comment: Option<Range<usize>>,
    /// Its sections, in order.
    pub(crate) sections: Vec<Section>,
}

impl<'a> Page<'a> {
    /// Reads a document. Headings in code blocks are none.
    pub(crate) fn read(text: &'a str) -> Self {
        let (kind, comment) = head(text);
        let mut sections: Vec<Section> = Vec::new();
        let (mut at, mut fence) = (0, Fence::default());
        for line in text.split_inclusive('\n') {
            let speaker = match line.trim_end() {
                YOU if !fence.is_open() => Some(Speaker::You),
                WEFT if !fence.is_open() => Some(Speaker::Weft),
                _ => None,
            };
            fence.pass(line);
            if let Some(speaker) = speaker {
                if let Some(last) = sections.last_mut() {
                    last.body.end = at;
                }
                let below = at + line.len();
                sections.push(Section { speaker, start: at, body: below..text.len() });
            }
            at += line.len();
        }
        Self { text, kind, comment, sections }
    }

    /// The question that is meant by a cursor: the one that it stands in, else the last. An index of [`Page::sections`].
    pub(crate) fn question_at(&self, cursor: Option<usize>) -> Option<usize> {
        let is_question =
            |index: &usize| self.sections.get(*index).is_some_and(|it| it.speaker == Speaker::You);
        let under = cursor.and_then(|cursor| self.section_at(cursor)).filter(is_question);
        under.or_else(|| (0..self.sections.len()).rev().find(is_question))
    }

    /// The section that a cursor stands in.
    pub(crate) fn section_at(&self, cursor: usize) -> Option<usize> {
        self.sections.iter().rposition(|section| section.start <= cursor)
    }

    /// What a section says, without what Weft wrote below a question that it did not send.
    pub(crate) fn said(&self, index: usize) -> String {
        let Some(section) = self.sections.get(index) else { return String::new() };
        let body = self.text.get(section.body.clone()).unwrap_or_default();
        match refusal(body) {
            None => body.trim().to_owned(),
            Some(at) => {
                let before = body.get(..at.start).unwrap_or_default().trim();
                let after = body.get(at.end..).unwrap_or_default().trim();
                [before, after].join("\n\n").trim().to_owned()
            }
        }
    }

    /// How many questions before this one the model was asked: it is that one of the conversation, counted from 0.
    pub(crate) fn asked_before(&self, index: usize) -> usize {
        let answered = |at: &usize| {
            let next = self.sections.get(at + 1);
            next.is_some_and(|next| next.speaker == Speaker::Weft) && !needs_no_model(&self.said(*at))
        };
        let is_question = |at: &usize| self.sections.get(*at).is_some_and(|it| it.speaker == Speaker::You);
        (0..index).filter(is_question).filter(answered).count()
    }

    /// Begins an answer below a question. What followed goes, but for a last question that nobody has sent.
    pub(crate) fn begin(&self, index: usize, session: Option<i64>) -> Vec<PageEdit> {
        let mut edits = Vec::new();
        if let (Some(session), Some(comment)) = (session, &self.comment)
            && self.kind != Kind::Chat(Some(session))
        {
            edits.push((comment.clone(), Kind::Chat(Some(session)).comment()));
        }
        let Some(section) = self.sections.get(index) else { return edits };
        let (from, old) = self.end_of_said(section);
        edits.extend(old);
        let last = self.sections.len() - 1;
        let is_draft = last > index
            && self.sections.get(last).is_some_and(|it| it.speaker == Speaker::You)
            && !self.said(last).is_empty();
        let until =
            if is_draft { self.sections.get(last).map_or(from, |it| it.start) } else { self.text.len() };
        let rest = if is_draft { "\n" } else { "" };
        edits.push((from..until, format!("\n\n{WEFT}\n\n{WRITING}\n{rest}")));
        edits
    }

    /// Says below a question why it was not sent.
    pub(crate) fn refuse(&self, index: usize, why: &str) -> Vec<PageEdit> {
        let Some(section) = self.sections.get(index) else { return Vec::new() };
        let (from, old) = self.end_of_said(section);
        let end = if section.body.end == self.text.len() { "\n" } else { "\n\n" };
        let quoted = why.trim().replace('\n', "\n> ");
        let mut edits = Vec::from_iter(old);
        edits.push((from..section.body.end, format!("\n\n{REFUSED}{quoted}{end}")));
        edits
    }

    /// Where a question ends, in bytes, and the edit that takes out what Weft wrote within it: one goes on below it.
    fn end_of_said(&self, section: &Section) -> (usize, Option<PageEdit>) {
        let body = self.text.get(section.body.clone()).unwrap_or_default();
        let start = section.body.start;
        let at = refusal(body);
        if let Some(at) = &at
            && let Some(after) = body.get(at.end..).filter(|after| !after.trim().is_empty())
        {
            let end = start + at.end + after.trim_end().len();
            return (end, Some((start + at.start..start + at.end, String::new())));
        }
        let said = body.get(..at.map_or(body.len(), |at| at.start)).unwrap_or_default().trim_end();
        // A heading with nothing below it keeps its own line.
        (if said.is_empty() { section.start + YOU.len() } else { start + said.len() }, None)
    }
}

/// Where the next piece of the answer goes; none where the place is gone.
pub(crate) fn piece(text: &str, piece: &str, is_first: bool) -> Option<Vec<PageEdit>> {
    let marker = text.rfind(WRITING)?;
    let at = text.get(..marker)?.trim_end().len();
    let gap = if is_first { "\n\n" } else { "" };
    Some(vec![(at..at, format!("{gap}{piece}"))])
}

/// Ends an answer with a line below it and the place for the next question.
pub(crate) fn finish(text: &str, below: &str) -> Option<Vec<PageEdit>> {
    let marker = text.rfind(WRITING)?;
    let end = marker + WRITING.len();
    let rest = text.get(end..)?;
    let has_question = rest.lines().any(|line| line.trim_end() == YOU);
    let next = if has_question { String::new() } else { format!("\n\n{YOU}\n\n") };
    // Without a question behind it nothing but blank lines is there.
    let until = if !has_question && rest.trim().is_empty() { text.len() } else { end };
    Some(vec![(marker..until, format!("{below}{next}"))])
}

/// The code block that a cursor stands in, with its fences; none outside of one.
pub(crate) fn code_block_at(text: &str, cursor: usize) -> Option<String> {
    let (mut at, mut fence, mut start) = (0, Fence::default(), 0);
    for line in text.split_inclusive('\n') {
        let was_open = fence.is_open();
        fence.pass(line);
        if !was_open && fence.is_open() {
            start = at;
        }
        at += line.len();
        if was_open && !fence.is_open() && (start..at).contains(&cursor) {
            return text.get(start..at).map(str::to_owned);
        }
    }
    None
}

/// Whether a line begins or ends a code block, line by line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fence(Option<(char, usize)>);

impl Fence {
    pub(crate) fn is_open(self) -> bool {
        self.0.is_some()
    }

    /// Goes past a line.
    pub(crate) fn pass(&mut self, line: &str) {
        let line = line.trim();
        let Some(mark) = line.chars().next().filter(|one| matches!(one, '`' | '~')) else { return };
        let length = line.chars().take_while(|one| *one == mark).count();
        match self.0 {
            None if length >= 3 => self.0 = Some((mark, length)),
            Some((open, least)) if open == mark && length >= least && line.len() == length => self.0 = None,
            _ => {}
        }
    }

    /// The line that closes what is open.
    pub(crate) fn closing(self) -> Option<String> {
        self.0.map(|(mark, length)| std::iter::repeat_n(mark, length).collect())
    }
}

/// Whether a line would be taken for a heading of a chat document.
pub(crate) fn is_heading(line: &str) -> bool {
    matches!(line.trim_end(), YOU | WEFT)
}

/// Whether the beginning of a line may become such a heading.
pub(crate) fn may_become_heading(begun: &str) -> bool {
    YOU.starts_with(begun) || WEFT.starts_with(begun) || is_heading(begun)
}

/// Commands that Weft answers by itself; the conversation does not have them.
fn needs_no_model(question: &str) -> bool {
    let first = question.split_whitespace().next().unwrap_or_default();
    matches!(first, "/help" | "/model" | "/clear")
}

/// The block quote that says why a question was not sent.
fn refusal(body: &str) -> Option<Range<usize>> {
    let start = match body.find(&format!("\n{REFUSED}")) {
        Some(at) => at + 1,
        None if body.starts_with(REFUSED) => 0,
        None => return None,
    };
    let quoted = body.get(start..)?.split_inclusive('\n').take_while(|line| line.starts_with('>'));
    Some(start..start + quoted.map(str::len).sum::<usize>())
}

fn head(text: &str) -> (Kind, Option<Range<usize>>) {
    const OPEN: &str = "<!-- weft: ";
    let Some(start) = text.find(OPEN) else { return (Kind::Chat(None), None) };
    let inner = text.get(start + OPEN.len()..).unwrap_or_default();
    let Some(length) = inner.find(" -->") else { return (Kind::Chat(None), None) };
    let inner = inner.get(..length).unwrap_or_default();
    let kind = match inner.split_once(' ') {
        Some(("session", id)) => Kind::Chat(id.trim().parse().ok()),
        Some(("proposal", id)) => Kind::Proposal(id.trim().to_owned()),
        Some(("edit", json)) => Kind::Instruction(json.to_owned()),
        _ => Kind::Chat(None),
    };
    (kind, Some(start..start + OPEN.len() + length + " -->".len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, mut edits: Vec<PageEdit>) -> String {
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.0.start));
        let mut text = text.to_owned();
        for (range, new) in edits {
            text.replace_range(range, &new);
        }
        text
    }

    const TWO: &str = "<!-- weft: session 3 -->\n*how*\n\n## You\n\none\n\n## Weft\n\n```\n## You\n```\n\n## You\n\ntwo @a\n";

    #[test]
    fn questions_are_found_and_counted() {
        let page = Page::read(TWO);
        assert_eq!(page.kind, Kind::Chat(Some(3)));
        assert_eq!(page.sections.len(), 3, "a heading in a code block is none");
        assert_eq!(page.question_at(None), Some(2));
        assert_eq!(page.question_at(TWO.find("one")), Some(0));
        assert_eq!(page.question_at(TWO.find("```")), Some(2));
        assert_eq!((page.asked_before(0), page.asked_before(2)), (0, 1));
        assert_eq!(page.said(2), "two @a");
    }

    #[test]
    fn an_answer_is_written_piece_by_piece_and_ends_in_a_new_question() {
        let text = "<!-- weft: new session -->\n\n## You\n\nhello\n";
        let mut text = edited(text, Page::read(text).begin(0, Some(7)));
        for (at, more) in ["Yes", ", of\n\ncourse"].into_iter().enumerate() {
            let edits = piece(&text, more, at == 0).unwrap();
            text = edited(&text, edits);
        }
        let edits = finish(&text, "*fast*").unwrap();
        let whole = "<!-- weft: session 7 -->\n\n## You\n\nhello\n\n## Weft\n\nYes, of\n\ncourse\n\n*fast*\n\n## You\n\n";
        assert_eq!(edited(&text, edits), whole);
    }

    #[test]
    fn an_earlier_question_takes_what_followed_with_it_but_no_draft() {
        let text = edited(TWO, Page::read(TWO).begin(0, Some(3)));
        let begun = format!(
            "<!-- weft: session 3 -->\n*how*\n\n## You\n\none\n\n## Weft\n\n{WRITING}\n\n## You\n\ntwo @a\n"
        );
        assert_eq!(text, begun);
        let ended = edited(&text, finish(&text, "*fast*").unwrap());
        assert!(ended.ends_with("## Weft\n\n*fast*\n\n## You\n\ntwo @a\n"), "{ended}");
    }

    #[test]
    fn a_refusal_is_written_once_and_is_not_part_of_the_question() {
        let mut text = TWO.to_owned();
        for why in ["no file a", "still\nnone"] {
            let edits = Page::read(&text).refuse(2, why);
            text = edited(&text, edits);
        }
        assert!(text.ends_with("two @a\n\n> **Not sent:** still\n> none\n"), "{text}");
        assert_eq!(Page::read(&text).said(2), "two @a");
        text.push_str("\nmore\n");
        assert_eq!(Page::read(&text).said(2), "two @a\n\nmore");
        text = edited(&text, Page::read(&text).refuse(2, "no"));
        assert!(text.ends_with("two @a\n\n\nmore\n\n> **Not sent:** no\n"), "{text}");
    }

    #[test]
    fn a_code_block_is_found_with_its_fences() {
        let text = "a\n```py\nx = 1\n```\nb\n";
        assert_eq!(code_block_at(text, 9).as_deref(), Some("```py\nx = 1\n```\n"));
        assert_eq!(code_block_at(text, 0), None);
    }
}
