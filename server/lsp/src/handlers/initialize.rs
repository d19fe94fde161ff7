//! `initialize`: what Weft can do. It must answer at once: no model, no engine, no disk.

use super::{code_action, completion, notebooks};
use crate::ext::{self, InitializationOptions};
use crate::outbound::Message;
use crate::proto;
use crate::server::{ClientAbilities, Server};
use assist::completion::Settings;
use assist::mentions::Network;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use tower_lsp::ls_types::{
    CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    ExecuteCommandOptions, FileOperationFilter, FileOperationPattern, FileOperationRegistrationOptions,
    InitializeParams, InitializeResult, InlineCompletionOptions, MessageType, OneOf, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkspaceFileOperationsServerCapabilities, WorkspaceServerCapabilities,
};

/// How long the whole of an answer is waited for where it goes into a menu: an entry there does not grow when more comes.
const MENU_WITHIN: Duration = Duration::from_secs(2);

pub(crate) fn handle(server: &Server, params: InitializeParams) -> InitializeResult {
    let general = params.capabilities.general.as_ref();
    let for_copilot = ext::copilot::introduces_itself(params.initialization_options.as_ref());
    server.copilot.introduced(for_copilot);
    // Copilot's server counts in UTF-16, and its clients do so whatever else they say they could.
    let offered = general.and_then(|general| general.position_encodings.as_deref()).filter(|_| !for_copilot);
    let encoding = proto::choose_encoding(offered);
    let window = params.capabilities.window.as_ref();
    let progress = window.and_then(|window| window.work_done_progress).unwrap_or(false);
    let watches_files = params
        .capabilities
        .workspace
        .as_ref()
        .and_then(|workspace| workspace.did_change_watched_files)
        .and_then(|watched| watched.dynamic_registration)
        .unwrap_or(false);
    let inline_completion =
        params.capabilities.text_document.as_ref().is_some_and(|it| it.inline_completion.is_some());
    let has_ghost_text = inline_completion || for_copilot;
    let roots = roots(&params);
    // Two small files are read, and nothing else.
    let configured = server.reconfigured(roots.first().map(std::path::PathBuf::as_path));
    let client_settings = client_settings(server, params.initialization_options, has_ghost_text);
    let settings = client_settings.over(configured.unwrap_or_default());
    let shows_documents =
        window.and_then(|window| window.show_document.as_ref()).is_some_and(|show| show.support);
    let network = client_settings.network();
    let ghost_text = has_ghost_text;
    let code_lens = client_settings.code_lens();
    let abilities = ClientAbilities { progress, ghost_text, shows_documents, network, watches_files, roots };
    server.begin_session(encoding, abilities, settings, client_settings);
    let capabilities = ServerCapabilities {
        position_encoding: Some(proto::encoding_kind(encoding)),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        notebook_document_sync: Some(OneOf::Left(notebooks::sync())),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: None,
            file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                did_rename: Some(every_file()),
                ..WorkspaceFileOperationsServerCapabilities::default()
            }),
        }),
        completion_provider: Some(completion_menu(has_ghost_text)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(code_action::KINDS.to_vec()),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: code_lens.then_some(CodeLensOptions { resolve_provider: Some(false) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands(for_copilot),
            ..ExecuteCommandOptions::default()
        }),
        inline_completion_provider: Some(OneOf::Right(InlineCompletionOptions::default())),
        // An extension that is older or newer than the server asks here what it can offer.
        experimental: Some(json!({"weft": {"chat": true, "edit": true}})),
        ..ServerCapabilities::default()
    };
    let server_info =
        ServerInfo { name: "weft".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
    InitializeResult { capabilities, server_info: Some(server_info), ..InitializeResult::default() }
}

/// Copilot's commands are for its own clients alone: VS Code refuses a command that two extensions have.
fn commands(for_copilot: bool) -> Vec<String> {
    let theirs = ext::copilot::COMMANDS.into_iter().filter(|_| for_copilot);
    ext::command::ALL.into_iter().chain(theirs).map(str::to_owned).collect()
}

