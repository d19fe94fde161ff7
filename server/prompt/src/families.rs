//! The fill-in-the-middle formats, one entry a family. Must hold data only: to add a family, add an entry and a
//! golden test of its exact text.

use crate::family::Marker::{Architecture, ChatTemplate, PreTokenizer, Token as HasToken};
use crate::family::Piece::{
    EachFile, FileText, IfFiles, IfPath, IfRepoName, MiddleToken, Parsed, Path, Prefix, PrefixToken,
    RepoName, Suffix, SuffixToken, Text, Token,
};
use crate::family::{Family, Layout, Piece, TokenTexts};

/// Every family that Weft knows. Where two have the same tokens the one with the narrower markers comes first.
pub static FAMILIES: &[Family] = &[
    GRANITE_4,
    CODEGEMMA,
    QWEN3_CODER,
    QWEN2_5_CODER,
    MELLUM,
    STARCODER_2,
    GRANITE_CODE,
    CODELLAMA,
    DEEPSEEK_CODER,
    CODESTRAL,
    SEED_CODER,
    GLM_4_5,
];

const PIPED: &[TokenTexts] =
    &[TokenTexts { prefix: "<|fim_prefix|>", suffix: "<|fim_suffix|>", middle: Some("<|fim_middle|>") }];

const ANGLED: &[TokenTexts] =
    &[TokenTexts { prefix: "<fim_prefix>", suffix: "<fim_suffix>", middle: Some("<fim_middle>") }];

const QWEN_STOPS: &[&str] = &[
    "<|endoftext|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
];

/// Other files as plain text at the head of the prefix, for families that published no format for files. The `#path`
/// line is what DeepSeek-Coder shows for repositories.
const PLAIN_FILES: Piece = EachFile(&[Text("#"), Path, Text("\n"), FileText]);
const PLAIN_CURRENT: Piece = IfFiles(&[Text("#"), Path, Text("\n")]);

const QWEN2_5_CODER: Family = Family {
    id: "qwen2.5-coder",
    models: "Qwen2.5-Coder, base and instruct; CodeQwen1.5 with the same tokens",
    source: "github.com/QwenLM/Qwen2.5-Coder, README: file-level and repository-level completion",
    tokens: PIPED,
    markers: &[HasToken("<|file_sep|>")],
    file_tokens: &["<|file_sep|>"],
    template: &[
        IfRepoName(&[Token("<|repo_name|>"), RepoName, Text("\n")]),
        EachFile(&[Token("<|file_sep|>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<|file_sep|>"), Path, Text("\n")]),
        PrefixToken,
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
    ],
    stops: QWEN_STOPS,
    flat_space: "",
    layout: Layout::MovedTail,
};

const QWEN3_CODER: Family = Family {
    id: "qwen3-coder",
    models: "Qwen3-Coder instruct",
    source: "github.com/QwenLM/Qwen3-Coder, README: fill in the middle (as a chat turn of the instruct models)",
    tokens: PIPED,
    markers: &[HasToken("<|file_sep|>"), Architecture("qwen3"), ChatTemplate("<|im_start|>")],
    file_tokens: &["<|file_sep|>"],
    template: &[
        Parsed("<|im_start|>system\nYou are a code completion assistant.<|im_end|>\n<|im_start|>user\n"),
        IfRepoName(&[Token("<|repo_name|>"), RepoName, Text("\n")]),
        EachFile(&[Token("<|file_sep|>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<|file_sep|>"), Path, Text("\n")]),
        PrefixToken,
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
        Parsed("<|im_end|>\n<|im_start|>assistant\n"),
    ],
    stops: QWEN_STOPS,
    flat_space: "",
    layout: Layout::Exact,
};

