//! The server's state and the table from LSP's methods to handlers.
//! It must not hold a method's behaviour: that is one file each in handlers/.

use crate::Options;
use crate::ext::{FocusParams, IndexAnswer, IndexParams, WhyAnswer};
use crate::handlers;
use crate::load::LoadWatch;
use crate::outbound::{Message, Outbound};
use crate::workspace::WorkspaceWatch;
use assist::completion::{Completer, Settings, Silence, Trace};
use documents::DocumentStore;
use engine::{Engine, EngineError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use text::PositionEncoding;
use tower_lsp::ls_types::{
    CompletionParams, CompletionResponse, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, InitializeParams,
    InitializeResult, InitializedParams, InlineCompletionParams, InlineCompletionResponse, MessageType,
    RenameFilesParams, TextDocumentPositionParams,
};
use tower_lsp::{Client, LanguageServer, jsonrpc};

/// How many traces `weft/why` remembers.
const TRACES_KEPT: usize = 50;

/// One editor window's server.
pub(crate) struct Server {
    pub(crate) documents: DocumentStore,
    pub(crate) outbound: Outbound,
    pub(crate) load: LoadWatch,
    pub(crate) index_options: index::Options,
    engine: Arc<dyn Engine>,
    settings: Settings,
    notice: Option<String>,
    session: OnceLock<Session>,
    traces: Mutex<VecDeque<Trace>>,
    told: Mutex<Option<EngineError>>,
    on_trace: Box<dyn Fn(&Trace) + Send + Sync>,
}

/// What `initialize` settled.
pub(crate) struct Session {
    pub(crate) encoding: PositionEncoding,
    pub(crate) completer: Completer,
    /// Whether the client shows progress.
    pub(crate) progress: bool,
    /// The index of the workspace and what keeps it true.
    pub(crate) workspace: WorkspaceWatch,
}

/// What `initialize` tells of the client.
pub(crate) struct ClientAbilities {
    /// Whether it shows progress.
    pub(crate) progress: bool,
    /// Whether it can be asked to report changed files.
    pub(crate) watches_files: bool,
    /// The folders that are open in it.
    pub(crate) roots: Vec<std::path::PathBuf>,
}

impl Server {
    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self {
            documents: DocumentStore::default(),
            outbound: Outbound::start(client),
            load: LoadWatch::default(),
            index_options: options.index,
            engine: options.engine,
            settings: options.settings,
            notice: options.notice,
            session: OnceLock::new(),
            traces: Mutex::default(),
            told: Mutex::default(),
            on_trace: options.on_trace,
        }
    }

    /// Settles the session; a second `initialize` (which the framework refuses anyway) changes nothing.
    pub(crate) fn begin_session(
        &self,
        encoding: PositionEncoding,
        client: ClientAbilities,
        settings: Settings,
    ) {
        let workspace = WorkspaceWatch::new(client.roots, client.watches_files, self.index_options.clone());
        let completer = Completer::new(self.engine.clone(), settings, workspace.workspace().clone());
        let _ = self.session.set(Session { encoding, completer, progress: client.progress, workspace });
    }

    /// The session; the framework lets nothing else through before `initialize`.
    pub(crate) fn session(&self) -> jsonrpc::Result<&Session> {
        self.session.get().ok_or_else(jsonrpc::Error::invalid_request)
    }

    /// What the user is to be told when the session begins.
    pub(crate) fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins to load the model, if it is not there and not on its way.
    pub(crate) fn warm_up(&self, session: &Session) {
        let model = session.completer.model().map(str::to_owned);
        self.load.start(self.engine.clone(), model, &self.outbound, session.progress);
    }

    /// Makes a finished request known: to the editor, to `weft/why`, and to the user where something is wrong.
    pub(crate) fn report(&self, trace: Trace, silence: Option<&Silence>) {
        self.tell_user(silence);
        (self.on_trace)(&trace);
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        traces.truncate(TRACES_KEPT - 1);
        traces.push_front(trace.clone());
        drop(traces);
        self.outbound.send(Message::Trace(Box::new(trace)));
    }

    /// Shows a failure once, not at each keystroke, and again after it had gone.
    fn tell_user(&self, silence: Option<&Silence>) {
        let problem = match silence {
            Some(Silence::Engine(error)) => Some(error.clone()),
            Some(Silence::NoFim(message)) => Some(EngineError::Refused { reason: message.clone() }),
            // These say nothing about the engine's health.
            Some(Silence::Superseded | Silence::Cancelled | Silence::Outdated | Silence::NotOpen) => return,
            Some(Silence::Dropped(_) | Silence::BareName) | None => None,
        };
        if problem.is_some() {
            self.load.forget();
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == problem {
            return;
        }
        if let Some(error) = &problem {
            let kind = if error.is_stopped() { MessageType::WARNING } else { MessageType::ERROR };
            let text = match silence {
                Some(Silence::NoFim(message)) => message.clone(),
                _ => error.to_string(),
            };
            self.outbound.send(Message::Show(kind, format!("Weft: {text}")));
        }
        // An engine that stopped is started again, so the next stop is news.
        *told = problem.filter(|error| !error.is_stopped());
    }

    pub(crate) async fn inline_completion(
        &self,
        params: InlineCompletionParams,
    ) -> jsonrpc::Result<InlineCompletionResponse> {
        handlers::inline_completion::handle(self, params).await
    }

    // The framework takes async methods only.
    #[allow(clippy::unused_async)]
    pub(crate) async fn why(&self) -> jsonrpc::Result<WhyAnswer> {
        let traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(WhyAnswer { last: traces.iter().cloned().collect() })
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn did_move_cursor(&self, params: TextDocumentPositionParams) {
        handlers::did_move_cursor::handle(self, &params);
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn did_focus(&self, params: FocusParams) {
        handlers::did_focus::handle(self, &params);
    }

    pub(crate) async fn index(&self, params: IndexParams) -> jsonrpc::Result<IndexAnswer> {
        handlers::index::handle(self, params).await
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> jsonrpc::Result<InitializeResult> {
        Ok(handlers::initialize::handle(self, params))
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        handlers::did_open::handle(self, params);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        handlers::did_change::handle(self, params);
    }

    async fn initialized(&self, _: InitializedParams) {
        handlers::initialized::handle(self);
    }

    async fn completion(&self, params: CompletionParams) -> jsonrpc::Result<Option<CompletionResponse>> {
        handlers::completion::handle(self, params).await
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        handlers::did_save::handle(self, &params);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        handlers::did_change_watched_files::handle(self, params);
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        handlers::did_rename_files::handle(self, &params);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        handlers::did_close::handle(self, &params);
    }
}
