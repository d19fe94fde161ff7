//! The quantisation that a file's name tells, which of several to take, and which files of a repository are models at all.
//! It must not open files.

/// From the first to take to the last. Q4_K_M comes first, as with Ollama: below it answers become noticeably worse, above it mostly
/// larger. What does not fit is left out before; what is not here comes last.
const PREFERENCE: [&str; 36] = [
    "Q4_K_M",
    "UD-Q4_K_XL",
    "Q4_K_L",
    "Q4_K_S",
    "Q4_1",
    "Q4_0",
    "IQ4_NL",
    "IQ4_XS",
    "MXFP4",
    "MXFP4_MOE",
    "Q5_K_M",
    "UD-Q5_K_XL",
    "Q5_K_L",
    "Q5_K_S",
    "Q5_1",
    "Q5_0",
    "Q6_K",
    "Q6_K_L",
    "UD-Q6_K_XL",
    "Q8_0",
    "UD-Q8_K_XL",
    "Q3_K_L",
    "UD-Q3_K_XL",
    "Q3_K_M",
    "IQ3_M",
    "Q3_K_S",
    "IQ3_S",
    "IQ3_XS",
    "IQ3_XXS",
    "UD-Q2_K_XL",
    "Q2_K_L",
    "Q2_K",
    "IQ2_M",
    "F16",
    "BF16",
    "F32",
];

/// The quantisation in a file's name, in upper case; none where the name does not tell.
pub(crate) fn of_file_name(file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.get(..name.len().checked_sub(5)?)?;
    let upper = split_part(stem).map_or(stem, |part| part.stem).to_ascii_uppercase();
    // Behind the last separator at which one begins: names of models hold digits and letters too.
    let starts = upper.char_indices().rev().filter(|&(at, _)| {
        at == 0 || upper.get(..at).is_some_and(|before| before.ends_with(['-', '.', '_']))
    });
    for (at, _) in starts {
        let rest = upper.get(at..).unwrap_or_default();
        let label = rest.split(['-', '.']).next().unwrap_or_default();
        if is_quantisation(label) {
            let dynamic = upper.get(..at).is_some_and(|before| before.ends_with("UD-"));
            return Some(if dynamic { format!("UD-{label}") } else { label.to_owned() });
        }
    }
    None
}

fn is_quantisation(label: &str) -> bool {
    if matches!(label, "F16" | "BF16" | "F32" | "FP16" | "FP32" | "MXFP4" | "MXFP4_MOE") {
        return true;
    }
    let digits = ["IQ", "TQ", "Q"].iter().find_map(|prefix| label.strip_prefix(prefix));
    digits.is_some_and(|rest| {
        let mut parts = rest.split('_');
        let bits = parts.next().unwrap_or_default();
        let sizes = ["0", "1", "K", "S", "M", "L", "XS", "XXS", "XL", "NL", "4", "8"];
        bits.len() == 1 && bits.bytes().all(|b| b.is_ascii_digit()) && parts.all(|part| sizes.contains(&part))
    })
}

/// The place of a quantisation among those to take; the first is 0.
pub(crate) fn rank(tag: &str) -> usize {
    PREFERENCE.iter().position(|known| known.eq_ignore_ascii_case(tag)).unwrap_or(PREFERENCE.len())
}

/// One file of a model that is split into several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitPart<'a> {
    /// The name before the numbers.
    pub(crate) stem: &'a str,
    /// Counted from 1.
    pub(crate) number: u32,
    pub(crate) of: u32,
}

/// Reads `STEM-00001-of-00003`, the pattern that llama.cpp finds the other files by.
pub(crate) fn split_part(stem: &str) -> Option<SplitPart<'_>> {
    let (before, of) = stem.rsplit_once("-of-")?;
    let (stem, number) = before.rsplit_once('-')?;
    let count = |text: &str| (text.len() == 5).then(|| text.parse::<u32>().ok()).flatten();
    let (number, of) = (count(number)?, count(of)?);
    (number >= 1 && number <= of && !stem.is_empty()).then_some(SplitPart { stem, number, of })
}

/// Whether a GGUF file of a repository is a language model's weights: not the picture part of one, not the statistics that quantising
/// used, not a vocabulary or an adapter alone.
pub(crate) fn is_model_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let other = ["mmproj", "imatrix", "lora", "adapter"];
    let mut words = name.split(['-', '.', '_']);
    name.ends_with(".gguf") && !name.starts_with("ggml-vocab") && !words.any(|word| other.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantisations_of_real_names() {
        let cases = [
            ("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", Some("Q4_K_M")),
            ("qwen2.5-coder-7b-instruct-q4_k_m-00001-of-00002.gguf", Some("Q4_K_M")),
            ("SmolLM2-135M-Instruct.Q4_1.gguf", Some("Q4_1")),
            ("Q4_K_M/Qwen3-Coder-480B-Q4_K_M-00001-of-00006.gguf", Some("Q4_K_M")),
            ("Qwen3-Coder-30B-A3B-Instruct-UD-Q4_K_XL.gguf", Some("UD-Q4_K_XL")),
            ("Meta-Llama-3.1-8B-Instruct-IQ2_XXS.gguf", Some("IQ2_XXS")),
            ("ggml-model-f16.gguf", Some("F16")),
            ("model_q8_0.gguf", Some("Q8_0")),
            ("gpt-oss-20b-mxfp4.gguf", Some("MXFP4")),
            ("phi-4-bf16.gguf", Some("BF16")),
            ("mellum-4b-base.gguf", None),
            ("q.gguf", None),
            ("x", None),
        ];
        for (file, expected) in cases {
            assert_eq!(of_file_name(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn parts_of_split_files() {
        let part = split_part("a-b-00002-of-00003").unwrap();
        assert_eq!((part.stem, part.number, part.of), ("a-b", 2, 3));
        for stem in ["a-00000-of-00003", "a-00004-of-00003", "a-2-of-3", "-00001-of-00002", "a"] {
            assert_eq!(split_part(stem), None, "{stem}");
        }
    }

    #[test]
    fn what_is_no_model_is_left_out() {
        for file in [
            "mmproj-model-f16.gguf",
            "x.imatrix.gguf",
            "ggml-vocab-qwen2.gguf",
            "my-lora-f16.gguf",
            "README.md",
        ] {
            assert!(!is_model_file(file), "{file}");
        }
        assert!(is_model_file("Q8_0/flora-8b-q8_0.GGUF"));
        assert!(
            rank("q4_k_m") < rank("Q8_0") && rank("Q8_0") < rank("Q2_K") && rank("Q2_K") < rank("unheard-of")
        );
    }
}
