//! `weft/edit/apply`: a code block of an answer becomes a proposal for the file that it belongs to. Nothing is changed.

use std::path::{Component, Path, PathBuf};

use assist::chat::Measure;
use assist::edits::{
    Applied, Candidate, CodeBlock, File, ModelAnswer, Room, Target, apply, code_blocks, edit_from_answer,
    find_target,
};
use documents::{DocumentId, Snapshot};
use syntax::Language;
use text::Text;
use tower_lsp::jsonrpc;

use super::edit_propose::answer;
use crate::Role;
use crate::asking::{Asking, end_of};
use crate::ext::edit::{ApplyParams, ProposalAnswer};
use crate::failure;
use crate::proto;
use crate::server::{Server, Session};

/// Tokens of a prompt where there is no model to say: it is only built, for what needs a model then fails with the reason why there is none.
const BUDGET_WITHOUT_MODEL: usize = 2048;

pub(crate) async fn handle(server: &Server, params: ApplyParams) -> jsonrpc::Result<ProposalAnswer> {
    let session = server.session()?;
    let block = block(&params)?;
    let current = params.text_document.as_ref().map(|document| proto::document_id(&document.uri));
    let (path, text) = target(server, session, &block, current.as_ref())?;
    let shown = session.relative(&path);
    let id = DocumentId::from_path(&path).ok_or_else(|| failure(format!("{shown} is no path of a file")))?;
    let file = File { path: &shown, text: &text, language: Language::from_path(&path) };
    // Most blocks need no model, so it may be missing.
    let asking = Asking::new(server, Role::Apply).await;
    let applied = match &asking {
        Ok(asking) => apply(&block, &file, &asking.room(&|text| asking.tokens(text))),
        Err(_) => {
            let measure = Measure::default();
            apply(
                &block,
                &file,
                &Room { budget: BUDGET_WITHOUT_MODEL, measure: &|text| measure.tokens(text) },
            )
        }
    };
    let applied = applied.map_err(failure)?;
    let proposal = match applied {
        Applied::Proposal(proposal) => proposal,
        Applied::NeedsModel(prompt) => {
            let written = asking?.ask(server, &prompt, params.partial_result_token).await?;
            let answer = ModelAnswer { text: &written.text, end: end_of(&written) };
            edit_from_answer(&answer, &file, &prompt.region, &prompt.instruction).map_err(failure)?
        }
    };
    let waiting = server.proposals.keep(id, proposal);
    Ok(answer(server, session, &waiting))
}

/// The block: as it is with its fences, or made of what the client told of it.
fn block(params: &ApplyParams) -> jsonrpc::Result<CodeBlock> {
    let fenced = params.code.trim_start().starts_with("```") || params.code.trim_start().starts_with("~~~");
    let mut block = if fenced {
        let first = code_blocks(&params.code).into_iter().next();
        first.ok_or_else(|| failure("there is no code block in what was to be applied"))?
    } else {
        let fence = "`".repeat(longest_run(&params.code).max(2) + 1);
        let end = if params.code.ends_with('\n') { "" } else { "\n" };
        let text = format!("{fence}{}\n{}{end}{fence}\n", params.language, params.code);
        let first = code_blocks(&text).into_iter().next();
        first.ok_or_else(|| failure("there is no code in what was to be applied"))?
    };
    if let Some(path) = &params.path {
        block.path = Some(path.clone());
    }
    Ok(block)
}

fn longest_run(text: &str) -> usize {
    text.split(|one| one != '`').map(str::len).max().unwrap_or(0)
}

/// The file that the block belongs to, and its text; a new file's is empty.
fn target(
    server: &Server,
    session: &Session,
    block: &CodeBlock,
    current: Option<&DocumentId>,
) -> jsonrpc::Result<(PathBuf, Text)> {
    let mut files: Vec<(PathBuf, String, Vec<String>)> = Vec::new();
    if let Some(index) = &session.workspace.workspace().index {
        for entry in index.files() {
            let names = entry.symbols.iter().map(|symbol| symbol.name.clone()).collect();
            files.push((entry.path.clone(), session.relative(&entry.path), names));
        }
    }
    // What is open and not in the index: a new file, or one of a language that it does not know.
    for document in server.documents.snapshots() {
        if let Some(path) = document.path.as_deref()
            && files.iter().all(|(known, ..)| known != path)
        {
            files.push((path.to_owned(), session.relative(path), names_of(&document)));
        }
    }
    let current = current.and_then(DocumentId::path);
    let candidates: Vec<Candidate<'_>> = files
        .iter()
        .map(|(path, shown, definitions)| Candidate {
            path: shown,
            definitions,
            is_current: Some(path) == current.as_ref(),
        })
        .collect();
    match find_target(block, &candidates) {
        Target::File(at) => {
            let (path, ..) = files.get(at).ok_or_else(|| failure("the file is gone"))?;
            let text = server.documents.snapshot_of_path(path).map_err(failure)?.text;
            Ok((path.clone(), text))
        }
        Target::New(path) => new_file(server, session, &path),
        Target::Unclear(several) => {
            let names: Vec<&str> =
                several.iter().filter_map(|at| files.get(*at)).map(|(_, shown, _)| shown.as_str()).collect();
            Err(failure(format!(
                "the code could belong to any of {}: open the one that you mean, or say its path",
                names.join(", ")
            )))
        }
        Target::Nowhere => Err(failure(
            "the answer does not say which file this code belongs to, and no file has its definitions: open the \
             file that you mean",
        )),
    }
}

fn names_of(document: &Snapshot) -> Vec<String> {
    document.tree().map_or_else(Vec::new, |tree| {
        tree.definitions(&document.text).into_iter().map(|definition| definition.name).collect()
    })
}

/// A file that a model names and that the workspace does not list: a new one, or one that is excluded. It stays below the root.
fn new_file(server: &Server, session: &Session, named: &str) -> jsonrpc::Result<(PathBuf, Text)> {
    let path = Path::new(named.trim_start_matches("./"));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let root = session.workspace.roots().into_iter().next();
    let Some(root) = root.filter(|_| inside && !named.is_empty()) else {
        return Err(failure(format!(
            "the answer names the file {named}, which is not in the workspace, so nothing was proposed"
        )));
    };
    let whole = root.join(path);
    // A link on the way could lead out of the workspace.
    let existing = whole.ancestors().find(|folder| folder.exists()).unwrap_or(&root);
    let real = existing.canonicalize().map_err(failure)?;
    if !real.starts_with(root.canonicalize().map_err(failure)?) {
        return Err(failure(format!("{named} leads out of the workspace, so nothing was proposed")));
    }
    if let Some(open) = server.documents.snapshots().into_iter().find(|it| it.path.as_deref() == Some(&whole))
    {
        return Ok((whole, open.text));
    }
    if whole.exists() {
        return Err(failure(format!(
            "{named} is excluded from what Weft reads (an ignore file, a secret, or its size), so nothing was proposed; \
             open it in the editor to have the code applied"
        )));
    }
    Ok((whole, Text::new("")))
}
