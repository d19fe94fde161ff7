//! `textDocument/completion`: the suggestion as an entry of the completion menu, for editors without ghost text such as Helix,
//! and what can be mentioned in a chat document, in every editor.
//!
//! It must not be offered where the editor knows inline completion: everything would show twice. It must not offer what the
//! menu holds anyway: a bare name is a matter for the language's own server.

use super::ask::ask;
use crate::chat_document;
use crate::proto;
use crate::server::{Server, Session};
use assist::completion::{Answer, Request, Silence, Suggestion, Trace};
use documents::Snapshot;
use text::PositionEncoding;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionList, CompletionParams,
    CompletionResponse, CompletionTextEdit, Documentation, InsertTextFormat, InsertTextMode, MarkupContent,
    MarkupKind, Range, TextEdit,
};

/// After these somebody waits for more code, and no word is there yet that would open a menu by itself.
pub(crate) const TRIGGERS: [&str; 9] = [" ", ".", "(", "[", "{", "=", ",", ":", ">"];

/// What mentions and commands begin with, in chat documents.
pub(crate) const CHAT_TRIGGERS: [&str; 2] = ["@", "/"];

/// Characters of code in a label: menus are narrow.
const LABEL_CHARACTERS: usize = 48;

/// Behind every name that a language's server gives its entries to be sorted by.
const SORTED_LAST: &str = "~weft";

pub(crate) async fn handle(
    server: &Server,
    params: CompletionParams,
) -> jsonrpc::Result<Option<CompletionResponse>> {
    let session = server.session()?;
    let id = proto::document_id(&params.text_document_position.text_document.uri);
    let Some(snapshot) = server.documents.snapshot(&id) else { return Ok(None) };
    let position = proto::position(params.text_document_position.position);
    let cursor = snapshot.text.offset_of(position, session.encoding);
    if server.chat.is_document(&id) {
        return chat_document::complete::complete(server, &snapshot, cursor).await;
    }
    let trigger = params.context.and_then(|context| context.trigger_character);
    if session.ghost_text || trigger.is_some_and(|trigger| CHAT_TRIGGERS.contains(&trigger.as_str())) {
        return Ok(None);
    }
    if let Some(silence) = server.silence_in(&id) {
        server.report(Trace::silent(id.as_str(), snapshot.version, &silence), Some(&silence));
        return Ok(None);
    }
    let (answer, typed) = ask_for_what_is_typed(server, session, &snapshot, cursor).await;
    let before = Before::at(&snapshot, cursor);
    let entry = |suggestion: &Suggestion| {
        let text = format!("{typed}{}", suggestion.text);
        item(&Suggestion { text, ..suggestion.clone() }, &before, &snapshot, session.encoding)
    };
    let items = answer.suggestions.iter().map(entry).collect();
    server.report(answer.trace(), answer.silence.as_ref());
    // Whatever is typed next may call for another suggestion.
    Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: true, items })))
}

/// Asks, and asks again where the word went on meanwhile and is not what the suggestion says: Helix keeps its request while a word
/// grows, and compares the answer with the word by then. Returns what was typed since the request, too.
async fn ask_for_what_is_typed(
    server: &Server,
    session: &Session,
    snapshot: &Snapshot,
    cursor: usize,
) -> (Answer, String) {
    let mut typed = String::new();
    let mut seen = snapshot.clone();
    loop {
        let at = cursor + typed.len();
        let request = Request { snapshot: seen.clone(), cursor: at, suggestions: 1 };
        let answer = ask(server, session, request, (&seen, at)).await;
        let ended =
            matches!(answer.silence, Some(Silence::Superseded | Silence::Cancelled | Silence::Engine(_)));
        let grown =
            grown_word(server, snapshot, cursor).filter(|(_, word)| !ended && word.len() > typed.len());
        let fits =
            |word: &str| answer.suggestions.iter().any(|it| format!("{typed}{}", it.text).starts_with(word));
        match grown {
            Some((now, word)) if !fits(&word) => {
                server.report(answer.outdated().trace(), Some(&Silence::Outdated));
                (seen, typed) = (now, word);
            }
            _ => {
                let before = Before::at(&seen, at);
                let is_bare = answer.suggestions.iter().all(|it| before.makes_a_bare_name(it));
                return (if is_bare { answer.withheld(Silence::BareName) } else { answer }, typed);
            }
        }
    }
}

/// The document as it is now, and what has come at the cursor, where that is part of a word and nothing else has changed.
fn grown_word(server: &Server, then: &Snapshot, cursor: usize) -> Option<(Snapshot, String)> {
    let now = server.documents.snapshot(&then.id)?;
    let grown = now.text.len_bytes().checked_sub(then.text.len_bytes())?;
    let same = now.text.is_char_boundary(cursor)
        && now.text.is_char_boundary(cursor + grown)
        && now.text.slice(0..cursor) == then.text.slice(0..cursor)
        && now.text.slice(cursor + grown..now.text.len_bytes())
            == then.text.slice(cursor..then.text.len_bytes());
    let word = same.then(|| now.text.slice(cursor..cursor + grown))?;
    word.chars().all(is_of_a_name).then_some((now, word))
}

/// What stands before the cursor on its line.
struct Before {
    /// The cursor, in bytes of the document.
    cursor: usize,
    /// The line up to the cursor.
    line: String,
    /// Length in bytes of the word that ends at the cursor.
    word: usize,
}

