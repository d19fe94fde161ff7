//! How quickly models wrote on this machine when they were measured last: a file in the run folder, for `weft models show`. It holds names and
//! figures, nothing of what was written. It must not measure by itself.

use crate::paths::Paths;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Shorter answers say little of the speed.
const LEAST_TOKENS: u32 = 8;
/// A difference that is worth writing: a tenth.
const WORTH: f64 = 0.1;

/// One model's speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Speed {
    pub(crate) tokens_per_second: f64,
    /// The bytes of weights that it reads for each token.
    pub(crate) read_per_token_bytes: u64,
}

impl Speed {
    /// Bytes of weights that it read in a second.
    pub(crate) fn bytes_per_second(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
        let bytes = self.read_per_token_bytes as f64;
        self.tokens_per_second * bytes
    }
}

/// Keeps the file.
#[derive(Debug)]
pub(crate) struct Speeds {
    file: PathBuf,
    known: Mutex<BTreeMap<String, Speed>>,
}

impl Speeds {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self { file: paths.speed_file(), known: Mutex::new(read(paths)) }
    }

    /// An answer of `model` is finished.
    pub(crate) fn note(&self, model: &str, read_per_token_bytes: u64, tokens: u32, generate_ms: f64) {
        if tokens < LEAST_TOKENS || generate_ms <= 0.0 {
            return;
        }
        let tokens_per_second = f64::from(tokens) * 1000.0 / generate_ms;
        let speed = Speed { tokens_per_second, read_per_token_bytes };
        let text = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let before = known.insert(model.to_owned(), speed);
            let same = before.is_some_and(|before| {
                let difference = (before.tokens_per_second - tokens_per_second).abs();
                difference < WORTH * before.tokens_per_second
            });
            if same {
                return;
            }
            serde_json::to_string(&*known)
        };
        // A figure that is lost is measured again.
        if let Ok(text) = text
            && let Err(error) = std::fs::write(&self.file, text)
        {
            tracing::debug!(%error, "the speed was not kept");
        }
    }
}

/// The speeds that are on file.
pub(crate) fn read(paths: &Paths) -> BTreeMap<String, Speed> {
    let text = std::fs::read_to_string(paths.speed_file()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_last_is_on_file() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        paths.create_run().unwrap();
        let speeds = Speeds::new(&paths);
        speeds.note("short", 1000, LEAST_TOKENS - 1, 100.0);
        assert!(read(&paths).is_empty());
        speeds.note("m", 1000, 50, 1000.0);
        let speed = read(&paths)["m"];
        assert_eq!((speed.tokens_per_second, speed.bytes_per_second()), (50.0, 50_000.0));
        speeds.note("m", 1000, 20, 1000.0);
        assert_eq!(read(&paths)["m"].tokens_per_second, 20.0);
    }
}
