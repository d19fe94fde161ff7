//! What the hub (Hugging Face or a mirror) says of its repositories: which models one has, with size and SHA-256 of each file, and which
//! repositories there are. It must not fetch a model's file: that is `pull`.
//!
//! The calls are `GET /api/models/OWNER/REPO?blobs=true` and `GET /api/models?search=…&filter=gguf`, as the hub's own Python client
//! (`huggingface_hub`) makes them.

mod choose;
mod error;

use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;

use crate::names::HubName;
use crate::pull::PullOptions;
use crate::pull::http::{authorized, client, source_error};
use crate::quantisation::{is_model_file, of_file_name, rank, split_part};
pub use choose::choose;
pub use error::HubError;

/// A repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubRepository {
    /// `OWNER/REPO`.
    pub name: HubName,
    /// The commit, so that the bytes behind an address can never change.
    pub revision: String,
    /// Whether its licence must be accepted on the hub before files can be fetched.
    pub gated: bool,
    /// The licence, as its page has it.
    pub licence: Option<String>,
    /// The models, from the first to take to the last.
    pub models: Vec<HubModel>,
}

/// One model of a repository: a file, or all parts of a split one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubModel {
    /// The quantisation, or the file's name where that does not tell it.
    pub tag: String,
    /// The files; the first is the one to load.
    pub files: Vec<HubFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubFile {
    /// The path in the repository.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal: the object id of Git LFS.
    pub sha256: String,
}

/// A repository that a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FoundRepository {
    /// `OWNER/REPO`.
    pub id: String,
    /// Downloads in the last month.
    #[serde(default)]
    pub downloads: u64,
    /// How many like it.
    #[serde(default)]
    pub likes: u64,
    /// When it was changed last, as the hub writes it (ISO 8601, UTC).
    #[serde(default, rename = "lastModified")]
    pub updated: Option<String>,
}

impl HubModel {
    /// The bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }
}

/// What a repository has.
///
/// # Errors
/// When the hub cannot be reached or refuses, or the repository has no model in GGUF.
pub async fn repository(name: &HubName, options: &PullOptions) -> Result<HubRepository, HubError> {
    let url = address(options, &["api", "models", &name.owner, &name.repo], &[("blobs", "true")])?;
    let response = get(url, options).await?;
    let missing = response.status() == StatusCode::NOT_FOUND;
    if missing || matches!(response.status().as_u16(), 401 | 403) {
        let page = page(name, options);
        return Err(HubError::NoRepository {
            name: name.repository(),
            page,
            with_token: options.token.is_some(),
        });
    }
    let answer: Info = body(response).await?;
    let models = models(&answer.siblings);
    if models.is_empty() {
        return Err(HubError::NoModels { name: name.repository() });
    }
    Ok(HubRepository {
        name: HubName { tag: None, ..name.clone() },
        revision: answer.sha.filter(|sha| is_commit(sha)).ok_or_else(|| strange("it names no commit"))?,
        gated: answer.gated.is_some_and(|gated| !matches!(gated, serde_json::Value::Bool(false))),
        licence: answer
            .card
            .and_then(|card| card.license)
            .and_then(|licence| licence.as_str().map(str::to_owned)),
        models,
    })
}

/// The repositories with GGUF files that have all of these words, those with most downloads first.
///
/// # Errors
/// When the hub cannot be reached or refuses.
pub async fn search(
    words: &str,
    most: usize,
    options: &PullOptions,
) -> Result<Vec<FoundRepository>, HubError> {
    let most = most.to_string();
    let query = [
        ("search", words),
        ("filter", "gguf"),
        ("sort", "downloads"),
        ("direction", "-1"),
        ("limit", &most),
        ("full", "true"),
    ];
    body(get(address(options, &["api", "models"], &query)?, options).await?).await
}

/// The page of a repository, for people.
pub(crate) fn page(name: &HubName, options: &PullOptions) -> String {
    format!("{}/{}", options.hugging_face_endpoint.trim_end_matches('/'), name.repository())
}

