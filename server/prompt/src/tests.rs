//! Tests: the exact text of every family's prompts, detection, the guard, the budget. Must not need a model.

mod budget;
mod chat;
mod detect;
mod fill_in;
mod golden;
mod guard;
