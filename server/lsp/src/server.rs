//! The server's state and the table from LSP's methods to handlers.
//! It must not hold a method's behaviour: that is one file each in handlers/.

use crate::chat_document::Writing;
use crate::chat_state::ChatState;
use crate::copilot::Copilot;
use crate::ext::chat::{
    AttachmentAnswer, AttachmentParams, CompleteAnswer, CompleteParams, ExportAnswer, RenameParams,
    ResolveAnswer, ResolveParams, SendAnswer, SendParams, SessionAnswer, SessionParams, SessionsAnswer,
    SessionsParams,
};
use crate::ext::edit::{
    AcceptAnswer, ApplyParams, BlocksParams, ModelEntry, ModelsAnswer, ProposalAnswer, ProposeParams,
    RejectAnswer, UseModelParams,
};
use crate::ext::{FocusParams, IndexAnswer, IndexParams, WhyAnswer};
use crate::handlers;
use crate::handlers::initialize::ClientSettings;
use crate::load::LoadWatch;
use crate::notebooks::Notebooks;
use crate::outbound::{Message, Outbound};
use crate::proposals::Proposals;
use crate::switches::Switches;
use crate::workspace::WorkspaceWatch;
use crate::{Configure, Configured, Models, Options, Pages, Role, Roles};
use assist::completion::{Completer, Settings, Silence, Trace};
use assist::mentions::{Embed, EngineEmbed, Network};
use documents::{DocumentId, DocumentStore};
use engine::{Engine, EngineError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use text::PositionEncoding;
use tower_lsp::ls_types::{
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams, CompletionResponse,
    DidChangeConfigurationParams, DidChangeNotebookDocumentParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidCloseNotebookDocumentParams, DidCloseTextDocumentParams,
    DidOpenNotebookDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    ExecuteCommandParams, InitializeParams, InitializeResult, InitializedParams, InlineCompletionParams,
    InlineCompletionResponse, LSPAny, MessageType, RenameFilesParams, TextDocumentPositionParams,
};
use tower_lsp::{Client, LanguageServer, jsonrpc};

/// How many traces `weft/why` remembers.
const TRACES_KEPT: usize = 50;

/// What the framework calls. What goes on after a request was answered keeps the server by itself.
pub(crate) struct Frontend(pub(crate) Arc<Server>);

impl Frontend {
    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self(Arc::new(Server::new(client, options)))
    }
}

impl std::ops::Deref for Frontend {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

/// One editor window's server.
pub(crate) struct Server {
    pub(crate) documents: DocumentStore,
    /// Which of them are cells of one notebook.
    pub(crate) notebooks: Notebooks,
    pub(crate) outbound: Outbound,
    pub(crate) load: LoadWatch,
    pub(crate) index_options: index::Options,
    engine: Arc<dyn Engine>,
    configure: Configure,
    roles: Roles,
    /// What was configured when it was looked at last.
    configured: Mutex<Option<Configured>>,
    session: OnceLock<Session>,
    traces: Mutex<VecDeque<Trace>>,
    told: Mutex<Option<EngineError>>,
    on_trace: Box<dyn Fn(&Trace) + Send + Sync>,
    /// The conversations.
    pub(crate) chat: ChatState,
    /// What `@url` can do.
    pub(crate) pages: Pages,
    /// What was proposed and is not decided.
    pub(crate) proposals: Proposals,
    /// The chat documents that an answer is being written into.
    pub(crate) writing: Writing,
    /// Where suggestions are off.
    pub(crate) switches: Switches,
    /// What is only for clients of Copilot's.
    pub(crate) copilot: Copilot,
    models: Models,
}

/// What `initialize` settled.
pub(crate) struct Session {
    pub(crate) encoding: PositionEncoding,
    pub(crate) completer: Completer,
    /// Whether the client shows progress.
    pub(crate) progress: bool,
    /// Whether it shows ghost text.
    pub(crate) ghost_text: bool,
    /// Whether it opens a document when it is asked to.
    pub(crate) shows_documents: bool,
    /// What `@url` may read, where the editor says so.
    pub(crate) network: Option<Network>,
    /// The index of the workspace and what keeps it true.
    pub(crate) workspace: WorkspaceWatch,
    /// The workspace's first folder, whose configuration counts.
    root: Option<std::path::PathBuf>,
    /// What the editor itself has set.
    client_settings: ClientSettings,
}

impl Session {
    /// Whether the editor wants lenses above functions.
    pub(crate) fn code_lens(&self) -> bool {
        self.client_settings.code_lens()
    }

