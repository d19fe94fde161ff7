//! `weft models search`: repositories with models in GGUF. It must not fetch any.

use crate::commands::pull::options;
use anyhow::Result;
use models::search;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) async fn run(words: &str, most: usize, as_json: bool) -> Result<ExitCode> {
    let found = search(words, most, &options()).await?;
    if as_json {
        let rows: Vec<Value> = found
            .iter()
            .map(|it| {
                json!({
                    "name": format!("hf:{}", it.id), "downloads": it.downloads, "likes": it.likes, "updated": it.updated,
                })
            })
            .collect();
        say!("{:#}", Value::from(rows));
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        say!("Nothing on the hub has the words {words} and a model in GGUF. Fewer words find more");
        return Ok(ExitCode::SUCCESS);
    }
    let width = found.iter().map(|it| it.id.chars().count() + 3).max().unwrap_or(0).max(20);
    say!("{:<width$}  {:>10}  {:>6}  UPDATED", "NAME", "DOWNLOADS", "LIKES");
    for it in &found {
        let name = format!("hf:{}", it.id);
        let updated = it.updated.as_deref().and_then(|time| time.get(..10)).unwrap_or("-");
        say!("{name:<width$}  {:>10}  {:>6}  {updated}", it.downloads, it.likes);
    }
    say!("\nFetch one with: weft models pull NAME");
    Ok(ExitCode::SUCCESS)
}
