//! `run/serve.json`: how clients find the running engine. Only the user may read it, for it holds the token.
//! It must not be trusted to be up to date: an engine that was killed leaves it behind.

use anyhow::{Context, Result, anyhow};
use engine_remote::Endpoint;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// What the file holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServeFile {
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
    /// The bearer token: 32 random bytes in hexadecimal.
    pub(crate) token: String,
    /// The engine's process.
    pub(crate) pid: u32,
    /// The engine's version.
    pub(crate) version: String,
    /// Where the local API is, if it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<String>,
    /// What the chat page bears there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page_key: Option<String>,
}

/// 32 random bytes in hexadecimal.
pub(crate) fn random_key() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl ServeFile {
    /// The file of this process, with a fresh token.
    pub(crate) fn new(port: u16, api: Option<String>, page_key: Option<String>) -> Result<Self> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { port, token: random_key()?, pid: std::process::id(), version, api, page_key })
    }

    /// Reads the file; `None` where there is none or it is unreadable, which is the same to a client.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Writes the file whole: under another name first, so that no reader sees half of it.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let partial = path.with_extension("json.partial");
        // A leftover could have other permissions.
        let _ = std::fs::remove_file(&partial);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&partial).and_then(|mut file| {
            file.write_all(serde_json::to_string(self)?.as_bytes())?;
            file.sync_all()
        });
        written
            .and_then(|()| std::fs::rename(&partial, path))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Removes the file, unless another engine has written it since.
    pub(crate) fn remove(&self, path: &Path) {
        if Self::read(path).as_ref() == Some(self)
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(%error, "serve.json was not removed");
        }
    }

    /// Where to send.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint { port: self.port, token: self.token.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_users_alone_and_tokens_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.json");
        let (first, second) =
            (ServeFile::new(1, None, None).unwrap(), ServeFile::new(2, None, None).unwrap());
        assert_eq!((first.token.len(), first.token == second.token), (64, false));
        first.write(&path).unwrap();
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(ServeFile::read(&path) == Some(first.clone()));
        second.write(&path).unwrap();
        first.remove(&path);
        assert!(path.exists(), "another engine's file stays");
        second.remove(&path);
        assert!(!path.exists());
    }
}