    /// A path as it is shown: from the root that it is in, with `/`.
    pub(crate) fn relative(&self, path: &std::path::Path) -> String {
        let root = self.workspace.root_of(path);
        let below = root.as_deref().and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
        below.to_string_lossy().replace('\\', "/")
    }
}

/// What `initialize` tells of the client.
pub(crate) struct ClientAbilities {
    /// Whether it shows progress.
    pub(crate) progress: bool,
    /// Whether it shows ghost text.
    pub(crate) ghost_text: bool,
    /// Whether it opens a document when it is asked to.
    pub(crate) shows_documents: bool,
    /// What `@url` may read, where it says so.
    pub(crate) network: Option<Network>,
    /// Whether it can be asked to report changed files.
    pub(crate) watches_files: bool,
    /// The folders that are open in it.
    pub(crate) roots: Vec<std::path::PathBuf>,
}

impl Server {
    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self {
            documents: DocumentStore::default(),
            notebooks: Notebooks::default(),
            outbound: Outbound::start(client),
            load: LoadWatch::default(),
            index_options: options.index,
            chat: ChatState::new(options.chat, options.engine.clone()),
            pages: options.pages,
            proposals: Proposals::default(),
            writing: Writing::default(),
            switches: Switches::default(),
            copilot: Copilot::default(),
            models: options.models,
            engine: options.engine,
            configure: options.configure,
            roles: options.roles,
            configured: Mutex::default(),
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
        client_settings: ClientSettings,
    ) {
        let root = client.roots.first().cloned();
        let workspace = WorkspaceWatch::new(client.roots, client.watches_files, self.index_options.clone());
        let completer = Completer::new(self.engine.clone(), settings, workspace.workspace().clone());
        let _ = self.session.set(Session {
            encoding,
            completer,
            progress: client.progress,
            ghost_text: client.ghost_text,
            shows_documents: client.shows_documents,
            network: client.network,
            workspace,
            root,
            client_settings,
        });
    }

    /// The session; the framework lets nothing else through before `initialize`.
    pub(crate) fn session(&self) -> jsonrpc::Result<&Session> {
        self.session.get().ok_or_else(jsonrpc::Error::invalid_request)
    }

    /// What answers.
    pub(crate) fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The models that there are.
    pub(crate) fn models(&self, current: Option<&str>) -> Vec<ModelEntry> {
        (self.models)(current)
    }

    /// What is configured for a workspace, if that has changed since it was asked last. The user is told what is wrong with it.
    pub(crate) fn reconfigured(&self, workspace: Option<&std::path::Path>) -> Option<Settings> {
        let now = (self.configure)(workspace);
        let mut configured = self.configured.lock().unwrap_or_else(PoisonError::into_inner);
        if configured.as_ref() == Some(&now) {
            return None;
        }
        let told = configured.as_ref().and_then(|before| before.notice.as_ref());
        if let Some(notice) = now.notice.as_ref().filter(|notice| Some(*notice) != told) {
            self.outbound.send(Message::Show(MessageType::WARNING, format!("Weft: {notice}")));
        }
        *configured = Some(now.clone());
        Some(now.settings)
    }

    /// Takes over what has changed in the configuration.
    pub(crate) fn refresh(&self, session: &Session) {
        if let Some(settings) = self.reconfigured(session.root.as_deref()) {
            session.completer.apply(session.client_settings.over(settings));
        }
    }

    /// The model for something: the one that the user has chosen in this window, else the one that is configured for it.
    pub(crate) fn model_for(&self, session: &Session, role: Role) -> Option<String> {
        let chosen = session.completer.chosen_model();
        chosen.or_else(|| (self.roles)(role)).or_else(|| session.completer.model())
    }

    /// What `@codebase` compares texts with, where a model is configured for it.
    pub(crate) fn embed(&self) -> Option<Arc<dyn Embed>> {
        let model = (self.roles)(Role::Embed)?;
        Some(Arc::new(EngineEmbed { engine: self.engine.clone(), model }))
    }

    /// Begins to load the model, if it is not there and not on its way.
    pub(crate) fn warm_up(&self, session: &Session) {
        let model = session.completer.model();
        self.load.start(self.engine.clone(), model, &self.outbound, session.progress);
    }

