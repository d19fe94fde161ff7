//! The models in Ollama's own store, read in place. It must not write there, ever.
//!
//! Ollama keeps `manifests/HOST/NAMESPACE/MODEL/TAG`, each a list of layers by digest, and `blobs/sha256-HEX`. The layer of the type
//! `application/vnd.ollama.image.model` is a GGUF file as it is.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::store::file_bytes;

/// A model of Ollama's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OllamaModel {
    /// As Ollama shows it: `qwen2.5-coder:1.5b`.
    pub(crate) name: String,
    /// The GGUF file.
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

const MODEL: &str = "application/vnd.ollama.image.model";
/// Weights that belong on top of the model's: without them it would be another model.
const ADAPTER: &str = "application/vnd.ollama.image.adapter";
/// What Ollama leaves out of a name.
const HOST: &str = "registry.ollama.ai";
const NAMESPACE: &str = "library";
/// A manifest is some hundred bytes.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(default, rename = "mediaType")]
    media_type: String,
    #[serde(default)]
    digest: String,
}

/// All models of a store, by name.
pub(crate) fn list(store: &Path) -> Vec<OllamaModel> {
    let mut models = Vec::new();
    walk(store, &store.join("manifests"), &mut Vec::new(), &mut models);
    models.sort_by(|one, other| one.name.cmp(&other.name));
    models
}

/// The model of that name; without a tag it is `latest`, as with Ollama.
pub(crate) fn find(store: &Path, name: &str) -> Option<OllamaModel> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let full = if last.contains(':') { name.to_owned() } else { format!("{name}:latest") };
    list(store).into_iter().find(|model| model.name.eq_ignore_ascii_case(&full))
}

/// The blob with that checksum, if it is there in that size.
pub(crate) fn blob(store: &Path, sha256: &str, bytes: u64) -> Option<PathBuf> {
    let path = store.join("blobs").join(format!("sha256-{sha256}"));
    (file_bytes(&path) == Some(bytes)).then_some(path)
}

/// HOST, NAMESPACE, MODEL, TAG.
const DEPTH: usize = 4;

fn walk(store: &Path, folder: &Path, parts: &mut Vec<String>, models: &mut Vec<OllamaModel>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(part) = entry.file_name().into_string() else { continue };
        parts.push(part);
        if parts.len() < DEPTH {
            walk(store, &entry.path(), parts, models);
        } else {
            models.extend(read(store, &entry.path(), parts));
        }
        parts.pop();
    }
}

fn read(store: &Path, manifest: &Path, parts: &[String]) -> Option<OllamaModel> {
    if file_bytes(manifest).is_none_or(|bytes| bytes > MOST_BYTES) {
        return None;
    }
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(manifest).ok()?).ok()?;
    if manifest.layers.iter().any(|layer| layer.media_type == ADAPTER) {
        return None;
    }
    let mut weights = manifest.layers.iter().filter(|layer| layer.media_type == MODEL);
    let (layer, more) = (weights.next()?, weights.next());
    // The digest becomes a path.
    let sha256 = layer.digest.strip_prefix("sha256:")?;
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = store.join("blobs").join(format!("sha256-{sha256}"));
    let bytes = file_bytes(&path)?;
    (is_hash && more.is_none()).then(|| OllamaModel {
        name: shown(parts),
        path,
        bytes,
        sha256: sha256.to_owned(),
    })
}

fn shown(parts: &[String]) -> String {
    match parts {
        [host, namespace, model, tag] if host == HOST && namespace == NAMESPACE => format!("{model}:{tag}"),
        [host, namespace, model, tag] if host == HOST => format!("{namespace}/{model}:{tag}"),
        [before @ .., tag] => format!("{}:{tag}", before.join("/")),
        [] => String::new(),
    }
}
