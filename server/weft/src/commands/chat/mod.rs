//! `weft chat`: a conversation on the terminal, or one answer for a script. It must not decide what a message means: that is
//! `assist::chat`'s.

mod markdown;
mod terminal;
mod type_ahead;

use super::complete::{project_of, show_loading};
use super::{index_options, model_entries};
use crate::cli::ChatArgs;
use crate::config::live::Live;
use crate::page::PageReader;
use crate::paths::Paths;
use crate::settings::Settings;
use ::index::Index;
use anyhow::{Context, Result, bail};
use assist::chat::commands::Action;
use assist::chat::store::{SessionId, Store};
use assist::chat::{
    Answering, ChatEnd, ChatEvent, ChatFailure, ChatStats, Conversations, Options, Outgoing, Sent,
};
use assist::mentions::{Embed, EngineEmbed, Files, System, World};
use engine::{CancellationToken, Engine};
use futures::StreamExt;
use markdown::Styled;
use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Conversations that `--list` shows.
const MOST_LISTED: u32 = 50;

/// A conversation and what it is about.
struct Talk {
    conversations: Arc<Conversations>,
    engine: Arc<dyn Engine>,
    paths: Paths,
    world: Arc<World>,
    session: Option<SessionId>,
    model: Option<String>,
    live: Arc<Live>,
}

/// What went along with a message.
#[derive(Serialize)]
struct Attached {
    title: String,
    /// Its size, estimated.
    tokens: usize,
    /// What is not in it; empty when nothing was cut.
    cut: String,
}

/// What came of a message.
struct Outcome {
    text: String,
    thinking: String,
    attachments: Vec<Attached>,
    notes: Vec<String>,
    model: String,
    stats: Option<ChatStats>,
    failure: Option<String>,
    /// The category of an engine's failure.
    category: Option<&'static str>,
}

pub(crate) async fn run(
    arguments: ChatArgs,
    paths: Paths,
    settings: &Settings,
    live: &Arc<Live>,
) -> Result<ExitCode> {
    let store = Arc::new(Store::open(&paths.data.join("chat.db"))?);
    if arguments.list {
        return list(&store);
    }
    let session = arguments.session.as_deref().map(|id| session(&store, id)).transpose()?;
    let root = project_of(&std::env::current_dir().context("there is no current folder")?);
    let engine = super::engine(&paths, live);
    let options = Options { engine: engine.clone(), store, user_prompts: Some(paths.prompts.clone()) };
    let world = Arc::new(world(root, &paths, settings, &engine));
    let mut talk = Talk {
        conversations: Arc::new(Conversations::new(options)),
        engine,
        world,
        paths,
        session,
        // What is said here goes before what is configured for conversations, and that before what completes code.
        model: arguments
            .model
            .clone()
            .or_else(|| settings.config.roles.chat.clone())
            .or_else(|| settings.chosen_model()),
        live: live.clone(),
    };
    let piped = piped()?;
    if arguments.question.is_empty() && piped.is_none() {
        if arguments.json {
            bail!("--json wants a question: weft chat --json 'what does @src/main.rs do?'");
        }
        return terminal::converse(talk).await;
    }
    let question = arguments.question.join(" ");
    let text = match piped {
        Some(piped) if question.is_empty() => piped,
        Some(piped) => format!("{question}\n\n{piped}"),
        None => question,
    };
    once(&mut talk, text, arguments.json).await
}

/// What another program has written; none where stdin is a terminal or empty.
fn piped() -> Result<Option<String>> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).context("what was piped in is not text in UTF-8")?;
    Ok(Some(text.trim_end().to_owned()).filter(|text| !text.is_empty()))
}

/// The project, read now.
fn world(root: PathBuf, paths: &Paths, settings: &Settings, engine: &Arc<dyn Engine>) -> World {
    let index = Index::new(vec![root.clone()], index_options(paths));
    index.scan(&AtomicBool::new(false));
    World {
        roots: vec![root],
        index: Some(Arc::new(index)),
        files: Files::default(),
        system: System::of_process(),
        network: settings.network.value,
        fetch: Some(Arc::new(PageReader)),
        embed: embed(settings, engine),
        ..World::default()
    }
}