    /// Makes a finished request known: to the editor, to `weft/why`, and to the user where something is wrong.
    pub(crate) fn report(&self, trace: Trace, silence: Option<&Silence>) {
        self.tell_user(silence);
        self.copilot.learn(silence, &self.outbound);
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
            Some(
                Silence::Superseded
                | Silence::Cancelled
                | Silence::Outdated
                | Silence::NotOpen
                | Silence::Off
                | Silence::ChatDocument,
            ) => return,
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

    /// Why nothing is suggested in a document, whatever stands there.
    pub(crate) fn silence_in(&self, document: &DocumentId) -> Option<Silence> {
        if self.chat.is_document(document) {
            return Some(Silence::ChatDocument);
        }
        (!self.switches.are_on(document)).then_some(Silence::Off)
    }

    /// What the last request did.
    pub(crate) fn last_trace(&self) -> Option<Trace> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }
}

impl Frontend {
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
        Ok(WhyAnswer { last: traces.iter().cloned().collect(), feedback: self.copilot.feedback.counts() })
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn did_move_cursor(&self, params: TextDocumentPositionParams) {
        handlers::did_move_cursor::handle(self, &params);
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn did_focus(&self, params: FocusParams) {
        handlers::did_focus::handle(self, &params);
    }

    pub(crate) async fn chat_send(&self, params: SendParams) -> jsonrpc::Result<SendAnswer> {
        handlers::chat_send::handle(self, params).await
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_sessions(&self, params: SessionsParams) -> jsonrpc::Result<SessionsAnswer> {
        handlers::chat_sessions::list(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_session(&self, params: SessionParams) -> jsonrpc::Result<SessionAnswer> {
        handlers::chat_sessions::show(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_rename(&self, params: RenameParams) -> jsonrpc::Result<()> {
        handlers::chat_sessions::rename(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_delete(&self, params: SessionParams) -> jsonrpc::Result<()> {
        handlers::chat_sessions::delete(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_export(&self, params: SessionParams) -> jsonrpc::Result<ExportAnswer> {
        handlers::chat_sessions::export(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn chat_attachment(
        &self,
        params: AttachmentParams,
    ) -> jsonrpc::Result<AttachmentAnswer> {
        handlers::chat_attachment::handle(self, &params)
    }

    pub(crate) async fn chat_complete(&self, params: CompleteParams) -> jsonrpc::Result<CompleteAnswer> {
        handlers::chat_complete::handle(self, params).await
    }

    pub(crate) async fn chat_resolve(&self, params: ResolveParams) -> jsonrpc::Result<ResolveAnswer> {
        handlers::chat_complete::resolve(self, params).await
    }

    pub(crate) async fn edit_propose(&self, params: ProposeParams) -> jsonrpc::Result<ProposalAnswer> {
        handlers::edit_propose::handle(self, params).await
    }

    pub(crate) async fn edit_apply(&self, params: ApplyParams) -> jsonrpc::Result<ProposalAnswer> {
        handlers::edit_apply::handle(self, params).await
    }

    pub(crate) async fn edit_accept(&self, params: BlocksParams) -> jsonrpc::Result<AcceptAnswer> {
        handlers::edit_decide::accept(self, params).await
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn edit_reject(&self, params: BlocksParams) -> jsonrpc::Result<RejectAnswer> {
        handlers::edit_decide::reject(self, &params)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn models_list(&self) -> jsonrpc::Result<ModelsAnswer> {
        handlers::models::list(self)
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn use_model(&self, params: UseModelParams) -> jsonrpc::Result<()> {
        handlers::models::choose(self, params)
    }

    pub(crate) async fn index(&self, params: IndexParams) -> jsonrpc::Result<IndexAnswer> {
        handlers::index::handle(self, params).await
    }
}

impl LanguageServer for Frontend {
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

    async fn notebook_did_open(&self, params: DidOpenNotebookDocumentParams) {
        handlers::notebooks::open(self, params);
    }

    async fn notebook_did_change(&self, params: DidChangeNotebookDocumentParams) {
        handlers::notebooks::change(self, params);
    }

    async fn notebook_did_close(&self, params: DidCloseNotebookDocumentParams) {
        handlers::notebooks::close(self, params);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        handlers::did_change_configuration::handle(self, &params);
    }

    async fn initialized(&self, _: InitializedParams) {
        handlers::initialized::handle(self);
    }

    async fn completion(&self, params: CompletionParams) -> jsonrpc::Result<Option<CompletionResponse>> {
        handlers::completion::handle(self, params).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> jsonrpc::Result<Option<LSPAny>> {
        handlers::execute_command::handle(&self.0, params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> jsonrpc::Result<Option<CodeActionResponse>> {
        handlers::code_action::handle(self, &params)
    }

    async fn code_lens(&self, params: CodeLensParams) -> jsonrpc::Result<Option<Vec<CodeLens>>> {
        handlers::code_lens::handle(self, params).await
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
