//! Models that stay, leave, and make room, without loading any. Must not need a model file.

use super::*;
use crate::settings::CommandLine;

fn host(folder: &std::path::Path, budget: Budget) -> Arc<Host> {
    let paths = Paths::in_folder(folder);
    let command_line = CommandLine { model: None, idle_seconds: Some(100) };
    let settings = Settings::load(&paths, None, &command_line).unwrap();
    Arc::new(Host::new(&paths, &settings, budget))
}

/// How a model of that size fits, of which nothing else is known.
fn fit_of(bytes: u64) -> Fit {
    let contexts = ContextSizes { completion: 1, chat: 1 };
    fitted(&GgufMetadata::default(), bytes, contexts, models::MemoryOf::default()).unwrap().fit
}

/// What is said of a model of that size that is to be loaded.
fn refused(host: &Arc<Host>, bytes: u64) -> String {
    let model = Resolved { name: "huge".into(), path: "huge.gguf".into(), bytes };
    let refused = host.fit(&host.slots(), &model, &GgufMetadata::default());
    let Err(EngineError::ModelUnusable { model, reason }) = refused else { panic!("{refused:?}") };
    assert_eq!(model, "huge");
    reason
}

/// A model of that size in memory; the sender keeps its state alive.
fn hold(host: &Arc<Host>, name: &str, bytes: u64) -> (Lease, watch::Sender<LoadState>) {
    let (sender, state) = watch::channel(LoadState::Loading(0.5));
    let mut slots = host.slots();
    let number = slots.next_number;
    slots.next_number += 1;
    let keep = KeepAlive::For(host.keep);
    let last_used = Instant::now();
    let name = name.to_owned();
    let fit = fit_of(bytes);
    let mut slot = Slot { number, name, state, fit, read_per_token_bytes: 0, active: 0, last_used, keep };
    let loading = host.lease(&mut slot);
    slots.slots.push(slot);
    (loading.lease, sender)
}

fn names(host: &Host) -> Vec<String> {
    host.slots().slots.iter().map(|slot| slot.name.clone()).collect()
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_model_leaves_when_it_was_not_used_for_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(100));
    let (lease, _state) = hold(&host, "used", 10);
    let (other, _other_state) = hold(&host, "idle", 10);
    drop(other);
    let unloading = tokio::spawn({
        let host = host.clone();
        async move { host.unload_idle().await }
    });
    seconds(99).await;
    assert_eq!(names(&host), ["used", "idle"]);
    seconds(2).await;
    assert_eq!(names(&host), ["used"], "it is at work");
    drop(lease);
    seconds(99).await;
    assert_eq!(names(&host), ["used"], "the time counts from the end of the work");
    seconds(2).await;
    assert!(names(&host).is_empty());
    unloading.abort();
}

#[tokio::test(start_paused = true)]
async fn keep_alive_is_each_models_own() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(100));
    let held: Vec<_> = ["forever", "short", "now"].iter().map(|name| hold(&host, name, 10)).collect();
    host.keep("forever", KeepAlive::Forever);
    host.keep("short", KeepAlive::For(Duration::from_secs(5)));
    host.keep("now", KeepAlive::For(Duration::ZERO));
    assert_eq!(names(&host).len(), 3, "they are at work");
    let mut states = Vec::new();
    for (lease, state) in held {
        drop(lease);
        states.push(state);
    }
    assert_eq!(names(&host), ["forever", "short"], "not at all is at once");
    let unloading = tokio::spawn({
        let host = host.clone();
        async move { host.unload_idle().await }
    });
    seconds(10_000).await;
    assert_eq!(names(&host), ["forever"]);
    assert!(host.unload("forever") && !host.unload("forever"));
    unloading.abort();
}

#[tokio::test(start_paused = true)]
async fn room_is_made_by_who_was_not_used_for_longest() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(100));
    let mut states = Vec::new();
    for name in ["first", "second", "third"] {
        let (lease, state) = hold(&host, name, 30);
        drop(lease);
        states.push(state);
        seconds(1).await;
    }
    let room = |bytes| host.make_room(&mut host.slots(), &fit_of(bytes));
    room(10);
    assert_eq!(names(&host).len(), 3);
    room(40);
    assert_eq!(names(&host), ["second", "third"]);
    let reason = refused(&host, 101_000_000);
    assert!(reason.contains("about 101 MB") && reason.contains("1 MB are available"), "{reason}");
    assert_eq!(names(&host), ["second", "third"], "nobody leaves for nothing");
}

#[test]
fn a_smaller_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(1_500_000_000));
    let reason = refused(&host, 2_000_000_000);
    assert!(reason.contains("weft models pull qwen2.5-coder-0.5b"), "{reason}");
}

#[test]
fn what_was_reduced_is_known_before_the_model_is_loaded() {
    // The header of a model of 1 GB with 200 KB of cache for each token.
    let metadata = GgufMetadata {
        block_count: Some(10),
        embedding_length: Some(5000),
        head_count: Some(models::PerLayer::Same(1)),
        ..GgufMetadata::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(2_000_000_000));
    let model = Resolved { name: "m".into(), path: "m.gguf".into(), bytes: 1_000_000_000 };
    let (contexts, told) = host.contexts_of(&model, &metadata).unwrap();
    assert_eq!(contexts, ContextSizes { completion: 2048, chat: 2048 });
    assert_eq!(
        told,
        ["chats have 2048 tokens of context, not 8192", "completions have 2048 tokens of context, not 4096"]
    );
}
