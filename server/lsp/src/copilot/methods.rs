//! The table from Copilot's methods to handlers. It must not hold a method's behaviour.

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{InlineCompletionParams, InlineCompletionResponse};
use tower_lsp::{LspServiceBuilder, ls_types::LSPAny};

use crate::ext::copilot as names;
use crate::ext::copilot::{
    Anything, CompletionsAnswer, DocumentParams, FileParams, InlineEditAnswer, ItemParams, Model,
    PanelAnswer, StatusAnswer, UuidParams, UuidsParams, VersionAnswer,
};
use crate::ext::copilot_chat::{CancelParams, ConversationParams, Template, TurnAnswer, TurnParams};
use crate::handlers::copilot;
use crate::server::Frontend;

/// Adds Copilot's methods to a server.
pub(crate) fn add_methods(builder: LspServiceBuilder<Frontend>) -> LspServiceBuilder<Frontend> {
    builder
        .custom_method(names::CHECK_STATUS, Frontend::check_status)
        .custom_method(names::CHECK_FILE_STATUS, Frontend::check_file_status)
        .custom_method(names::SIGN_IN, Frontend::sign_in)
        .custom_method(names::SIGN_IN_INITIATE, Frontend::sign_in)
        .custom_method(names::SIGN_IN_CONFIRM, Frontend::check_status)
        .custom_method(names::SIGN_IN_WITH_GITHUB_TOKEN, Frontend::check_status)
        .custom_method(names::SIGN_OUT, Frontend::sign_out)
        .custom_method(names::GET_VERSION, Frontend::get_version)
        .custom_method(names::SET_EDITOR_INFO, Frontend::set_editor_info)
        .custom_method(names::RECORD_TELEMETRY_CONSENT, Frontend::only_told)
        .custom_method(names::GET_COMPLETIONS, Frontend::get_completions)
        .custom_method(names::GET_COMPLETIONS_CYCLING, Frontend::get_completions_cycling)
        .custom_method(names::GET_PANEL_COMPLETIONS, Frontend::get_panel_completions)
        .custom_method(names::PANEL_COMPLETION, Frontend::panel_completion)
        .custom_method(names::INLINE_EDIT, Frontend::copilot_inline_edit)
        .custom_method(names::NOTIFY_SHOWN, Frontend::notify_shown)
        .custom_method(names::NOTIFY_ACCEPTED, Frontend::notify_accepted)
        .custom_method(names::NOTIFY_REJECTED, Frontend::notify_rejected)
        .custom_method(names::DID_SHOW_COMPLETION, Frontend::did_show_completion)
        .custom_method(names::DID_PARTIALLY_ACCEPT_COMPLETION, Frontend::did_partially_accept_completion)
        .custom_method(names::DID_SHOW_INLINE_EDIT, Frontend::did_show_inline_edit)
        .custom_method(names::MODELS, Frontend::copilot_models)
        .custom_method(names::CONVERSATION_CREATE, Frontend::conversation_create)
        .custom_method(names::CONVERSATION_TURN, Frontend::conversation_turn)
        .custom_method(names::CONVERSATION_DESTROY, Frontend::conversation_destroy)
        .custom_method(names::CONVERSATION_TEMPLATES, Frontend::conversation_templates)
        .custom_method(names::CONVERSATION_PRECONDITIONS, Frontend::conversation_preconditions)
        .custom_method(names::CONVERSATION_AGENTS, Frontend::conversation_agents)
        .custom_method(names::CONVERSATION_PERSISTANCE, Frontend::conversation_persistance)
        .custom_method(names::CONVERSATION_COPY_CODE, Frontend::only_told)
        .custom_method(names::CONVERSATION_INSERT_CODE, Frontend::only_told)
        .custom_method(names::CONVERSATION_RATING, Frontend::only_told)
        .custom_method(names::PROGRESS_CANCEL, Frontend::progress_cancel)
}