/// The folders that are open, by whichever of the protocol's three ways the client tells them.
#[allow(deprecated)] // Older clients know nothing but rootUri or rootPath.
fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
    let mut roots: Vec<PathBuf> =
        folders.chain(&params.root_uri).filter_map(|uri| proto::document_id(uri).path()).collect();
    if roots.is_empty() {
        roots.extend(params.root_path.as_ref().map(PathBuf::from).filter(|path| path.is_absolute()));
    }
    roots.sort();
    roots.dedup();
    roots
}

/// The menu: of what can be mentioned in chat documents, and of suggestions where there is no ghost text.
fn completion_menu(has_ghost_text: bool) -> CompletionOptions {
    let suggestions = completion::TRIGGERS.iter().filter(|_| !has_ghost_text);
    let triggers = completion::CHAT_TRIGGERS.iter().chain(suggestions).map(|&it| it.to_owned()).collect();
    CompletionOptions { trigger_characters: Some(triggers), ..CompletionOptions::default() }
}

fn every_file() -> FileOperationRegistrationOptions {
    let pattern = FileOperationPattern { glob: "**/*".to_owned(), matches: None, options: None };
    let filter = FileOperationFilter { scheme: Some("file".to_owned()), pattern };
    FileOperationRegistrationOptions { filters: vec![filter] }
}

/// What an editor has set.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientSettings {
    options: InitializationOptions,
    has_ghost_text: bool,
}

/// The editor's own settings. Unreadable ones are reported and left aside.
fn client_settings(
    server: &Server,
    options: Option<serde_json::Value>,
    has_ghost_text: bool,
) -> ClientSettings {
    let options = options.filter(|options| !options.is_null()).map(serde_json::from_value);
    let options = match options {
        None => InitializationOptions::default(),
        Some(Ok(options)) => options,
        Some(Err(error)) => {
            let text = format!(
                "Weft: the initializationOptions are not usable ({error}); the defaults hold. Known are model, \
                 maxTokens, promptTokens, leastProbability, answerWithinMs, ahead, codeLens, network and context"
            );
            server.outbound.send(Message::Show(MessageType::WARNING, text));
            InitializationOptions::default()
        }
    };
    ClientSettings { options, has_ghost_text }
}

impl ClientSettings {
    /// What `@url` may read, where the editor says so.
    pub(crate) fn network(&self) -> Option<Network> {
        self.options.network.map(Into::into)
    }

    /// Whether there are lenses above functions.
    pub(crate) fn code_lens(&self) -> bool {
        self.options.code_lens
    }

    /// These over what is configured.
    pub(crate) fn over(&self, mut settings: Settings) -> Settings {
        let options = &self.options;
        if !self.has_ghost_text {
            settings.first_lines_within = settings.first_lines_within.map(|within| within.max(MENU_WITHIN));
        }
        settings.model = options.model.clone().or(settings.model);
        settings.max_tokens = options.max_tokens.unwrap_or(settings.max_tokens).max(1);
        let tokens = options.prompt_tokens.unwrap_or(settings.budget.prompt_tokens);
        settings.budget.prompt_tokens = tokens.max(1);
        settings.follow_pace &= options.prompt_tokens.is_none();
        settings.sources = options.context.clone().selection();
        settings.least_probability = options.least_probability.unwrap_or(settings.least_probability);
        settings.healing = options.healing.unwrap_or(settings.healing);
        settings.memory = options.memory.unwrap_or(settings.memory);
        settings.layout = options.layout.or(settings.layout);
        settings.ahead = options.ahead.unwrap_or(settings.ahead);
        if let Some(milliseconds) = options.answer_within_ms {
            let within = Duration::from_millis(milliseconds);
            settings.first_lines_within = Some(within).filter(|within| !within.is_zero());
        }
        settings
    }
}
