//! A message's way, from what the user typed to a stream that is kept: command → mentions → what fits → question and answer in the store →
//! prompt → engine. One for an editor window, a terminal or a browser.
//!
//! It must not know LSP types or a concrete engine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ::prompt::chat::DateTime;
use engine::{CancellationToken, Engine, EngineError, ModelInfo};
use futures::stream::BoxStream;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use thiserror::Error;

use super::commands::{self, Action, CommandError, PromptFiles, Question, Situation, load_prompt_files};
use super::line::{ChatEvent, ChatRequest, ask};
use super::measure::Measure;
use super::prompt::{Compaction, Conversation, Room, Turn};
use super::record::record;
use super::rules;
use super::store::{MessageId, NewMessage, Role, SessionId, Store, StoreError, StoredMessage};
use crate::mentions::{
    Attachment, Fitted, Mention, MentionError, Resolved, World, default_context, fit, parse, render, resolve,
};

/// The most tokens of an answer.
const ANSWER_TOKENS: u32 = 1024;
/// What attachments may take of a prompt, of a hundred parts: the rest is for the conversation so far and the rules.
const ATTACHMENTS_PERCENT: usize = 70;

/// What conversations need.
#[derive(Clone)]
pub struct Options {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Where they are kept.
    pub store: Arc<Store>,
    /// The folder of the user's own prompt files.
    pub user_prompts: Option<PathBuf>,
}

/// The conversations of a window.
pub struct Conversations {
    options: Options,
    /// What a token of each model is.
    measures: Mutex<HashMap<String, Arc<Measure>>>,
}

/// A message that the user sends.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// The conversation; none begins one.
    pub session: Option<SessionId>,
    /// What was typed.
    pub text: String,
    /// The model; none for the engine's default.
    pub model: Option<String>,
    /// A question that makes way for this one, with all that followed it.
    pub replaces: Option<MessageId>,
    /// Ask the question that `replaces` names again, as it was typed.
    pub regenerate: bool,
}

/// What became of a message.
pub enum Sent {
    /// The model answers.
    Answer(Answering),
    /// Not a question to the model: it is for whoever shows the conversation.
    Action(Action),
    /// `/help`: the text to show.
    Help(String),
}

/// An answer that is on its way.
pub struct Answering {
    /// The conversation.
    pub session: SessionId,
    /// The question.
    pub question: MessageId,
    /// The answer.
    pub answer: MessageId,
    /// What went along.
    pub attachments: Vec<Attachment>,
    /// The tokens of each, estimated.
    pub tokens: Vec<usize>,
    /// What the user is to know: rules that apply, what was cut.
    pub notes: Vec<String>,
    /// The model's name.
    pub model: String,
    /// The stream. It works only while it is read, and what it tells is kept already.
    pub events: BoxStream<'static, ChatEvent>,
}

/// What a message would bring along.
#[derive(Debug, Default)]
pub struct Preview {
    /// The attachments that fit.
    pub attachments: Vec<Attachment>,
    /// The tokens of each.
    pub tokens: Vec<usize>,
    /// What would be cut.
    pub cut: Vec<String>,
    /// Mentions that cannot be resolved, as they were typed.
    pub problems: Vec<(String, MentionError)>,
    /// The tokens of all of it with the text.
    pub total: usize,
    /// The tokens that there is room for.
    pub budget: usize,
}

/// Why a message was not sent. Nothing is kept of it then.
#[derive(Debug, Error)]
pub enum SendError {
    /// There is nothing in it.
    #[error("the message is empty; write a question")]
    Empty,
    /// A command that there is not.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Mentions that bring nothing.
    #[error("{}", said(.0))]
    Mentions(Vec<(String, MentionError)>),
    /// The conversations cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine has no such model, or cannot be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn said(problems: &[(String, MentionError)]) -> String {
    problems.iter().map(|(_, error)| error.to_string()).collect::<Vec<_>>().join("\n")
}

/// The room of a model's conversations.
struct Rooms {
    model: String,
    measure: Arc<Measure>,
    prompt_tokens: usize,
}

impl Rooms {
    fn attachments(&self) -> usize {
        self.prompt_tokens * ATTACHMENTS_PERCENT / 100
    }
}

impl Conversations {
    /// None are read yet.
    pub fn new(options: Options) -> Self {
        Self { options, measures: Mutex::default() }
    }

    /// Where they are kept.
    pub fn store(&self) -> &Arc<Store> {
        &self.options.store
    }

