//! The straight line of one answer: context → prompt → engine → post-process. It tells how far it is while the model writes.
//! It must not decide whether or when an answer is wanted.

use super::answer::Work;
use super::flight::{For, Progress};
use super::held::{Held, Place, Size};
use super::prompt::{self, BuiltPrompt, Choice};
use super::stream::{self, Generated};
use super::{Request, Shared, Silence, Stats, Suggestion, guidance, model};
use crate::post::{DropReason, Options, Site, post_process_with};
use context::Gathered;
use documents::Snapshot;
use engine::{CancellationToken, FinishReason, GenerateRequest, Guidance, Priority};
use std::sync::Arc;
use std::time::Instant;
use syntax::Tree;
use tokio::sync::watch;

/// Makes the answer to a request. An error is the reason for silence. Where a model fails and another one stands in for it, that one
/// answers.
pub(super) async fn run(
    shared: &Shared,
    request: &Request,
    whom: For,
    cancel: &CancellationToken,
    progress: &watch::Sender<Progress>,
    work: &mut Work,
) -> Result<Vec<Suggestion>, Silence> {
    let mut asked: Vec<Option<String>> = Vec::new();
    let mut model = shared.model();
    loop {
        let next =
            shared.engine.fallback(model.as_deref()).filter(|next| !asked.contains(&Some(next.clone())));
        let name = model.clone().unwrap_or_default();
        asked.push(model.clone());
        if let Some(next) = next.clone().filter(|_| shared.resting.is_resting(&name, Instant::now())) {
            work.fallback = Some(format!("{name}: it failed a moment ago"));
            model = Some(next);
            continue;
        }
        let asking = Asking { model, whom, cancel };
        let outcome = answer(shared, request, &asking, progress, work).await;
        match (outcome, next) {
            (Err(Silence::Engine(error)), Some(next)) => {
                shared.resting.failed(&name, Instant::now());
                let asked = work.model.clone().unwrap_or(name);
                work.fallback = Some(format!("{asked}: {error}"));
                model = Some(next);
            }
            (outcome, _) => return outcome,
        }
    }
}

/// Whom to ask, and for whom.
struct Asking<'a> {
    model: Option<String>,
    whom: For,
    cancel: &'a CancellationToken,
}

async fn answer(
    shared: &Shared,
    request: &Request,
    asking: &Asking<'_>,
    progress: &watch::Sender<Progress>,
    work: &mut Work,
) -> Result<Vec<Suggestion>, Silence> {
    // Asked for, an answer may take its time.
    let excerpts = if request.suggestions <= 1 { Excerpts::Held } else { Excerpts::Newest };
    let prepared = prepare(shared, request, asking, excerpts, work).await?;
    let Prepared { built, guidance, .. } = &prepared;
    let tree = tree_of(&request.snapshot).await;
    let site = Site {
        language: request.snapshot.language,
        text: &request.snapshot.text,
        tree: tree.as_ref(),
        cursor: request.cursor,
    };
    let started = Instant::now();
    let mut suggestions: Vec<Suggestion> = Vec::new();
    let mut dropped = None;
    for _ in 0..request.suggestions.max(1) {
        let first = work.raw.is_empty();
        let generate = generate_request(shared, built, guidance.clone(), work.raw.clone(), asking);
        let least = least_probability(shared, request);
        work.least_probability = least;
        let so_far = if first { work.clone() } else { Work::default() };
        let mut told = Told { shared, request, site: &site, progress, built, so_far, lines: 0 };
        let mut tell = |generated: &Generated, stats: &Stats| {
            if first {
                told.tell(generated, stats);
            }
        };
        let generated =
            stream::run(&*shared.engine, generate, asking.cancel, &site, least, &mut work.stats, &mut tell)
                .await;
        let generated = match generated {
            Ok(generated) => generated,
            // Further suggestions are a bonus: a failure does not take away the first.
            Err(_) if !suggestions.is_empty() => break,
            Err(silence) => return Err(silence),
        };
        if generated.text.is_empty() && !first {
            break;
        }
        work.raw.push(generated.text.clone());
        work.probability.get_or_insert(generated.first_line_probability());
        let finished = finish_sure(&generated, &site, least, Some(&mut work.rules));
        match finished {
            Ok(suggestion) if suggestions.iter().all(|other| other.text != suggestion.text) => {
                suggestions.push(suggestion);
            }
            Ok(_) => {}
            Err(reason) => _ = dropped.get_or_insert(reason),
        }
    }
    shared.rhythm.answered(started.elapsed());
    measure(shared, built, work);
    if suggestions.is_empty() {
        Err(Silence::Dropped(dropped.unwrap_or(DropReason::Empty)))
    } else {
        Ok(suggestions)
    }
}

