//! How models are named: `hf:OWNER/REPO[:QUANTISATION]` on Hugging Face, `ollama:NAME[:TAG]` in Ollama's own store, anything else by the
//! catalogue or by the file. It must not look for the model.

use std::fmt;

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelName {
    /// A repository on the hub.
    Hub(HubName),
    /// A model of Ollama's, by Ollama's own name: `qwen2.5-coder:1.5b`.
    Ollama(String),
    /// A name of the catalogue, or a file's.
    Plain(String),
}

/// A model in a repository on Hugging Face.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HubName {
    /// Who published it.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The quantisation, such as `Q4_K_M`, or the name of a file; none for whichever fits.
    pub tag: Option<String>,
}

/// A name that begins as one on the hub, and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no model on Hugging Face: it is written hf:OWNER/REPO, or hf:OWNER/REPO:QUANTISATION, such as \
     hf:Qwen/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M"
)]
pub struct NameError {
    name: String,
}

/// How names on the hub begin; the last two are those that Ollama's users type.
const HUB: [&str; 5] = ["hf:", "hf.co/", "huggingface.co/", "https://huggingface.co/", "https://hf.co/"];
const OLLAMA: &str = "ollama:";

impl ModelName {
    /// Reads a name.
    ///
    /// # Errors
    /// When it begins as one on the hub and does not go on as one.
    pub fn parse(text: &str) -> Result<ModelName, NameError> {
        let text = text.trim();
        if let Some(rest) = after(text, OLLAMA) {
            return Ok(ModelName::Ollama(rest.to_owned()));
        }
        let Some(rest) = HUB.iter().find_map(|prefix| after(text, prefix)) else {
            return Ok(ModelName::Plain(text.to_owned()));
        };
        hub(rest).map(ModelName::Hub).ok_or_else(|| NameError { name: text.to_owned() })
    }
}

impl HubName {
    /// `OWNER/REPO`, as the hub writes it.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.repo)
    }

    /// The same repository with this quantisation.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> HubName {
        HubName { tag: Some(tag.to_owned()), ..self.clone() }
    }

    /// Whether both name the same repository; the hub does not tell cases apart.
    #[must_use]
    pub fn is_same_repository(&self, other: &HubName) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.repo.eq_ignore_ascii_case(&other.repo)
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "hf:{}/{}", self.owner, self.repo)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(formatter, ":{tag}"))
    }
}

/// The rest of a text behind a beginning, whatever its case.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn hub(rest: &str) -> Option<HubName> {
    let (owner, rest) = rest.split_once('/')?;
    let (repo, tag) = rest.split_once(':').map_or((rest, None), |(repo, tag)| (repo, Some(tag)));
    // What Ollama's clients add means no quantisation.
    let tag = tag.filter(|tag| !tag.eq_ignore_ascii_case("latest"));
    let usable = |part: &str, more: &[char]| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || more.contains(&c);
        !part.is_empty() && part.len() <= 200 && !part.starts_with('.') && part.chars().all(plain)
    };
    let fine = usable(owner, &[]) && usable(repo.trim_end_matches('/'), &[]);
    let path = |tag: &str| usable(tag, &['/']) && tag.split('/').all(|part| usable(part, &[]));
    let (owner, repo) = (owner.to_owned(), repo.trim_end_matches('/').to_owned());
    (fine && tag.is_none_or(path)).then(|| HubName { owner, repo, tag: tag.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_type_them() {
        let hub = |text: &str| match ModelName::parse(text) {
            Ok(ModelName::Hub(name)) => name.to_string(),
            other => format!("{other:?}"),
        };
        for text in ["hf:a/b:Q4_K_M", "hf.co/a/b:Q4_K_M", "huggingface.co/a/b:Q4_K_M", " HF:a/b:Q4_K_M "] {
            assert_eq!(hub(text), "hf:a/b:Q4_K_M", "{text}");
        }
        for text in ["hf:a/b", "https://huggingface.co/a/b/", "hf.co/a/b:latest"] {
            assert_eq!(hub(text), "hf:a/b", "{text}");
        }
        assert_eq!(hub("hf:a/b:sub/file-q8_0.gguf"), "hf:a/b:sub/file-q8_0.gguf");
        for text in [
            "hf:a",
            "hf:",
            "hf:a/../b",
            "hf:../b",
            "hf:a/b:",
            "hf:a/b:../x",
            "hf:a b/c",
            "hf:a/b:q?x",
            "hf:a/.b",
        ] {
            assert!(ModelName::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            ModelName::parse("ollama:qwen2.5-coder:1.5b"),
            Ok(ModelName::Ollama("qwen2.5-coder:1.5b".into()))
        );
        assert_eq!(ModelName::parse("hfmodel"), Ok(ModelName::Plain("hfmodel".into())));
        assert_eq!(ModelName::parse("ä"), Ok(ModelName::Plain("ä".into())));
    }
}
