//! What the server says on its own: notifications and messages, sent by one task in order.
//!
//! A notification's handler must never wait for the client, so it only puts a message into this queue. Requests
//! to the client have a time-out: a client that never answers must not hold anything up.

use crate::copilot::Notice;
use crate::ext::TraceNotification;
use crate::ext::chat::{WeftProgress, WeftProgressParams};
use assist::completion::Trace;
use std::time::Duration;
use tokio::sync::mpsc;
use tower_lsp::Client;
use tower_lsp::ls_types::notification::{DidChangeWatchedFiles, Notification, Progress};
use tower_lsp::ls_types::request::WorkDoneProgressCreate;
use tower_lsp::ls_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, MessageType, NumberOrString,
    ProgressParams, ProgressParamsValue, Registration, ShowDocumentParams, WorkDoneProgress,
    WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
    WorkspaceEdit,
};

/// How long the client may take to accept a progress token.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to make a change: it may ask the user.
const EDIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A message to the editor.
#[derive(Debug)]
pub(crate) enum Message {
    Trace(Box<Trace>),
    /// Shown to the user.
    Show(MessageType, String),
    /// A piece of an answer.
    Progress(WeftProgressParams),
    /// Something that only clients of Copilot's understand.
    Copilot(Notice),
    /// Asks to be told when files change that nobody has open.
    WatchFiles,
    /// A bar appears. `id` tells bars apart.
    ProgressBegin {
        id: u64,
        title: String,
    },
    ProgressReport {
        id: u64,
        percentage: u32,
    },
    ProgressEnd {
        id: u64,
        message: String,
    },
}

/// The queue's entrance.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    queue: mpsc::UnboundedSender<Message>,
    client: Client,
}

impl Outbound {
    /// Starts the task that sends.
    pub(crate) fn start(client: Client) -> Self {
        let (queue, mut receiver) = mpsc::unbounded_channel();
        let to = client.clone();
        tokio::spawn(async move {
            while let Some(message) = receiver.recv().await {
                send(&to, message).await;
            }
        });
        Self { queue, client }
    }

    /// Queues a message. Never waits; after the end of the session it does nothing.
    pub(crate) fn send(&self, message: Message) {
        // The receiver is gone only when the runtime ends.
        let _ = self.queue.send(message);
    }

    /// Asks the editor to make a change. An error is why it was not made, for people.
    pub(crate) async fn apply_edit(&self, edit: WorkspaceEdit) -> Result<(), String> {
        match tokio::time::timeout(EDIT_TIMEOUT, self.client.apply_edit(edit)).await {
            Ok(Ok(answer)) if answer.applied => Ok(()),
            Ok(Ok(answer)) => {
                let reason = answer.failure_reason.unwrap_or_else(|| "it gave no reason".to_owned());
                Err(format!("the editor did not make the change ({reason}); the document is as it was"))
            }
            Ok(Err(error)) => Err(format!("the editor cannot make changes for Weft ({error})")),
            Err(_) => Err("the editor did not answer; look whether the change was made".to_owned()),
        }
    }

    /// Asks the editor to show a document; tells whether it does.
    pub(crate) async fn show_document(&self, params: ShowDocumentParams) -> bool {
        let shown = tokio::time::timeout(CLIENT_TIMEOUT, self.client.show_document(params)).await;
        matches!(shown, Ok(Ok(true)))
    }
}

async fn send(client: &Client, message: Message) {
    match message {
        Message::Trace(trace) => client.send_notification::<TraceNotification>(*trace).await,
        Message::Show(kind, text) => client.show_message(kind, text).await,
        Message::Progress(params) => client.send_notification::<WeftProgress>(params).await,
        Message::Copilot(notice) => notice.send(client).await,
        Message::WatchFiles => watch_files(client).await,
        Message::ProgressBegin { id, title } => {
            let params = WorkDoneProgressCreateParams { token: token(id) };
            let created = client.send_request::<WorkDoneProgressCreate>(params);
            if tokio::time::timeout(CLIENT_TIMEOUT, created).await.is_err() {
                tracing::warn!("the editor did not answer window/workDoneProgress/create");
            }
            let begin =
                WorkDoneProgressBegin { title, percentage: Some(0), ..WorkDoneProgressBegin::default() };
            progress(client, id, WorkDoneProgress::Begin(begin)).await;
        }
        Message::ProgressReport { id, percentage } => {
            let report =
                WorkDoneProgressReport { percentage: Some(percentage), ..WorkDoneProgressReport::default() };
            progress(client, id, WorkDoneProgress::Report(report)).await;
        }
        Message::ProgressEnd { id, message } => {
            progress(client, id, WorkDoneProgress::End(WorkDoneProgressEnd { message: Some(message) })).await;
        }
    }
}

async fn watch_files(client: &Client) {
    let watcher = FileSystemWatcher { glob_pattern: GlobPattern::String("**/*".to_owned()), kind: None };
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
    let registration = Registration {
        id: "weft-files".to_owned(),
        method: DidChangeWatchedFiles::METHOD.to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    let registered =
        tokio::time::timeout(CLIENT_TIMEOUT, client.register_capability(vec![registration])).await;
    if !matches!(registered, Ok(Ok(()))) {
        tracing::warn!("the editor does not report changed files; what it opens and saves is still seen");
    }
}

async fn progress(client: &Client, id: u64, value: WorkDoneProgress) {
    let params = ProgressParams { token: token(id), value: ProgressParamsValue::WorkDone(value) };
    client.send_notification::<Progress>(params).await;
}

fn token(id: u64) -> NumberOrString {
    NumberOrString::String(format!("weft/load/{id}"))
}
