//! The function whose body the cursor is in, also where its body is still to be written. It must not look into other files.

use std::sync::Arc;

use documents::Snapshot;
use syntax::{Definition, DefinitionKind};

/// The innermost function with the cursor in its body, as an index into `definitions`.
pub(crate) fn function_at(
    snapshot: &Snapshot,
    cursor: usize,
    definitions: &[Arc<Definition>],
) -> Option<usize> {
    definitions.iter().rposition(|definition| {
        let callable = matches!(definition.kind, DefinitionKind::Method | DefinitionKind::Function);
        callable && (is_in_body(definition, cursor) || is_below_body(snapshot, cursor, definition))
    })
}

fn is_in_body(definition: &Definition, cursor: usize) -> bool {
    definition.body.as_ref().is_some_and(|body| body.start <= cursor && cursor <= body.end)
}

/// Where blocks are indentation, a body ends with its last statement. The blank line below it, as far in, goes on with it.
fn is_below_body(snapshot: &Snapshot, cursor: usize, definition: &Definition) -> bool {
    let text = &snapshot.text;
    let by_indentation = snapshot.language.is_some_and(syntax::Language::indent_blocks);
    let Some(body) = definition.body.as_ref().filter(|body| by_indentation && body.end < cursor) else {
        return false;
    };
    let column = |offset: usize| offset - text.line_start(text.line_of(offset));
    // Piece by piece: the bodies far before the cursor are told by the first.
    let blank = text.chunks_in(body.end..cursor).all(|piece| piece.trim().is_empty());
    blank && column(cursor) > column(definition.range.start)
}
