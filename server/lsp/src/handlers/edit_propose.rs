//! `weft/edit/propose`: an instruction for a piece of a document becomes a proposal. Nothing is changed.

use std::path::{Path, PathBuf};

use assist::edits::{
    Diagnostic, EditKind, File, ModelAnswer, edit_from_answer, edit_prompt, region, tests_from_answer,
    unified_diff,
};
use documents::{DocumentId, Snapshot};
use text::Text;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::Range;

use crate::Role;
use crate::asking::{Asking, end_of};
use crate::ext::edit::{ProposalAnswer, ProposalBlock, ProposeKind, ProposeParams};
use crate::failure;
use crate::proposals::Waiting;
use crate::proto;
use crate::server::{Server, Session};

pub(crate) async fn handle(server: &Server, params: ProposeParams) -> jsonrpc::Result<ProposalAnswer> {
    let waiting = propose(server, params).await?;
    Ok(answer(server, server.session()?, &waiting))
}

/// Asks the model and keeps what it proposes.
pub(crate) async fn propose(server: &Server, params: ProposeParams) -> jsonrpc::Result<Waiting> {
    let session = server.session()?;
    let id = proto::document_id(&params.text_document.uri);
    let snapshot = server.documents.snapshot(&id).ok_or_else(|| {
        failure("the document is not open, so there is nothing to edit: open it in the editor first")
    })?;
    let target = tests_target(server, session, &snapshot, params.kind);
    let path = snapshot.path.as_deref().map_or_else(String::new, |path| session.relative(path));
    let file = File { path: &path, text: &snapshot.text, language: snapshot.language };
    let range = snapshot.text.range_of(
        proto::position(params.range.start),
        proto::position(params.range.end),
        session.encoding,
    );
    let region = region(&file, range);
    let kind = kind(&params, target.as_ref(), session);
    let asking = Asking::new(server, Role::Edit).await?;
    let prompt = edit_prompt(&file, &region, &kind, &asking.room(&|text| asking.tokens(text)));
    let prompt = prompt.map_err(failure)?;
    let written = asking.ask(server, &prompt, params.partial_result_token).await?;
    let answer = ModelAnswer { text: &written.text, end: end_of(&written) };
    let (id, proposal) = match target {
        Some((target, text)) => {
            let path = session.relative(&target);
            let file = File { path: &path, text: &text, language: snapshot.language };
            let id = DocumentId::from_path(&target)
                .ok_or_else(|| failure(format!("{path} is no path of a file")))?;
            (id, tests_from_answer(&answer, &file))
        }
        None => (id, edit_from_answer(&answer, &file, &region, &prompt.instruction)),
    };
    Ok(server.proposals.keep(id, proposal.map_err(failure)?))
}

/// The wire's form of a proposal.
pub(crate) fn answer(server: &Server, session: &Session, waiting: &Waiting) -> ProposalAnswer {
    let proposal = &waiting.proposal;
    let position = |offset: usize| proto::lsp_position(proposal.base.position_of(offset, session.encoding));
    let blocks = proposal.blocks.iter().map(|block| ProposalBlock {
        index: block.index,
        range: Range::new(position(block.old_range.start), position(block.old_range.end)),
        old_text: block.old_text.clone(),
        new_text: block.new_text.clone(),
    });
    ProposalAnswer {
        id: waiting.id.clone(),
        uri: waiting.document.as_str().to_owned(),
        version: server.documents.snapshot(&waiting.document).map(|document| document.version),
        diff: unified_diff(proposal),
        notes: proposal.notes.clone(),
        blocks: blocks.collect(),
    }
}

fn kind(params: &ProposeParams, tests: Option<&(PathBuf, Text)>, session: &Session) -> EditKind {
    match (params.kind, tests) {
        (ProposeKind::Tests, Some((path, existing))) => EditKind::WriteTests {
            path: session.relative(path),
            existing: Some(existing.clone()).filter(|text| text.len_bytes() > 0),
        },
        (ProposeKind::Document, _) => EditKind::Document,
        (ProposeKind::Fix, _) => EditKind::Fix {
            diagnostics: params
                .problems
                .iter()
                .map(|problem| Diagnostic {
                    line: problem.range.start.line as usize,
                    message: problem.message.clone(),
                })
                .collect(),
        },
        (ProposeKind::Edit | ProposeKind::Tests, _) => {
            EditKind::Edit { instruction: params.instruction.clone() }
        }
    }
}

/// The file that tests of a document go into, with what it has: where tests are found by the tools of the language. None where tests are
/// not asked for, or stand in the file itself.
fn tests_target(
    server: &Server,
    session: &Session,
    snapshot: &Snapshot,
    kind: ProposeKind,
) -> Option<(PathBuf, Text)> {
    let path = snapshot.path.as_deref().filter(|_| kind == ProposeKind::Tests)?;
    let root = session.workspace.root_of(path);
    let target = tests_path(path, root.as_deref())?;
    let text = server.documents.snapshot_of_path(&target).map_or_else(|_| Text::new(""), |found| found.text);
    Some((target, text))
}

fn tests_path(path: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_str()?;
    let extension = path.extension()?.to_str()?;
    Some(match extension {
        "py" | "pyi" => match root.map(|root| root.join("tests")).filter(|tests| tests.is_dir()) {
            Some(tests) => tests.join(format!("test_{stem}.py")),
            None => path.with_file_name(format!("test_{stem}.py")),
        },
        "go" => path.with_file_name(format!("{stem}_test.go")),
        "ts" | "tsx" | "js" | "jsx" => path.with_file_name(format!("{stem}.test.{extension}")),
        "java" => {
            let main = path.to_str()?.replace("/src/main/", "/src/test/");
            Path::new(&main).with_file_name(format!("{stem}Test.java"))
        }
        "rs" => match root.filter(|root| root.join("Cargo.toml").is_file()) {
            Some(root) => root.join("tests").join(format!("{stem}.rs")),
            None => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_go_where_the_tools_of_the_language_look() {
        let target = |path: &str| tests_path(Path::new(path), None).map(|it| it.display().to_string());
        let cases = [
            ("/w/shop/cart.py", Some("/w/shop/test_cart.py")),
            ("/w/cart.go", Some("/w/cart_test.go")),
            ("/w/cart.tsx", Some("/w/cart.test.tsx")),
            ("/w/src/main/java/a/Cart.java", Some("/w/src/test/java/a/CartTest.java")),
            ("/w/src/cart.rs", None),
            ("/w/notes.txt", None),
        ];
        for (path, expected) in cases {
            assert_eq!(target(path).as_deref(), expected, "{path}");
        }
    }
}
