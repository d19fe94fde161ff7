//! The conversation on a terminal: line editing with history, `@` and `/` completed with Tab. It must not know the engine.

use super::markdown::Styled;
use super::type_ahead::TypeAhead;
use super::{Talk, ask, figures};
use anyhow::{Context, Result};
use assist::chat::{Conversations, commands};
use assist::mentions::{World, complete, typed_at};
use engine::CancellationToken;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Editor, Helper};
use std::process::ExitCode;
use std::sync::Arc;

/// Candidates of one Tab.
const MOST: usize = 30;
/// Lines that history keeps.
const HISTORY: usize = 1000;

/// Asks until the user has enough.
pub(super) async fn converse(mut talk: Talk) -> Result<ExitCode> {
    // For the whole conversation: a key in the moment between an answer and the next line must not be read by other rules.
    let _typed = TypeAhead::keep();
    super::show_loading(talk.engine.as_ref(), talk.model.as_deref()).await;
    say!(
        "Ask about {}. @ mentions code, /help shows commands, Tab completes, Ctrl-D ends.",
        root_of(&talk.world)
    );
    let history = talk.paths.data.join("chat_history.txt");
    let config = Config::builder()
        // What is typed is often in the middle of the name, so the candidates have no beginning in common: each Tab shows the next.
        .completion_type(CompletionType::Circular)
        .max_history_size(HISTORY)
        .context("the history cannot be kept")?
        .build();
    let mut editor: Editor<Completing, FileHistory> =
        Editor::with_config(config).context("this terminal cannot be used for a conversation")?;
    editor.set_helper(Some(Completing {
        conversations: talk.conversations.clone(),
        world: talk.world.clone(),
    }));
    // The first time there is none.
    let _ = editor.load_history(&history);
    let color = std::env::var_os("NO_COLOR").is_none();
    loop {
        // Reading blocks; the runtime goes on with the engine's connection meanwhile.
        let (line, back) = tokio::task::spawn_blocking(move || {
            let line = editor.readline("> ");
            (line, editor)
        })
        .await
        .context("the terminal cannot be read")?;
        editor = back;
        let line = match line {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(ExitCode::SUCCESS),
            Err(error) => return Err(error).context("the terminal cannot be read"),
        };
        if line.trim().is_empty() {
            continue;
        }
        if matches!(line.trim(), "/exit" | "/quit") {
            return Ok(ExitCode::SUCCESS);
        }
        let _ = editor.add_history_entry(line.as_str());
        if let Err(error) = editor.save_history(&history) {
            tracing::debug!(%error, "the history is not kept");
        }
        let cancel = CancellationToken::new();
        match ask(&mut talk, line, &cancel, Some(Styled::new(color))).await {
            Ok(outcome) => {
                if let Some(failure) = outcome.failure {
                    eprintln!("weft: {failure}");
                } else if let Some(stats) = &outcome.stats {
                    eprintln!("({})", figures(stats));
                }
            }
            // A message that cannot be sent does not end the conversation.
            Err(error) => eprintln!("weft: {error:#}"),
        }
    }
}

fn root_of(world: &World) -> String {
    world.roots.first().map_or_else(String::new, |root| root.display().to_string())
}

/// Completes what is typed.
struct Completing {
    conversations: Arc<Conversations>,
    world: Arc<World>,
}

impl Completer for Completing {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if let Some(name) = line.get(..cursor).and_then(|before| before.strip_prefix('/'))
            && name.chars().all(|one| one.is_alphanumeric() || one == '-')
        {
            let found = commands::complete(name, &self.conversations.prompt_files(&self.world));
            let pairs = found.into_iter().map(|item| Pair {
                display: format!("/{}  {}", item.name, item.description),
                replacement: format!("/{} ", item.name),
            });
            return Ok((0, pairs.collect()));
        }
        let Some(range) = typed_at(line, cursor) else { return Ok((cursor, Vec::new())) };
        let found = complete(line.get(range.clone()).unwrap_or_default(), &self.world, MOST);
        let pairs = found.into_iter().map(|candidate| Pair {
            display: format!("@{}  {}", candidate.label, candidate.detail),
            replacement: candidate.insert,
        });
        Ok((range.start, pairs.collect()))
    }
}

impl Hinter for Completing {
    type Hint = String;
}

impl Highlighter for Completing {}

/// A line that ends with a backslash goes on with the next.
impl Validator for Completing {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let goes_on = context.input().ends_with('\\');
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Helper for Completing {}
