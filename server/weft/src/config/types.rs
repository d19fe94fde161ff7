//! The sections of the configuration file. Their documentation is that of the schema, which editors show. They must not read anything.

use engine_remote::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which model does what, by the name of a `[models.NAME]`, as `ENGINE/MODEL`, or by the name of a model on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Roles {
    /// Answers in conversations; that of autocomplete unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chat: Option<String>,
    /// Completes code while it is typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) autocomplete: Option<String>,
    /// Changes code on request; that of chat unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edit: Option<String>,
    /// The model that puts a code block into a file where neither its definitions nor a diff say where; mostly none is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) apply: Option<String>,
    /// The model whose vectors `@codebase` compares: one on this machine that is made for embeddings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embed: Option<String>,
}

impl Roles {
    pub(crate) fn all(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("chat", &self.chat),
            ("autocomplete", &self.autocomplete),
            ("edit", &self.edit),
            ("apply", &self.apply),
            ("embed", &self.embed),
        ]
    }

    pub(crate) fn all_mut(&mut self) -> [(&'static str, &mut Option<String>); 5] {
        [
            ("chat", &mut self.chat),
            ("autocomplete", &mut self.autocomplete),
            ("edit", &mut self.edit),
            ("apply", &mut self.apply),
            ("embed", &mut self.embed),
        ]
    }

    /// These, with others over them.
    pub(crate) fn under(self, over: Self) -> Self {
        Self {
            chat: over.chat.or(self.chat),
            autocomplete: over.autocomplete.or(self.autocomplete),
            edit: over.edit.or(self.edit),
            apply: over.apply.or(self.apply),
            embed: over.embed.or(self.embed),
        }
    }
}

/// A provider or a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EngineConfig {
    /// What it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<EngineKind>,
    /// Its address, such as `https://api.openai.com/v1`; that of the provider itself unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base_url: Option<String>,
    /// Where its key is: `env:NAME` for an environment variable, `file` for where `weft key set` put it, `keyring` for the system's
    /// keyring, `none`. Never the key itself. Unless set: where `weft key set` put it, else the provider's usual variable if the address
    /// is the provider's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// Headers that every request carries; `env:NAME` takes the value from an environment variable.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// The header by which a load balancer can keep a session at one engine, where its KV cache is warm; `none` for no such header. Unless
    /// set: `X-Weft-Session`, but nothing at a provider's own address. Its value is random, one for each window of an editor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_header: Option<String>,
    /// Azure's `api-version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_version: Option<String>,
    /// How long what may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeouts: Option<TimeoutsConfig>,
    /// How often a request is sent again that failed before its answer began (default 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retries: Option<u32>,
    /// The proxy's address, or `none`; unless set, what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proxy: Option<String>,
    /// A file with certificates (PEM) that are trusted besides the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// How long what may take, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TimeoutsConfig {
    /// Until there is a connection (default 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<f64>,
    /// From the request to the first piece of the answer (default 60).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_token: Option<f64>,
    /// From one piece of the answer to the next (default 30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) between_tokens: Option<f64>,
}

/// What an engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EngineKind {
    /// OpenAI, and every server with its interface: OpenRouter, Groq, Together, LM Studio, vLLM.
    Openai,
    /// llama.cpp's llama-server.
    LlamaServer,
    /// OpenAI's models at Azure.
    Azure,
    /// Anthropic.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Mistral and Codestral.
    Mistral,
    /// DeepSeek.
    Deepseek,
    /// Ollama.
    Ollama,
    /// Hugging Face's inference providers, and Text Generation Inference.
    HuggingFace,
    /// Another `weft serve`.
    Weft,
}

impl EngineKind {
    /// What `engine-remote` calls it; none for another Weft, whose protocol is Weft's own.
    pub(crate) fn provider(self) -> Option<Kind> {
        Some(match self {
            Self::Openai => Kind::OpenAi,
            Self::LlamaServer => Kind::LlamaServer,
            Self::Azure => Kind::Azure,
            Self::Anthropic => Kind::Anthropic,
            Self::Gemini => Kind::Gemini,
            Self::Mistral => Kind::Mistral,
            Self::Deepseek => Kind::DeepSeek,
            Self::Ollama => Kind::Ollama,
            Self::HuggingFace => Kind::HuggingFace,
            Self::Weft => return None,
        })
    }

    /// The environment variable that the provider's own tools read the key from.
    pub(crate) fn key_variable(self) -> Option<&'static str> {
        Some(match self {
            Self::Openai => "OPENAI_API_KEY",
            Self::Azure => "AZURE_OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::Gemini => "GEMINI_API_KEY",
            Self::Mistral => "MISTRAL_API_KEY",
            Self::Deepseek => "DEEPSEEK_API_KEY",
            Self::HuggingFace => "HF_TOKEN",
            Self::LlamaServer | Self::Ollama | Self::Weft => return None,
        })
    }
}

/// A model behind an engine.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelConfig {
    /// The engine, by the name of its section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) engine: Option<String>,
    /// The engine's name for it (at Azure: the deployment); the section's own name unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// How it completes code: `native` by the provider's own call, `chat` by a question, or the name of the format that it was trained
    /// on, such as `qwen2.5-coder`. Unless set: `native` where the provider has such a call, else `chat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fim: Option<String>,
    /// The most tokens of prompt and answer together (default 32768; 8192 with Ollama, which keeps them in memory).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context_tokens: Option<u32>,
    /// How much chance has to say. Unless set: the provider's value in conversations, none in completions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<f32>,
    /// Models to ask, one after the other, where this one fails before it has said anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fallback: Vec<String>,
}

/// The values of `fim` that are no formats.
pub(crate) const FIM_NATIVE: &str = "native";
/// See [`FIM_NATIVE`].
pub(crate) const FIM_CHAT: &str = "chat";

/// All values of `fim`.
pub(super) fn fims() -> impl Iterator<Item = &'static str> {
    [FIM_NATIVE, FIM_CHAT].into_iter().chain(prompt::FAMILIES.iter().map(|family| family.id))
}

/// Whether `fim` may be this.
pub(super) fn is_fim(text: &str) -> bool {
    fims().any(|known| known == text)
}
