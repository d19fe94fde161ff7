//! Copilot's methods, one file each or a few that belong together. What they are called and look like is ext/copilot.rs's.
//! Nothing of them leaves the machine: there is no account, and what a client tells is counted, not sent.

pub(crate) mod accept_command;
pub(crate) mod account;
pub(crate) mod check_file_status;
pub(crate) mod conversation;
pub(crate) mod conversation_abilities;
pub(crate) mod conversation_templates;
pub(crate) mod did_partially_accept_completion;
pub(crate) mod did_show_completion;
pub(crate) mod get_completions;
pub(crate) mod get_panel_completions;
pub(crate) mod get_version;
pub(crate) mod inline_edit;
pub(crate) mod models;
pub(crate) mod notify;
mod offer;
mod references;
pub(crate) mod set_editor_info;