/// Evaluates the prompt that an answer to `request` would need, and generates nothing. It makes way for
/// whatever somebody waits for.
pub(super) async fn warm(shared: &Shared, request: &Request, excerpts: Excerpts) {
    let mut work = Work::default();
    let cancel = CancellationToken::new();
    let asking = Asking { model: shared.model(), whom: For::Later, cancel: &cancel };
    let Ok(prepared) = prepare(shared, request, &asking, excerpts, &mut work).await else { return };
    let guidance = Guidance::default();
    let generate = generate_request(shared, &prepared.built, guidance, Vec::new(), &asking);
    let generate = GenerateRequest { max_tokens: 0, ..generate };
    let done = stream::evaluate(&*shared.engine, generate).await;
    // What was held is what was evaluated already.
    if done && excerpts == Excerpts::Newest {
        let choice = (prepared.built.excerpts, prepared.size);
        shared.held.put(&request.snapshot.id, prepared.place, choice, Instant::now());
    }
}

/// Which excerpts a prompt has while others are held for its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excerpts {
    /// Those that are held.
    Held,
    /// The best that are found now; they are held from then on.
    Newest,
    /// The best that are found now, for a place where nobody has asked yet: they are not held.
    Trial,
}

struct Prepared {
    built: BuiltPrompt,
    size: Size,
    place: Place,
    guidance: Guidance,
}

/// Context and prompt.
async fn prepare(
    shared: &Shared,
    request: &Request,
    asking: &Asking<'_>,
    excerpts: Excerpts,
    work: &mut Work,
) -> Result<Prepared, Silence> {
    let model = model::detect(&*shared.engine, asking.model.as_deref()).await?;
    // What a provider computes ahead is paid for, and nobody may ever look at it.
    if asking.whom == For::Later && !model.format.is_own() {
        return Err(Silence::Cancelled);
    }
    work.model = Some(model.name.clone());
    let document = &request.snapshot.id;
    let line = request.snapshot.text.line_of(request.cursor);
    let place = Place { line, workspace: shared.revision_beside(request) };
    let mut settings = shared.sized_settings();
    let seconds = shared.pace.seconds(settings.budget.prompt_tokens + settings.excerpt_tokens);
    let held = shared.held.at(document, place, seconds, Instant::now());
    let held = held.filter(|_| excerpts == Excerpts::Held);
    let started = Instant::now();
    // Where excerpts are held, looking for others would be for nothing.
    let gathered = gather(shared, request, held.is_some()).await;
    work.context_ms = started.elapsed().as_secs_f64() * 1000.0;
    let names = gathered.names.clone();
    work.held = held.is_some();
    let (choice, size) = match held {
        Some((held, size)) => (Choice::Held(held), size),
        None => {
            // Who only asks, or comes to a place, is there for the answer and gets the better one.
            let typing = shared.rhythm.is_typing(Instant::now());
            let first = excerpts == Excerpts::Held && settings.follow_pace && typing;
            let size = if first { Held::first_size(seconds) } else { Size::Whole };
            (Choice::Free { before: shared.held.last(document) }, size)
        }
    };
    if size == Size::Half {
        settings.budget.prompt_tokens /= 2;
        settings.excerpt_tokens /= 2;
    }
    work.held |= size == Size::Half;
    let built = prompt::build(request, &model, &settings, gathered, choice, &shared.pace);
    if excerpts == Excerpts::Held {
        shared.held.put(document, place, (built.excerpts.clone(), size), Instant::now());
    }
    let guidance = guidance::guidance(names, built.prefix());
    Ok(Prepared { built, size, place, guidance })
}

/// What the workspace has for a request. Looking for it reads files, so it is done where blocking is allowed.
async fn gather(shared: &Shared, request: &Request, only_names: bool) -> Gathered {
    if shared.workspace.index.is_none() {
        return Gathered::default();
    }
    let (snapshot, cursor) = (request.snapshot.clone(), request.cursor);
    let (workspace, mut sources) = (shared.workspace.clone(), shared.settings().sources.clone());
    if only_names {
        sources
            .off
            .extend(context::Source::ALL.into_iter().filter(|source| *source != context::Source::Names));
    }
    let gathering =
        tokio::task::spawn_blocking(move || context::gather(&snapshot, cursor, &workspace, &sources));
    gathering.await.unwrap_or_default()
}