    /// Sends a message. `world` is the workspace and the editor at this moment. What was asked is kept before the model is.
    ///
    /// # Errors
    /// When there is nothing to ask, a mention brings nothing, or there is no model or no place to keep it.
    pub async fn send(
        &self,
        outgoing: Outgoing,
        world: Arc<World>,
        cancel: CancellationToken,
    ) -> Result<Sent, SendError> {
        let mut text = outgoing.text;
        if let (true, Some(replaced)) = (outgoing.regenerate, outgoing.replaces) {
            text = self.options.store.message(replaced)?.text;
        }
        if text.trim().is_empty() {
            return Err(SendError::Empty);
        }
        let files = self.prompt_files(&world);
        let question = match commands::read(text.trim(), &files, situation(&world))? {
            Action::Ask(question) => question,
            Action::Help => return Ok(Sent::Help(commands::help(&files))),
            action => return Ok(Sent::Action(action)),
        };
        let rooms = self.rooms(outgoing.model.as_deref()).await?;
        let (resolved, problems) = resolved(&question, &world).await;
        if !problems.is_empty() {
            return Err(SendError::Mentions(problems));
        }
        let Fitted { attachments, tokens, cut } =
            fit(resolved, rooms.attachments(), &|text| rooms.measure.tokens(text));
        let kept = NewMessage { text: text.trim().to_owned(), attachments: attachments.clone() };
        let store = &self.options.store;
        let root = world.roots.first().map(|root| root.to_string_lossy().into_owned());
        let session = match outgoing.session {
            Some(session) => session,
            None => store.create_session(root.as_deref())?,
        };
        let question = match outgoing.replaces {
            Some(replaced) => store.replace_question(session, replaced, &kept)?,
            None => store.add_question(session, &kept)?,
        };
        let request = self.request(session, outgoing.model, &world, &files, &attachments)?;
        let applied = request.conversation.rules.iter().map(|rule| format!("{}: {}", rule.path, rule.why));
        let notes = applied.chain(cut).collect();
        let answer = store.begin_answer(session)?;
        let events = ask(self.options.engine.clone(), rooms.measure.clone(), request, cancel);
        let events = record(store.clone(), session, answer, events, |error| {
            tracing::error!(%error, "an answer cannot be kept");
        });
        let model = rooms.model;
        Ok(Sent::Answer(Answering { session, question, answer, attachments, tokens, notes, model, events }))
    }

    /// What a message would bring along, for whoever is still writing it. A command that is not finished brings nothing.
    ///
    /// # Errors
    /// When the engine does not know the model.
    pub async fn preview(
        &self,
        text: &str,
        model: Option<&str>,
        world: &Arc<World>,
    ) -> Result<Preview, EngineError> {
        let rooms = self.rooms(model).await?;
        let files = self.prompt_files(world);
        let question = match commands::read(text.trim(), &files, situation(world)) {
            Ok(Action::Ask(question)) => question,
            Ok(_) | Err(_) => return Ok(Preview { budget: rooms.prompt_tokens, ..Preview::default() }),
        };
        let (resolved, problems) = resolved(&question, world).await;
        let measure = |text: &str| rooms.measure.tokens(text);
        let Fitted { attachments, tokens, cut } = fit(resolved, rooms.attachments(), &measure);
        let total = measure(&question.text) + tokens.iter().sum::<usize>();
        Ok(Preview { attachments, tokens, cut, problems, total, budget: rooms.prompt_tokens })
    }

    /// The user's commands and Weft's, for `/`.
    pub fn prompt_files(&self, world: &World) -> PromptFiles {
        load_prompt_files(world.roots.first().map(PathBuf::as_path), self.options.user_prompts.as_deref())
    }

    /// The tokens of stored attachments, by what is known of a model's tokens.
    pub fn tokens_of(&self, model: Option<&str>, attachment: &Attachment) -> usize {
        self.measure(model.unwrap_or_default()).tokens(&attachment.text)
    }

    async fn rooms(&self, model: Option<&str>) -> Result<Rooms, EngineError> {
        let info = self.info(model).await?;
        let context = super::line::context_tokens(&info);
        // As the line shares it.
        let room = Room { context_tokens: context, answer_tokens: (ANSWER_TOKENS as usize).min(context / 2) };
        let measure = self.measure(&info.name);
        Ok(Rooms { model: info.name, measure, prompt_tokens: room.prompt_tokens() })
    }

    /// What is known of a model, or of the one that stands in for it where nothing can be learnt.
    async fn info(&self, model: Option<&str>) -> Result<ModelInfo, EngineError> {
        let engine = &self.options.engine;
        let error = match engine.model_info(model).await {
            Ok(info) => return Ok(info),
            Err(error) => error,
        };
        match engine.fallback(model) {
            Some(next) => engine.model_info(Some(&next)).await,
            None => Err(error),
        }
    }

