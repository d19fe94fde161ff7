//! The conversations of a window, opened when they are first needed. It must not hold a conversation's behaviour: that is `assist::chat`'s.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use assist::chat::store::Store;
use assist::chat::{Conversations, Options};
use assist::mentions::Files;
use documents::DocumentId;
use engine::Engine;
use tower_lsp::jsonrpc;

use crate::failure;

/// Where conversations are kept, and where the user's own prompts are.
#[derive(Clone, Debug, Default)]
pub struct ChatFiles {
    /// The database of the conversations. None: there is no chat.
    pub store: Option<PathBuf>,
    /// The folder of chat documents.
    pub documents: Option<PathBuf>,
    /// The folder of the user's own prompt files.
    pub prompts: Option<PathBuf>,
}

/// See the module's head.
pub(crate) struct ChatState {
    pub(crate) files: ChatFiles,
    engine: Arc<dyn Engine>,
    opened: Mutex<Option<Arc<Conversations>>>,
    /// The names of the workspace's files, for `@`.
    pub(crate) names: Files,
}

impl ChatState {
    pub(crate) fn new(files: ChatFiles, engine: Arc<dyn Engine>) -> Self {
        Self { files, engine, opened: Mutex::default(), names: Files::default() }
    }

    /// Whether a document is one of Weft's own: a Markdown file in the folder of chat documents.
    pub(crate) fn is_document(&self, id: &DocumentId) -> bool {
        let Some(folder) = &self.files.documents else { return false };
        let Some(path) = id.path().filter(|path| path.extension().is_some_and(|it| it == "md")) else {
            return false;
        };
        // Editors that open a file by its real path spell the folder so.
        path.starts_with(folder) || folder.canonicalize().is_ok_and(|folder| path.starts_with(folder))
    }

    /// The conversations. A file that cannot be opened is tried again with the next call.
    pub(crate) fn conversations(&self) -> jsonrpc::Result<Arc<Conversations>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(conversations) = &*opened {
            return Ok(conversations.clone());
        }
        let Some(path) = &self.files.store else {
            return Err(failure("this Weft was started without a place for conversations"));
        };
        let store = Store::open(path).map_err(failure)?;
        let options = Options {
            engine: self.engine.clone(),
            store: Arc::new(store),
            user_prompts: self.files.prompts.clone(),
        };
        Ok(opened.insert(Arc::new(Conversations::new(options))).clone())
    }
}