fn generate_request(
    shared: &Shared,
    built: &BuiltPrompt,
    guidance: Guidance,
    avoid: Vec<String>,
    asking: &Asking<'_>,
) -> GenerateRequest {
    GenerateRequest {
        model: asking.model.clone(),
        segments: built.segments.clone(),
        fill: built.fill.clone(),
        messages: built.messages.clone(),
        begins_with: built.begins_with.clone(),
        max_tokens: shared.settings().max_tokens,
        sampler: shared.settings().sampler,
        guidance,
        avoid,
        grammar: None,
        stops: built.stops.clone(),
        tail: built.tail,
        priority: match asking.whom {
            For::Now => Priority::Interactive,
            For::Later => Priority::Ahead,
        },
    }
}

/// What the engine said of the machine and the model.
fn measure(shared: &Shared, built: &BuiltPrompt, work: &mut Work) {
    shared.pace.measured(&work.stats.prompt);
    let (bytes, tokens) = built.counted(&work.stats);
    shared.pace.counted(bytes, tokens);
    for (text, tokens) in built.counted_excerpts(&work.stats) {
        shared.pace.counted_text(text, tokens);
    }
    work.parts = built.parts(&work.stats);
    work.excerpts = built.excerpt_traces(&work.stats);
}

/// Tells those who wait how far the model is.
struct Told<'a> {
    shared: &'a Shared,
    request: &'a Request,
    site: &'a Site<'a>,
    progress: &'a watch::Sender<Progress>,
    built: &'a BuiltPrompt,
    /// What was done before the model began to write.
    so_far: Work,
    /// Line ends seen so far.
    lines: usize,
}

impl Told<'_> {
    fn tell(&mut self, generated: &Generated, stats: &Stats) {
        let lines = generated.text.bytes().filter(|byte| *byte == b'\n').count();
        let shown = if lines > self.lines { self.whole_lines(generated) } else { None };
        self.lines = lines;
        self.progress.send_modify(|progress| {
            progress.first_token.get_or_insert_with(tokio::time::Instant::now);
            progress.raw.clone_from(&generated.text);
            if shown.is_some() {
                progress.lines = shown;
                progress.so_far = Some(Arc::new(self.so_far(generated, stats)));
            }
        });
    }

    /// What somebody is told who is given the lines that are whole.
    fn so_far(&self, generated: &Generated, stats: &Stats) -> Work {
        Work {
            raw: vec![generated.text.clone()],
            probability: Some(generated.first_line_probability()),
            parts: self.built.parts(stats),
            excerpts: self.built.excerpt_traces(stats),
            stats: stats.clone(),
            ..self.so_far.clone()
        }
    }

    /// The lines that are whole, if they can be shown as they are.
    fn whole_lines(&self, generated: &Generated) -> Option<Suggestion> {
        let end = generated.text.rfind('\n')?;
        let whole = Generated { text: generated.text.get(..end)?.to_owned(), ..generated.clone() };
        let least = least_probability(self.shared, self.request);
        finish_sure(&whole, self.site, least, None).ok()
    }
}

/// A suggestion that nobody asked for must be worth the look.
fn least_probability(shared: &Shared, request: &Request) -> f32 {
    if request.suggestions > 1 { 0.0 } else { shared.settings().least_probability }
}

fn finish_sure(
    generated: &Generated,
    site: &Site<'_>,
    least_probability: f32,
    rules: Option<&mut Vec<String>>,
) -> Result<Suggestion, DropReason> {
    if generated.first_line_probability() < least_probability {
        return Err(DropReason::LowConfidence);
    }
    finish(generated, site, rules)
}

/// Post-processes one generation; the rules that did something go into the trace.
fn finish(
    generated: &Generated,
    site: &Site<'_>,
    rules: Option<&mut Vec<String>>,
) -> Result<Suggestion, DropReason> {
    let truncated = generated.reason == Some(FinishReason::Length);
    let outcome = post_process_with(&generated.text, site, Options { truncated });
    if let Some(rules) = rules {
        rules
            .extend(outcome.applied.into_iter().map(|applied| format!("{}: {}", applied.rule, applied.what)));
    }
    let Some(insertion) = outcome.insertion else {
        return Err(outcome.dropped.unwrap_or(DropReason::Empty));
    };
    Ok(Suggestion {
        text: insertion.text,
        replace_after: insertion.replace_after,
        tokens: generated.tokens,
        mean_logprob: generated.mean_logprob(),
        probability: generated.first_line_probability(),
    })
}

/// The document's tree. An unfinished one is parsed where blocking is allowed: a large file takes 100 ms.
async fn tree_of(snapshot: &Snapshot) -> Option<Tree> {
    if let Some(tree) = snapshot.tree_if_ready() {
        return Some(tree);
    }
    let snapshot = snapshot.clone();
    tokio::task::spawn_blocking(move || snapshot.tree()).await.ok().flatten()
}
