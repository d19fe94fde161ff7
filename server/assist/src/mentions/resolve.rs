//! From a mention to its text: which kind is resolved where. It must not read anything itself.

use std::sync::Arc;

use crate::mentions::error::MentionError;
use crate::mentions::kind::{Mention, MentionKind};
use crate::mentions::resolved::Resolved;
use crate::mentions::world::World;
use crate::mentions::{
    codebase, diff, editor, file, folder, place, repo, search, suggest, symbol, tree, url,
};

/// Resolves a mention. `question` is the message, which `@codebase` looks for.
///
/// All but `@url` (and the model that `@codebase` asks) block on the disk (and `@diff` and `@commit` on git), so that is done on a thread of tokio's that may block; it needs a
/// runtime of tokio. Some mentions become several attachments: `@open`, `@symbol`, `@codebase`.
///
/// # Errors
/// When it brings nothing; the message says what happened and what to do.
pub async fn resolve(
    mention: &Mention,
    world: &Arc<World>,
    question: &str,
) -> Result<Vec<Resolved>, MentionError> {
    if let MentionKind::Url { url } = &mention.kind {
        return url::resolve(&mention.text, url, world).await;
    }
    if mention.kind == MentionKind::Codebase {
        return codebase::resolve(&mention.text, question, world).await;
    }
    let (mention, world) = (mention.clone(), Arc::clone(world));
    let typed = mention.text.clone();
    let task = tokio::task::spawn_blocking(move || resolve_here(&mention, &world));
    task.await.unwrap_or(Err(MentionError::BrokenOff { mention: typed }))
}

fn resolve_here(mention: &Mention, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let typed = mention.text.as_str();
    match identify(mention, world)? {
        MentionKind::File { path, lines } => file::file(typed, &path, lines, world),
        MentionKind::Folder { path } => folder::resolve(typed, &path, world),
        MentionKind::Symbol { name } | MentionKind::Name { name } => symbol::resolve(typed, &name, world),
        MentionKind::Current { lines } => file::current(typed, lines, world),
        MentionKind::Selection => file::selection(typed, world),
        MentionKind::Open => file::open(typed, world),
        MentionKind::Visible => file::visible(typed, world),
        MentionKind::Diff { base } => diff::diff(typed, &base, world),
        MentionKind::Commit { revision } => diff::commit(typed, &revision, world),
        MentionKind::Problems => editor::problems(typed, world),
        MentionKind::Terminal => editor::terminal(typed, world),
        MentionKind::Tree => tree::resolve(typed, world),
        MentionKind::Search { text } => search::resolve(typed, &text, world),
        MentionKind::Repo => repo::resolve(typed, world),
        MentionKind::Recent => editor::recent(typed, world),
        MentionKind::Clipboard => editor::clipboard(typed, world),
        MentionKind::Os => editor::system(typed, world),
        // Both are resolved before, because they wait for others.
        MentionKind::Codebase => Err(MentionError::BrokenOff { mention: typed.to_owned() }),
        MentionKind::Url { .. } => Err(MentionError::NetworkOff { mention: typed.to_owned() }),
    }
}

/// What a mention means in a workspace: a bare name becomes a file, a folder or a symbol, in this order; any other kind stays as it is.
/// Blocks on the disk.
///
/// # Errors
/// When nothing has the name, or several files end with it, or the one that has it may not be read.
pub fn identify(mention: &Mention, world: &World) -> Result<MentionKind, MentionError> {
    let MentionKind::Name { name } = &mention.kind else { return Ok(mention.kind.clone()) };
    let as_path = |place: place::Place| match place.path.is_dir() {
        true => MentionKind::Folder { path: name.clone() },
        false => MentionKind::File { path: name.clone(), lines: None },
    };
    match place::locate_in(world, name, place::Names::Kept) {
        Err(MentionError::Missing { .. }) => {}
        other => return other.map(as_path),
    }
    if symbol::is_defined(name, world) {
        return Ok(MentionKind::Symbol { name: name.clone() });
    }
    match place::locate(world, name) {
        Err(MentionError::Missing { .. }) => {
            let listing = world.files.listing(&world.roots);
            let suggestions = suggest::similar_names(&listing, world.index.as_deref(), name);
            Err(MentionError::Unresolved { mention: mention.text.clone(), suggestions })
        }
        other => other.map(as_path),
    }
}
