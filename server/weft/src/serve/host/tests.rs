//! Models that stay, leave, and make room, without loading any. Must not need a model file.

use super::*;
use crate::settings::CommandLine;

fn host(folder: &std::path::Path, budget: Budget) -> Arc<Host> {
    let paths = Paths {
        models: folder.join("models"),
        run: folder.join("run"),
        index: folder.join("index"),
        data: folder.join("data"),
        prompts: folder.join("prompts"),
        config: folder.join("config.toml"),
        keys: folder.join("keys.toml"),
    };
    let command_line = CommandLine { model: None, idle_seconds: Some(100) };
    let settings = Settings::load(&paths, None, &command_line).unwrap();
    Arc::new(Host::new(&paths, &settings, budget))
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
    let mut slot = Slot { number, name, state, bytes, context_tokens: 0, active: 0, last_used, keep };
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
    let room = |name: &str, bytes| host.make_room(&mut host.slots(), name, bytes);
    assert_eq!(room("new", 10), Ok(()));
    assert_eq!(names(&host).len(), 3);
    assert_eq!(room("new", 40), Ok(()));
    assert_eq!(names(&host), ["second", "third"]);
    let Err(EngineError::ModelUnusable { model, reason }) = room("huge", 101_000_000) else { panic!() };
    assert_eq!(model, "huge");
    assert!(reason.contains("about 101 MB") && reason.contains("1 MB are available"), "{reason}");
    assert_eq!(names(&host), ["second", "third"], "nobody leaves for nothing");
}

#[test]
fn a_smaller_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path(), Budget::Bytes(1_500_000_000));
    let Err(EngineError::ModelUnusable { reason, .. }) =
        host.make_room(&mut host.slots(), "huge", 2_000_000_000)
    else {
        panic!()
    };
    assert!(reason.contains("weft models pull qwen2.5-coder-0.5b"), "{reason}");
}