    /// How a model's tokens are counted, and how many a prompt may have that is no conversation's.
    ///
    /// # Errors
    /// When the engine does not know the model.
    pub async fn room(
        &self,
        model: Option<&str>,
        answer_tokens: u32,
    ) -> Result<(Arc<Measure>, usize), EngineError> {
        let info = self.info(model).await?;
        let context = super::line::context_tokens(&info);
        let answer = (answer_tokens as usize).min(context / 2);
        Ok((self.measure(&info.name), context - answer))
    }

    fn measure(&self, model: &str) -> Arc<Measure> {
        let mut measures = self.measures.lock().unwrap_or_else(PoisonError::into_inner);
        measures.entry(model.to_owned()).or_default().clone()
    }

    /// The whole conversation as a request. The last message in the store is the question.
    fn request(
        &self,
        session: SessionId,
        model: Option<String>,
        world: &World,
        files: &PromptFiles,
        attachments: &[Attachment],
    ) -> Result<ChatRequest, StoreError> {
        let store = &self.options.store;
        let messages = store.messages(session)?;
        let compaction: Compaction =
            store.compaction(session)?.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
        let rules = match world.roots.first() {
            Some(root) => rules::find(root, &rule_files(world, root, attachments)).applied,
            None => Vec::new(),
        };
        let about = world.roots.first().and_then(|root| root.file_name()).map_or_else(String::new, |name| {
            format!("The workspace is the folder `{}`.", name.to_string_lossy())
        });
        let turns = turns(&messages, files, situation(world));
        let began = local(messages.first().map_or(0, |message| message.created));
        Ok(ChatRequest {
            model,
            conversation: Conversation { about, rules, turns, compaction },
            answer_tokens: ANSWER_TOKENS,
            began,
            thinking: None,
        })
    }
}

/// Questions with what was attached to them and their answers.
fn turns(messages: &[StoredMessage], files: &PromptFiles, situation: Situation) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for message in messages {
        match (message.role, turns.last_mut()) {
            (Role::User, _) => turns.push(Turn {
                id: message.id.0,
                question: written_out(&message.text, files, situation),
                context: render(&message.attachments),
                ..Turn::default()
            }),
            (Role::Assistant, Some(turn)) => {
                turn.answer.clone_from(&message.text);
                turn.thinking.clone_from(&message.thinking);
            }
            (Role::Assistant, None) => {}
        }
    }
    turns
}

/// A message as the model reads it: a command as the text that it stands for.
fn written_out(text: &str, files: &PromptFiles, situation: Situation) -> String {
    match commands::read(text, files, situation) {
        Ok(Action::Ask(question)) => question.text,
        // What it was when it was sent is not known any more.
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// The mentions of a question, those that its command adds, and the file being edited.
async fn resolved(question: &Question, world: &Arc<World>) -> (Vec<Resolved>, Vec<(String, MentionError)>) {
    let mut mentions: Vec<Mention> = parse(&question.text);
    for added in &question.mentions {
        mentions.extend(parse(added));
    }
    let mut seen: Vec<String> = Vec::new();
    mentions.retain(|mention| {
        let new = !seen.contains(&mention.text);
        seen.push(mention.text.clone());
        new
    });
    let (mut resolved, mut problems) = (Vec::new(), Vec::new());
    let default = {
        let (mentions, world) = (mentions.clone(), world.clone());
        let looking = tokio::task::spawn_blocking(move || default_context(&mentions, &world));
        looking.await.ok().flatten()
    };
    for mention in &mentions {
        match resolve(mention, world, &question.text).await {
            Ok(found) => resolved.extend(found),
            Err(error) => problems.push((mention.text.clone(), error)),
        }
    }
    resolved.extend(default);
    (resolved, problems)
}

fn situation(world: &World) -> Situation {
    Situation {
        selection: world.current.as_ref().is_some_and(|current| !current.selection.is_empty()),
        file: world.current.is_some(),
    }
}

/// The files that a question is about: the edited one first.
fn rule_files(world: &World, root: &Path, attachments: &[Attachment]) -> Vec<String> {
    let current = world.current.as_ref().and_then(|current| current.document.path.as_deref());
    let current = current.and_then(|path| path.strip_prefix(root).ok());
    let current = current.map(|path| path.to_string_lossy().replace('\\', "/"));
    let others = attachments.iter().filter_map(|attachment| attachment.path.clone());
    let mut files: Vec<String> = Vec::new();
    for file in current.into_iter().chain(others) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// A time of the store, in the user's zone. One that is none is the epoch: only a date in the prompt depends on it.
fn local(milliseconds: i64) -> DateTime {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::system().to_datetime(time)
}