/// The most bytes of an answer: a repository of some thousand files is listed in a few megabytes.
const MOST_BYTES: usize = 32 << 20;

#[derive(Deserialize)]
struct Info {
    sha: Option<String>,
    #[serde(default)]
    gated: Option<serde_json::Value>,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default, rename = "cardData")]
    card: Option<Card>,
}

#[derive(Deserialize)]
struct Card {
    #[serde(default)]
    license: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Sibling {
    #[serde(rename = "rfilename")]
    path: String,
    #[serde(default)]
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    /// As `/api/models` calls it; `/tree` calls it `oid`.
    #[serde(alias = "oid")]
    sha256: String,
    size: u64,
}

fn address(options: &PullOptions, path: &[&str], query: &[(&str, &str)]) -> Result<Url, HubError> {
    let endpoint = &options.hugging_face_endpoint;
    let wrong = |why: &str| HubError::BadEndpoint { endpoint: endpoint.clone(), why: why.to_owned() };
    let mut url = Url::parse(endpoint).map_err(|error| wrong(&error.to_string()))?;
    url.path_segments_mut().map_err(|()| wrong("it has no path"))?.pop_if_empty().extend(path);
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

async fn get(url: Url, options: &PullOptions) -> Result<Response, HubError> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let unreachable = |error: &dyn std::fmt::Display| HubError::Unreachable {
        host: host.clone(),
        reason: error.to_string(),
    };
    let client = client(&url, options).map_err(|error| unreachable(&error))?;
    let request = authorized(client.get(url.clone()), &url, options);
    request.send().await.map_err(|error| unreachable(&source_error(&error, options.stall_timeout)))
}

async fn body<T: serde::de::DeserializeOwned>(mut response: Response) -> Result<T, HubError> {
    if !response.status().is_success() {
        return Err(HubError::Status { status: response.status().as_u16() });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| strange(&error.to_string()))? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(strange("it is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|error| strange(&error.to_string()))
}

fn strange(problem: &str) -> HubError {
    HubError::Strange { problem: problem.to_owned() }
}

fn is_commit(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A path of the hub's becomes one below the store's folder.
fn is_plain_path(path: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.len() <= 200 && !part.contains(['\\', ':', '\0'])
    };
    path.len() <= 500 && path.split('/').all(plain)
}

/// The models of a listing. What is no model, has no checksum, or lacks a part is left out.
fn models(files: &[Sibling]) -> Vec<HubModel> {
    let usable = files.iter().filter_map(|file| {
        let lfs = file.lfs.as_ref()?;
        let hash =
            lfs.sha256.len() == 64 && lfs.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (is_model_file(&file.path) && is_plain_path(&file.path) && hash).then(|| HubFile {
            path: file.path.clone(),
            bytes: lfs.size,
            sha256: lfs.sha256.clone(),
        })
    });
    let mut usable: Vec<HubFile> = usable.collect();
    usable.sort_by(|one, other| one.path.cmp(&other.path));
    let mut models: Vec<HubModel> = Vec::new();
    let stem = |path: &str| path.get(..path.len().saturating_sub(5)).unwrap_or_default().to_owned();
    for file in &usable {
        let own = stem(&file.path);
        let files = match split_part(&own) {
            None => vec![file.clone()],
            Some(part) if part.number == 1 => {
                let parts = (1..=part.of).filter_map(|number| {
                    let wanted = format!("{}-{number:05}-of-{:05}", part.stem, part.of);
                    usable.iter().find(|other| stem(&other.path) == wanted).cloned()
                });
                let parts: Vec<HubFile> = parts.take(usable.len()).collect();
                if u32::try_from(parts.len()) != Ok(part.of) {
                    continue;
                }
                parts
            }
            Some(_) => continue,
        };
        let quantisation =
            of_file_name(&file.path).filter(|tag| models.iter().all(|known| known.tag != *tag));
        models.push(HubModel { tag: quantisation.unwrap_or_else(|| file.path.clone()), files });
    }
    models.sort_by_key(|model| (rank(&model.tag), model.bytes()));
    models
}

#[cfg(test)]
mod tests;