const CODEGEMMA: Family = Family {
    id: "codegemma",
    models: "CodeGemma 2B and 7B, pretrained",
    source: "ai.google.dev/gemma/docs/codegemma/prompt-structure and the CodeGemma model cards",
    tokens: PIPED,
    markers: &[HasToken("<|file_separator|>")],
    file_tokens: &["<|file_separator|>"],
    template: &[
        EachFile(&[Path, Text("\n"), FileText, Token("<|file_separator|>")]),
        IfPath(&[Path, Text("\n")]),
        PrefixToken,
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
    ],
    stops: &["<|file_separator|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<eos>"],
    flat_space: "",
    layout: Layout::Exact,
};

const GRANITE_4: Family = Family {
    id: "granite-4",
    models: "Granite 4",
    source: "ibm.com/granite/docs, Granite 4: fill in the middle",
    tokens: PIPED,
    markers: &[HasToken("<|end_of_text|>")],
    file_tokens: &["<|filename|>"],
    template: &[
        IfRepoName(&[Token("<|reponame|>"), RepoName, Text("\n")]),
        EachFile(&[Token("<|filename|>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<|filename|>"), Path, Text("\n")]),
        PrefixToken,
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
    ],
    stops: &["<|end_of_text|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|filename|>"],
    flat_space: "",
    layout: Layout::Exact,
};

const STARCODER_2: Family = Family {
    id: "starcoder2",
    models: "StarCoder2; StableCode and others with its vocabulary",
    source: "arXiv 2402.19173, section 5: the edited file's path stands inside the prefix",
    tokens: ANGLED,
    markers: &[HasToken("<file_sep>")],
    file_tokens: &["<file_sep>"],
    template: &[
        IfRepoName(&[Token("<repo_name>"), RepoName]),
        EachFile(&[Token("<file_sep>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<file_sep>")]),
        PrefixToken,
        IfPath(&[Path, Text("\n")]),
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
    ],
    stops: &["<|endoftext|>", "<file_sep>", "<repo_name>"],
    flat_space: "",
    layout: Layout::Exact,
};

const GRANITE_CODE: Family = Family {
    id: "granite-code",
    models: "Granite code, Granite 3.3, StableCode 3B, StarCoder: the StarCoder vocabulary with <filename>",
    source: "arXiv 2305.06161, section 5 and the models' vocabularies",
    tokens: ANGLED,
    markers: &[],
    file_tokens: &["<filename>"],
    template: &[
        IfRepoName(&[Token("<reponame>"), RepoName, Text("\n")]),
        EachFile(&[Token("<filename>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<filename>"), Path, Text("\n")]),
        PrefixToken,
        Prefix,
        SuffixToken,
        Suffix,
        MiddleToken,
    ],
    stops: &["<|endoftext|>", "<|end_of_text|>", "<filename>", "<fim_prefix>"],
    flat_space: "",
    layout: Layout::Exact,
};

const MELLUM: Family = Family {
    id: "mellum",
    models: "JetBrains Mellum 4B",
    source: "model card of JetBrains/Mellum-4b-base: fill in the middle with other files",
    tokens: ANGLED,
    markers: &[PreTokenizer("mellum")],
    file_tokens: &["<filename>"],
    template: &[
        EachFile(&[Token("<filename>"), Path, Text("\n"), FileText]),
        IfPath(&[Token("<filename>"), Path, Text("\n")]),
        SuffixToken,
        Suffix,
        PrefixToken,
        Prefix,
        MiddleToken,
    ],
    stops: &["<|endoftext|>", "<filename>", "<fim_suffix>"],
    flat_space: "",
    layout: Layout::SuffixFirst,
};

const CODELLAMA: Family = Family {
    id: "codellama",
    models: "CodeLlama 7B and 13B",
    source: "arXiv 2308.12950, section 2.3, and github.com/meta-llama/codellama: infilling",
    tokens: &[
        TokenTexts { prefix: "▁<PRE>", suffix: "▁<SUF>", middle: Some("▁<MID>") },
        TokenTexts { prefix: "<PRE>", suffix: "<SUF>", middle: Some("<MID>") },
    ],
    markers: &[],
    file_tokens: &[],
    template: &[PrefixToken, PLAIN_FILES, PLAIN_CURRENT, Prefix, SuffixToken, Suffix, MiddleToken],
    stops: &["<EOT>"],
    flat_space: " ",
    layout: Layout::Exact,
};

