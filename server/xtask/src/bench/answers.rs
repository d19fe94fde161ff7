//! The answers of a run, one JSON line each, written as they come: a run of hours can be cut and resumed.
//!
//! It must not judge them: an answer holds what came and what it cost.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one variant answered in one case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    /// The case.
    pub(super) id: String,
    pub(super) variant: String,
    pub(super) model: String,
    /// What answered: another one's answers are not taken over.
    pub(super) made_with: String,
    /// The text that accepting adds at the cursor; empty if nothing was shown.
    pub(super) completion: String,
    /// The rest was not waited for, because it could not make the answer right any more.
    pub(super) stopped: bool,
    /// Why there is no answer at all. Such a case is asked again.
    pub(super) error: Option<String>,
    /// From the request to its answer, without the loading of the model. Of a recorded generation, the time
    /// that it took when it was made.
    #[serde(alias = "s")]
    pub(super) seconds: f64,
    /// Whether the generation was recorded earlier.
    pub(super) replayed: bool,
    pub(super) prompt_tokens: Option<u64>,
    /// How many of these were still in the model's cache.
    pub(super) cached_tokens: Option<u64>,
    /// Tokens generated.
    pub(super) tokens: Option<u64>,
    /// Why nothing was shown.
    pub(super) reason: Option<String>,
    /// The sha256 of each request to the engine: equal for equal prompts.
    pub(super) requests: Vec<String>,
    /// What Weft says of its index.
    pub(super) index: Option<Value>,
    /// What Weft says of the request.
    pub(super) trace: Option<Value>,
}

/// Where the answers go.
pub(super) struct AnswerFile {
    file: File,
    path: PathBuf,
    answers: BTreeMap<(String, String), Answer>,
}

impl AnswerFile {
    /// Opens `path`. With `resume` its answers are kept and added to, else it begins anew and the old
    /// file is kept as `….previous`.
    pub(super) fn open(path: &Path, resume: bool) -> Result<Self> {
        let unusable = || format!("cannot write {}", path.display());
        let mut answers = BTreeMap::new();
        if resume {
            for answer in read(path)? {
                answers.insert((answer.variant.clone(), answer.id.clone()), answer);
            }
        } else if path.exists() {
            let mut kept = path.as_os_str().to_owned();
            kept.push(".previous");
            fs::rename(path, &kept).with_context(unusable)?;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(unusable)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path).with_context(unusable)?;
        // The cut may have left half a line, to which the next one must not be glued.
        let whole = fs::read(path).with_context(unusable)?.last().is_none_or(|byte| *byte == b'\n');
        if !whole {
            file.write_all(b"\n").with_context(unusable)?;
        }
        Ok(Self { file, path: path.to_owned(), answers })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the case needs no asking: the same program with the same model answered it.
    pub(super) fn has(&self, variant: &str, id: &str, model: &str, made_with: &str) -> bool {
        self.get(variant, id).is_some_and(|answer| {
            answer.error.is_none() && answer.model == model && answer.made_with == made_with
        })
    }

    /// The last answer.
    pub(super) fn get(&self, variant: &str, id: &str) -> Option<&Answer> {
        self.answers.get(&(variant.to_owned(), id.to_owned()))
    }

    /// Adds an answer, at once on disk.
    pub(super) fn add(&mut self, answer: Answer) -> Result<()> {
        let line = format!("{}\n", serde_json::to_string(&answer)?);
        self.file
            .write_all(line.as_bytes())
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        self.answers.insert((answer.variant.clone(), answer.id.clone()), answer);
        Ok(())
    }

    /// Takes over the answers of another file as those of `variant`, without writing them.
    pub(super) fn take_over(&mut self, variant: &str, path: &Path) -> Result<()> {
        if !path.is_file() {
            anyhow::bail!("there is no file {} with the answers of `{variant}`", path.display());
        }
        for mut answer in read(path)? {
            answer.variant = variant.to_owned();
            self.answers.insert((answer.variant.clone(), answer.id.clone()), answer);
        }
        Ok(())
    }
}

/// The lines of a file of answers; none if it is not there. A line cut short is left out.
fn read(path: &Path) -> Result<Vec<Answer>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let answers = text.lines().filter_map(|line| serde_json::from_str::<Answer>(line).ok());
    Ok(answers.filter(|answer| !answer.id.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(variant: &str, id: &str, completion: &str) -> Answer {
        Answer {
            id: id.to_owned(),
            variant: variant.to_owned(),
            model: "m".to_owned(),
            made_with: "1".to_owned(),
            completion: completion.to_owned(),
            ..Answer::default()
        }
    }

    #[test]
    fn a_cut_run_is_resumed_where_it_was() {
        let folder = std::env::temp_dir().join(format!("weft-xtask-answers-{}", std::process::id()));
        let path = folder.join("below/out.jsonl");
        let mut file = AnswerFile::open(&path, true).unwrap();
        file.add(answer("all", "a", "x")).unwrap();
        file.add(Answer { error: Some("no".to_owned()), ..answer("all", "b", "") }).unwrap();
        drop(file);
        let mut cut = OpenOptions::new().append(true).open(&path).unwrap();
        cut.write_all(
            "{\"id\":\"c\",\"variant\":\"all\",\"completion\":\"ä".as_bytes().split_last().unwrap().1,
        )
        .unwrap();
        drop(cut);

        let mut file = AnswerFile::open(&path, true).unwrap();
        let done = |file: &AnswerFile, id| file.has("all", id, "m", "1");
        assert!(done(&file, "a"));
        assert!(!done(&file, "b"), "an error is asked again");
        assert!(!done(&file, "c"), "half a line is asked again");
        assert!(!file.has("all", "a", "m", "2"), "another program is asked again");
        assert!(!file.has("all", "a", "other", "1") && !file.has("in-file", "a", "m", "1"));
        file.add(answer("all", "b", "y")).unwrap();
        file.add(answer("all", "c", "z")).unwrap();
        drop(file);

        let file = AnswerFile::open(&path, true).unwrap();
        assert!(done(&file, "a") && done(&file, "b") && done(&file, "c"));
        assert_eq!(file.get("all", "b").unwrap().completion, "y", "the last answer counts");
        drop(file);

        let mut file = AnswerFile::open(&path, false).unwrap();
        assert!(!done(&file, "a"), "a new run begins anew");
        file.take_over("old", &folder.join("below/out.jsonl.previous")).unwrap();
        assert_eq!(file.get("old", "c").unwrap().completion, "z");
        assert!(file.take_over("old", &folder.join("missing")).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "", "answers taken over are not written");
        fs::remove_dir_all(&folder).unwrap();
    }
}
