//! The server's state and the table from LSP's methods to handlers.
//! It must not hold a method's behaviour: that is one file each in handlers/.

use crate::Options;
use crate::ext::WhyAnswer;
use crate::handlers;
use crate::load::LoadWatch;
use crate::outbound::{Message, Outbound};
use assist::completion::{Completer, Settings, Silence, Trace};
use documents::DocumentStore;
use engine::{Engine, EngineError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use text::PositionEncoding;
use tower_lsp::ls_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams,
    InitializeResult, InlineCompletionParams, InlineCompletionResponse, MessageType,
};
use tower_lsp::{Client, LanguageServer, jsonrpc};

/// How many traces `weft/why` remembers.
const TRACES_KEPT: usize = 50;

/// One editor window's server.
pub(crate) struct Server {
    pub(crate) documents: DocumentStore,
    pub(crate) outbound: Outbound,
    pub(crate) load: LoadWatch,
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
}

impl Server {
    pub(crate) fn new(client: Client, options: Options) -> Self {
        Self {
            documents: DocumentStore::default(),
            outbound: Outbound::start(client),
            load: LoadWatch::default(),
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
    pub(crate) fn begin_session(&self, encoding: PositionEncoding, progress: bool, settings: Settings) {
        let completer = Completer::new(self.engine.clone(), settings);
        let _ = self.session.set(Session { encoding, completer, progress });
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
            Some(Silence::Dropped(_)) | None => None,
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

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        handlers::did_close::handle(self, &params);
    }
}