impl Before {
    fn at(snapshot: &Snapshot, cursor: usize) -> Self {
        let start = snapshot.text.line_start(snapshot.text.line_of(cursor));
        let line = snapshot.text.slice(start..cursor);
        let word = line.len() - line.trim_end_matches(is_of_a_name).len();
        Self { cursor, line, word }
    }

    fn word(&self) -> &str {
        &self.line[self.line.len() - self.word..]
    }

    /// Whether the suggestion only ends a name that was begun, or that a dot asks for.
    fn makes_a_bare_name(&self, suggestion: &Suggestion) -> bool {
        let menu_is_open = self.word > 0 || self.line.ends_with(['.', ':']);
        menu_is_open && suggestion.text.chars().all(is_of_a_name)
    }
}

fn is_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn item(
    suggestion: &Suggestion,
    before: &Before,
    snapshot: &Snapshot,
    encoding: PositionEncoding,
) -> CompletionItem {
    // Menus compare what is typed with the entry from the beginning of the word on, so the entry begins there too.
    let new_text = format!("{}{}", before.word(), suggestion.text);
    let place = |offset| proto::lsp_position(snapshot.text.position_of(offset, encoding));
    let range =
        Range::new(place(before.cursor - before.word), place(before.cursor + suggestion.replace_after));
    let code = format!("{}{}", before.line.trim_start(), suggestion.text);
    CompletionItem {
        label: label(&new_text),
        label_details: Some(CompletionItemLabelDetails {
            detail: None,
            description: Some("weft".to_owned()),
        }),
        kind: Some(CompletionItemKind::SNIPPET),
        detail: Some("weft".to_owned()),
        documentation: Some(preview(&code, snapshot, &before.line)),
        sort_text: Some(SORTED_LAST.to_owned()),
        filter_text: Some(first_line(&new_text).to_owned()),
        insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
        // The model indents as the file does.
        insert_text_mode: Some(InsertTextMode::AS_IS),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
        ..CompletionItem::default()
    }
}

/// The first line that says something.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// The first line, how many more there are, and whose entry it is.
fn label(text: &str) -> String {
    let line = first_line(text);
    let mut label: String = line.chars().take(LABEL_CHARACTERS).collect();
    if label.len() < line.len() {
        label.push('…');
    }
    match text.trim().lines().count().saturating_sub(1) {
        0 => label + " · weft",
        more => format!("{label} · weft +{more}"),
    }
}

/// The code as it will stand, without the indentation that all of it has.
fn preview(code: &str, snapshot: &Snapshot, line: &str) -> Documentation {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let code: Vec<&str> = code.lines().map(|line| line.strip_prefix(indentation).unwrap_or(line)).collect();
    let longest = code.iter().map(|line| line.chars().take_while(|it| *it == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let language = snapshot.language.map_or("", |language| language.id());
    let value = format!("{fence}{language}\n{}\n{fence}", code.join("\n"));
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::{DocumentId, DocumentStore};

    fn snapshot(text: &str) -> Snapshot {
        DocumentStore::default().open(DocumentId::new("file:///a.py"), "python", 1, text)
    }

    fn suggestion(text: &str) -> Suggestion {
        Suggestion { text: text.into(), replace_after: 0, tokens: 1, mean_logprob: 0.0, probability: 1.0 }
    }

    #[test]
    fn a_label_is_short_and_says_how_many_lines_follow() {
        let long = "x".repeat(LABEL_CHARACTERS + 1);
        let cases = [
            ("return total", "return total · weft".to_owned()),
            ("\n        total += 1\n        return total", "total += 1 · weft +1".to_owned()),
            (long.as_str(), format!("{}… · weft", "x".repeat(LABEL_CHARACTERS))),
        ];
        for (text, expected) in cases {
            assert_eq!(label(text), expected);
        }
    }

    #[test]
    fn a_bare_name_is_left_to_the_languages_own_server() {
        let cases = [
            ("    to", "tal", true),
            ("    self.", "total", true),
            ("    to", "tal()", false),
            ("    return ", "total", false),
            ("", "total", false),
        ];
        for (line, text, expected) in cases {
            let before = Before::at(&snapshot(line), line.len());
            assert_eq!(before.makes_a_bare_name(&suggestion(text)), expected, "{line:?} {text:?}");
        }
    }

    #[test]
    fn an_entry_replaces_the_word_and_shows_the_code_without_its_indentation() {
        let snapshot = snapshot("def f():\n    größe = to");
        let before = Before::at(&snapshot, snapshot.text.len_bytes());
        let entry = item(&suggestion("tal(\n        1,\n    )"), &before, &snapshot, PositionEncoding::Utf16);
        let expected =
            Range::new(tower_lsp::ls_types::Position::new(1, 12), tower_lsp::ls_types::Position::new(1, 14));
        let new_text = "total(\n        1,\n    )".to_owned();
        assert_eq!(entry.text_edit, Some(CompletionTextEdit::Edit(TextEdit { range: expected, new_text })));
        assert_eq!(entry.filter_text.as_deref(), Some("total("));
        let Some(Documentation::MarkupContent(shown)) = entry.documentation else { unreachable!() };
        assert_eq!(shown.value, "```python\ngröße = total(\n    1,\n)\n```");
    }
}
