//! One file a method. Notifications have no `.await`, so that they are applied in the order in which they come;
//! a request takes its snapshot before its first `.await`.

mod ask;
pub(crate) mod chat_complete;
pub(crate) mod chat_send;
pub(crate) mod chat_sessions;
pub(crate) mod code_action;
pub(crate) mod completion;
pub(crate) mod copilot;
pub(crate) mod did_change;
pub(crate) mod did_change_configuration;
pub(crate) mod did_change_watched_files;
pub(crate) mod did_close;
pub(crate) mod did_focus;
pub(crate) mod did_move_cursor;
pub(crate) mod did_open;
pub(crate) mod did_rename_files;
pub(crate) mod did_save;
pub(crate) mod edit_apply;
pub(crate) mod edit_decide;
pub(crate) mod edit_propose;
pub(crate) mod execute_command;
pub(crate) mod index;
pub(crate) mod initialize;
pub(crate) mod initialized;
pub(crate) mod inline_completion;
pub(crate) mod models;
pub(crate) mod notebooks;