const DEEPSEEK_CODER: Family = Family {
    id: "deepseek-coder",
    models: "DeepSeek-Coder v1 and v2",
    source: "github.com/deepseek-ai/DeepSeek-Coder, README: code insertion and repository level completion",
    tokens: &[TokenTexts {
        prefix: "<｜fim▁begin｜>",
        suffix: "<｜fim▁hole｜>",
        middle: Some("<｜fim▁end｜>"),
    }],
    markers: &[],
    file_tokens: &[],
    template: &[PrefixToken, PLAIN_FILES, PLAIN_CURRENT, Prefix, SuffixToken, Suffix, MiddleToken],
    stops: &["<｜end▁of▁sentence｜>", "<|EOT|>"],
    flat_space: "",
    layout: Layout::Exact,
};

const CODESTRAL: Family = Family {
    id: "codestral",
    models: "Codestral; other Mistral models have the tokens but are less trained on them",
    source: "github.com/mistralai/mistral-common: FIM requests; docs.mistral.ai: files as +++++ path",
    tokens: &[TokenTexts { prefix: "[PREFIX]", suffix: "[SUFFIX]", middle: None }],
    markers: &[],
    file_tokens: &[],
    template: &[
        SuffixToken,
        Suffix,
        PrefixToken,
        EachFile(&[Text("+++++ "), Path, Text("\n"), FileText, Text("\n")]),
        IfFiles(&[Text("+++++ "), Path, Text("\n")]),
        Prefix,
    ],
    stops: &["[PREFIX]", "[SUFFIX]", "\n+++++ "],
    flat_space: "",
    layout: Layout::SuffixFirst,
};

const SEED_CODER: Family = Family {
    id: "seed-coder",
    models: "Seed-Coder 8B base",
    source: "github.com/ByteDance-Seed/Seed-Coder, README: fill in the middle",
    tokens: &[TokenTexts {
        prefix: "<[fim-prefix]>",
        suffix: "<[fim-suffix]>",
        middle: Some("<[fim-middle]>"),
    }],
    markers: &[],
    file_tokens: &[],
    template: &[SuffixToken, Suffix, PrefixToken, PLAIN_FILES, PLAIN_CURRENT, Prefix, MiddleToken],
    stops: &["<[end▁of▁sentence]>"],
    flat_space: "",
    layout: Layout::SuffixFirst,
};

const GLM_4_5: Family = Family {
    id: "glm-4.5",
    models: "GLM-4.5 and GLM-4.5-Air, base",
    source: "vocabulary of zai-org/GLM-4.5",
    tokens: &[TokenTexts {
        prefix: "<|code_prefix|>",
        suffix: "<|code_suffix|>",
        middle: Some("<|code_middle|>"),
    }],
    markers: &[],
    file_tokens: &[],
    template: &[PrefixToken, PLAIN_FILES, PLAIN_CURRENT, Prefix, SuffixToken, Suffix, MiddleToken],
    stops: &["<|endoftext|>", "<|user|>", "<|observation|>"],
    flat_space: "",
    layout: Layout::Exact,
};

/// For a model whose metadata names its three tokens and which is none of the families above.
pub(crate) static FROM_METADATA: Family = Family {
    id: "metadata",
    models: "any model whose metadata names its tokens",
    source: "GGUF specification, tokenizer.ggml.fim_*_token_id; prefix-suffix-middle order as llama.cpp's /infill",
    tokens: &[],
    markers: &[],
    file_tokens: &[],
    template: &[PrefixToken, PLAIN_FILES, PLAIN_CURRENT, Prefix, SuffixToken, Suffix, MiddleToken],
    stops: &[],
    flat_space: "",
    layout: Layout::Exact,
};
