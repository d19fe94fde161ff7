//! A proposed change as a document: one diff for each block, and below which of them are decided.
//!
//! It must not change code: accepting is `weft/edit/accept`.

use std::fmt::Write as _;

use assist::edits::{only, unified_diff};
use tower_lsp::jsonrpc;

use super::open;
use super::page::{Kind, Page, PageEdit};
use super::send::change_surely;
use crate::proposals::Waiting;
use crate::server::Server;

const BLOCK: &str = "## Block ";

/// Makes the document of a proposal and shows it, the cursor at the first block.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn show(server: &Server, waiting: &Waiting) -> jsonrpc::Result<()> {
    let content = content(waiting);
    let cursor = content.find(BLOCK).unwrap_or_default();
    open(server, &format!("change {}", waiting.proposal.path), &content, cursor).await.map(|_| ())
}

fn content(waiting: &Waiting) -> String {
    let proposal = &waiting.proposal;
    let mut content = format!(
        "{}\n*A change of `{}`. The code actions here accept or reject it: \"Weft: accept all\", \"Weft: accept this block\", \"Weft: \
         reject\".*\n",
        Kind::Proposal(waiting.id.clone()).comment(),
        proposal.path
    );
    for note in &proposal.notes {
        let _ = write!(content, "\n*{note}*\n");
    }
    for block in &proposal.blocks {
        let diff = unified_diff(&only(proposal, &[block.index]));
        let fence = "`".repeat(longest_run(&diff).max(2) + 1);
        let end = if diff.ends_with('\n') { "" } else { "\n" };
        let _ = write!(content, "\n{BLOCK}{}\n\n{fence}diff\n{diff}{end}{fence}\n", block.index + 1);
    }
    content
}

/// Writes into the documents of a proposal that blocks of it (all that are left without a list) are decided.
pub(crate) async fn mark(server: &Server, id: &str, blocks: Option<&[usize]>, decision: &str) {
    let documents = server.documents.snapshots().into_iter();
    for document in documents.filter(|document| server.chat.is_document(&document.id)) {
        let text = document.text.to_string();
        if Page::read(&text).kind != Kind::Proposal(id.to_owned()) {
            continue;
        }
        // Only what the reader sees is behind if the editor refuses: the change itself is made.
        let marked = change_surely(server, &document.id, |text| Some(marks(text, blocks, decision)));
        if let Err(why) = marked.await {
            tracing::warn!(why, "a decided proposal is not marked in its document");
        }
    }
}

fn marks(text: &str, blocks: Option<&[usize]>, decision: &str) -> Vec<PageEdit> {
    let wanted = |block: &(usize, usize)| blocks.is_none_or(|blocks| blocks.contains(&block.0));
    let mark = |(_, end)| (end..end, format!(": {decision}"));
    undecided(text).into_iter().filter(wanted).map(mark).collect()
}

/// The blocks that are not decided: their indices, and where their headings end.
fn undecided(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let heading = line.trim_end();
        if let Some(number) = heading.strip_prefix(BLOCK).and_then(|rest| rest.parse::<usize>().ok()) {
            found.push((number.saturating_sub(1), at + heading.len()));
        }
        at += line.len();
    }
    found
}

/// The indices of the blocks that are not decided, and the one that a cursor stands in.
pub(crate) fn blocks_at(text: &str, cursor: usize) -> (Vec<usize>, Option<usize>) {
    let undecided = undecided(text);
    let line_end = text.get(cursor..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| cursor + at);
    let before = text.get(..line_end).unwrap_or_default();
    // A heading of a decided block ends the one before it.
    let heading = before.rfind(BLOCK).unwrap_or_default();
    let under = undecided.iter().find(|(_, end)| (heading..=line_end).contains(end)).map(|(index, _)| *index);
    (undecided.into_iter().map(|(index, _)| index).collect(), under)
}

fn longest_run(text: &str) -> usize {
    text.split(|one| one != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assist::edits::diff;
    use documents::DocumentId;
    use text::Text;

    #[test]
    fn blocks_are_shown_found_and_marked() {
        let proposal = diff("a.py", &Text::new("a\nb\nc\nd\ne\n"), "A\nb\nC\nd\ne\n");
        let waiting = Waiting { id: "edit-1".into(), document: DocumentId::new("file:///a.py"), proposal };
        let mut text = content(&waiting);
        assert_eq!(Page::read(&text).kind, Kind::Proposal("edit-1".into()));
        let second = text.find("+C").unwrap();
        assert_eq!(blocks_at(&text, second), (vec![0, 1], Some(1)));
        assert_eq!(blocks_at(&text, 0), (vec![0, 1], None));
        for (range, new) in marks(&text, Some(&[0]), "accepted") {
            text.replace_range(range, &new);
        }
        assert!(text.contains("## Block 1: accepted\n"), "{text}");
        let first = text.find("+A").unwrap();
        assert_eq!(blocks_at(&text, first), (vec![1], None));
    }
}