// The framework takes async methods only.
#[allow(clippy::unused_async)]
impl Frontend {
    async fn check_status(&self, _: Anything) -> Result<StatusAnswer> {
        copilot::account::check_status(self)
    }

    async fn check_file_status(&self, params: FileParams) -> Result<LSPAny> {
        Ok(copilot::check_file_status::handle(self, &params))
    }

    async fn sign_in(&self, _: Anything) -> Result<StatusAnswer> {
        copilot::account::sign_in(self)
    }

    async fn sign_out(&self, _: Anything) -> Result<StatusAnswer> {
        Ok(copilot::account::sign_out())
    }

    async fn get_version(&self, _: Anything) -> Result<VersionAnswer> {
        Ok(copilot::get_version::handle())
    }

    async fn set_editor_info(&self, _: Anything) -> Result<&'static str> {
        Ok(copilot::set_editor_info::handle(self))
    }

    async fn only_told(&self, _: Anything) -> Result<&'static str> {
        Ok(names::OK)
    }

    async fn get_completions(&self, params: DocumentParams) -> Result<CompletionsAnswer> {
        copilot::get_completions::one(self, params.doc).await
    }

    async fn get_completions_cycling(&self, params: DocumentParams) -> Result<CompletionsAnswer> {
        copilot::get_completions::several(self, params.doc).await
    }

    async fn get_panel_completions(&self, params: DocumentParams) -> Result<PanelAnswer> {
        copilot::get_panel_completions::handle(self, params).await
    }

    async fn panel_completion(&self, params: InlineCompletionParams) -> Result<InlineCompletionResponse> {
        crate::handlers::inline_completion::handle(self, params).await
    }

    async fn copilot_inline_edit(&self, _: Anything) -> Result<InlineEditAnswer> {
        Ok(copilot::inline_edit::handle())
    }

    async fn notify_shown(&self, params: UuidParams) -> Result<&'static str> {
        Ok(copilot::notify::shown(self, &params))
    }

    async fn notify_accepted(&self, params: UuidParams) -> Result<&'static str> {
        Ok(copilot::notify::accepted(self, &params))
    }

    async fn notify_rejected(&self, params: UuidsParams) -> Result<&'static str> {
        Ok(copilot::notify::rejected(self, &params))
    }

    async fn did_show_completion(&self, params: ItemParams) {
        copilot::did_show_completion::handle(self, &params);
    }

    async fn did_partially_accept_completion(&self, params: ItemParams) {
        copilot::did_partially_accept_completion::handle(self, &params);
    }

    async fn did_show_inline_edit(&self, params: ItemParams) {
        copilot::did_show_completion::handle(self, &params);
    }

    async fn copilot_models(&self, _: Anything) -> Result<Vec<Model>> {
        copilot::models::handle(self)
    }

    async fn conversation_create(&self, params: TurnParams) -> Result<TurnAnswer> {
        copilot::conversation::create(&self.0, params).await
    }

    async fn conversation_turn(&self, params: TurnParams) -> Result<TurnAnswer> {
        copilot::conversation::turn(&self.0, params).await
    }

    async fn conversation_destroy(&self, params: ConversationParams) -> Result<&'static str> {
        Ok(copilot::conversation::destroy(self, &params))
    }

    async fn conversation_templates(&self, _: Anything) -> Result<Vec<Template>> {
        copilot::conversation_templates::handle(self)
    }

    async fn conversation_preconditions(&self, _: Anything) -> Result<LSPAny> {
        Ok(copilot::conversation_abilities::preconditions(self))
    }

    async fn conversation_agents(&self, _: Anything) -> Result<Vec<LSPAny>> {
        Ok(Vec::new())
    }

    async fn conversation_persistance(&self, _: Anything) -> Result<LSPAny> {
        Ok(copilot::conversation_abilities::persistance(self))
    }

    async fn progress_cancel(&self, params: CancelParams) {
        self.copilot.stop(&params.token);
    }
}
