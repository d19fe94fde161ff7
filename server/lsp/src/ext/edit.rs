//! The methods of edits and models on the wire; docs/protocol.md explains them to clients.
//! It must not hold behaviour: these are the shapes.

use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::{NumberOrString, Range, TextDocumentIdentifier};

use super::chat::ChatProblem;

/// Request `weft/edit/propose`: an instruction for a piece of a document; the answer is a proposal.
pub(crate) const PROPOSE: &str = "weft/edit/propose";
/// Request `weft/edit/apply`: a code block of an answer as a proposal for the file that it belongs to.
pub(crate) const APPLY: &str = "weft/edit/apply";
/// Request `weft/edit/accept`: applies blocks of a proposal to the document.
pub(crate) const ACCEPT: &str = "weft/edit/accept";
/// Request `weft/edit/reject`: forgets a proposal, or some of its blocks.
pub(crate) const REJECT: &str = "weft/edit/reject";
/// Request `weft/models`: the models that are installed, and which one is used.
pub(crate) const MODELS: &str = "weft/models";
/// Request `weft/useModel`: uses another model for this window.
pub(crate) const USE_MODEL: &str = "weft/useModel";

/// What is wanted of a piece of code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProposeKind {
    /// What the instruction says.
    #[default]
    Edit,
    /// The given problems are to go away.
    Fix,
    /// Documentation.
    Document,
    /// Tests.
    Tests,
}

/// The parameters of `weft/edit/propose`, and the argument of the command `weft.edit`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProposeParams {
    /// The document.
    pub(crate) text_document: TextDocumentIdentifier,
    /// What is selected, or the cursor: then the definition around it is meant.
    pub(crate) range: Range,
    /// What is wanted.
    #[serde(default)]
    pub(crate) kind: ProposeKind,
    /// In words.
    #[serde(default)]
    pub(crate) instruction: String,
    /// Errors and warnings there.
    #[serde(default)]
    pub(crate) problems: Vec<EditProblem>,
    /// What names the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partial_result_token: Option<NumberOrString>,
}

/// An error or a warning in the document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EditProblem {
    /// Where.
    pub(crate) range: Range,
    /// What is wrong.
    pub(crate) message: String,
}

impl From<ChatProblem> for EditProblem {
    fn from(problem: ChatProblem) -> Self {
        Self { range: problem.range, message: problem.message }
    }
}

/// The parameters of `weft/edit/apply`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplyParams {
    /// The block's code, or the whole block with its fences.
    pub(crate) code: String,
    /// The word behind the fence.
    #[serde(default)]
    pub(crate) language: String,
    /// The file that the answer names.
    #[serde(default)]
    pub(crate) path: Option<String>,
    /// The document that is being edited.
    #[serde(default)]
    pub(crate) text_document: Option<TextDocumentIdentifier>,
    /// What names the stream.
    #[serde(default)]
    pub(crate) partial_result_token: Option<NumberOrString>,
}

/// The parameters of `weft/edit/accept` and `weft/edit/reject`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BlocksParams {
    /// The proposal.
    pub(crate) id: String,
    /// Which blocks; none for all that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blocks: Option<Vec<usize>>,
}

/// A proposal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProposalAnswer {
    /// Its id.
    pub(crate) id: String,
    /// The document.
    pub(crate) uri: String,
    /// The document's version; none for a file that is not open.
    pub(crate) version: Option<i32>,
    /// All of it as a unified diff.
    pub(crate) diff: String,
    /// What the user should know of it.
    pub(crate) notes: Vec<String>,
    /// Its blocks.
    pub(crate) blocks: Vec<ProposalBlock>,
}

/// One block of a proposal.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProposalBlock {
    /// What it is called by.
    pub(crate) index: usize,
    /// What it replaces, in the document as it was.
    pub(crate) range: Range,
    /// What stands there.
    pub(crate) old_text: String,
    /// What is to stand there.
    pub(crate) new_text: String,
}

/// The answer to `weft/edit/accept`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AcceptAnswer {
    /// Whether the document was changed.
    pub(crate) applied: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Blocks that are left of the proposal.
    pub(crate) left: usize,
}

/// The answer to `weft/edit/reject`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RejectAnswer {
    /// Blocks that are left of the proposal.
    pub(crate) left: usize,
}

/// The answer to `weft/models`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModelsAnswer {
    /// The models.
    pub(crate) models: Vec<ModelEntry>,
}

/// A model.
#[derive(Clone, Debug, Serialize)]
pub struct ModelEntry {
    /// Its name.
    pub name: String,
    /// The size of its file.
    pub bytes: u64,
    /// Whether it is on this machine.
    pub installed: bool,
    /// Whether it is in memory.
    pub loaded: bool,
    /// Whether this window uses it.
    pub current: bool,
}

/// The parameters of `weft/useModel`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct UseModelParams {
    /// The model.
    pub(crate) name: String,
}