/// What `@codebase` compares texts with, where a model is configured for it.
fn embed(settings: &Settings, engine: &Arc<dyn Engine>) -> Option<Arc<dyn Embed>> {
    let model = settings.config.roles.embed.clone()?;
    Some(Arc::new(EngineEmbed { engine: engine.clone(), model }))
}

fn session(store: &Store, id: &str) -> Result<SessionId> {
    if id == "last" {
        let last = store.sessions(None, MOST_LISTED)?.into_iter().find(|session| session.messages > 0);
        return Ok(last.context("there is no conversation yet; `weft chat` begins one")?.id);
    }
    let number = id.parse().ok().map(SessionId);
    let number = number
        .with_context(|| format!("`{id}` is no number of a conversation; `weft chat --list` shows them"))?;
    Ok(store.session(number)?.id)
}

fn list(store: &Store) -> Result<ExitCode> {
    for session in store.sessions(None, MOST_LISTED)? {
        if session.messages > 0 {
            say!("{:>5}  {:>3} messages  {}", session.id.0, session.messages, session.title);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One question and its answer.
async fn once(talk: &mut Talk, text: String, as_json: bool) -> Result<ExitCode> {
    show_loading(talk.engine.as_ref(), talk.model.as_deref()).await;
    let color = !as_json && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let cancel = CancellationToken::new();
    let outcome = ask(talk, text, &cancel, (!as_json).then(|| Styled::new(color))).await?;
    if as_json {
        say!("{:#}", outcome.as_json(talk.session));
    } else if let Some(stats) = &outcome.stats
        && std::io::stderr().is_terminal()
    {
        eprintln!("{}", figures(stats));
    }
    match outcome.failure {
        Some(failure) => bail!(failure),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Sends a message and prints its answer as it comes. Ctrl-C stops the answer; what came is kept.
async fn ask(
    talk: &mut Talk,
    text: String,
    cancel: &CancellationToken,
    mut styled: Option<Styled>,
) -> Result<Outcome> {
    let outgoing = Outgoing { session: talk.session, text, model: talk.model.clone(), ..Outgoing::default() };
    let answering = match talk.conversations.send(outgoing, talk.world.clone(), cancel.clone()).await? {
        Sent::Answer(answering) => answering,
        Sent::Help(text) => return print(Outcome::of(text), styled),
        Sent::Action(action) => {
            let text = act(talk, action)?;
            return print(Outcome::of(text), styled);
        }
    };
    let Answering { session, attachments, tokens, notes, model, mut events, .. } = answering;
    talk.session = Some(session);
    let mut outcome = Outcome {
        attachments: attachments
            .into_iter()
            .zip(tokens)
            .map(|(attachment, tokens)| Attached { title: attachment.title, tokens, cut: attachment.cut })
            .collect(),
        notes,
        model,
        ..Outcome::of(String::new())
    };
    if styled.is_some() {
        tell(&outcome);
    }
    let mut out = std::io::stdout();
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c(), if !cancel.is_cancelled() => {
                cancel.cancel();
                continue;
            }
        };
        match event {
            Some(ChatEvent::Text { text }) => {
                if let Some(styled) = &mut styled {
                    write!(out, "{}", styled.push(&text))?;
                    out.flush()?;
                }
                outcome.text.push_str(&text);
            }
            Some(ChatEvent::Thinking { text }) => {
                if styled.is_some() && outcome.thinking.is_empty() {
                    eprintln!("weft: the model thinks; --json has what");
                }
                outcome.thinking.push_str(&text);
            }
            Some(ChatEvent::Started(started)) => {
                let said = started.header.compacted().into_iter().chain(started.header.notices);
                said.for_each(|note| {
                    if styled.is_some() {
                        eprintln!("weft: {note}");
                    }
                    outcome.notes.push(note);
                });
            }
            Some(ChatEvent::Loading { .. }) => {}
            Some(ChatEvent::Finished(stats)) => outcome.stats = Some(stats),
            Some(ChatEvent::Failed(failure)) => {
                if let ChatFailure::Engine(error) = &failure {
                    outcome.category = Some(error.code());
                }
                outcome.failure = Some(failure.to_string());
            }
            None => break,
        }
    }
    if let Some(styled) = &mut styled {
        writeln!(out, "{}", styled.finish())?;
    }
    Ok(outcome)
}

/// What goes along, before the answer: on stderr, so that a script gets the answer alone.
fn tell(outcome: &Outcome) {
    let shown = |attached: &Attached| {
        let Attached { title, tokens, cut } = attached;
        let cut = if cut.is_empty() { String::new() } else { format!("; {cut}") };
        format!("{title} ({tokens} tokens{cut})")
    };
    if !outcome.attachments.is_empty() {
        let all: Vec<String> = outcome.attachments.iter().map(shown).collect();
        eprintln!("weft: with {}", all.join(", "));
    }
    for note in &outcome.notes {
        eprintln!("weft: {note}");
    }
}

fn print(outcome: Outcome, styled: Option<Styled>) -> Result<Outcome> {
    if let Some(mut styled) = styled {
        let text = styled.push(&outcome.text);
        writeln!(std::io::stdout(), "{text}{}", styled.finish())?;
    }
    Ok(outcome)
}

/// Commands that are not for the model.
fn act(talk: &mut Talk, action: Action) -> Result<String> {
    match action {
        Action::Clear => {
            talk.session = None;
            Ok("A new conversation begins with your next question.".to_owned())
        }
        Action::Model { name: Some(name) } => {
            let current = talk.live.current();
            let known = model_entries(&talk.paths, &current.config, None);
            let installed =
                known.iter().any(|model| model.installed && model.name == name) || current.routes.has(&name);
            if !installed && !name.ends_with(".gguf") {
                bail!("the model {name} is not on this machine; `weft models list` shows those that are");
            }
            talk.model = Some(name.clone());
            Ok(format!("Now {name} answers."))
        }
        Action::Model { name: None } => {
            let config = &talk.live.current().config;
            let entries = model_entries(&talk.paths, config, talk.model.as_deref());
            let lines = entries
                .iter()
                .filter(|model| model.installed)
                .map(|model| format!("- `{}`{}\n", model.name, if model.current { " (in use)" } else { "" }));
            Ok(format!("Installed models; `/model NAME` uses one:\n\n{}", lines.collect::<String>()))
        }
        Action::Edit { .. } => bail!("/edit changes code in an editor; here, ask for the code instead"),
        Action::Ask(_) | Action::Help => Ok(String::new()),
    }
}

/// The figures of an answer, on one line.
fn figures(stats: &ChatStats) -> String {
    let mut line = format!("{} tokens", stats.tokens);
    if let Some(speed) = stats.tokens_per_second {
        line.push_str(&format!(", {speed:.1} tokens/s"));
    }
    if let Some(first) = stats.first_token_ms {
        line.push_str(&format!(", the first after {:.1} s", first / 1000.0));
    }
    line.push_str(&format!(
        "; prompt {} tokens, {} of them cached",
        stats.prompt_tokens, stats.cached_tokens
    ));
    match stats.end {
        ChatEnd::Done => line,
        ChatEnd::Length => line + "; cut at the longest length of an answer",
        ChatEnd::Stopped => line + "; stopped",
    }
}

impl Outcome {
    fn of(text: String) -> Self {
        Self {
            text,
            thinking: String::new(),
            attachments: Vec::new(),
            notes: Vec::new(),
            model: String::new(),
            stats: None,
            failure: None,
            category: None,
        }
    }

    fn as_json(&self, session: Option<SessionId>) -> serde_json::Value {
        json!({
            "session": session.map(|session| session.0),
            "model": self.model,
            "text": self.text,
            "thinking": self.thinking,
            "attachments": self.attachments,
            "notes": self.notes,
            "stats": self.stats,
            "error": self.failure,
            "error_category": self.category,
        })
    }
}
