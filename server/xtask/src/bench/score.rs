//! How good a completion is against the code that really stood there.
//!
//! The definitions are those of CrossCodeEval's `eval_metric.py`, with comments removed by language;
//! what is scored is the whole completion, as the user sees it.

use rapidfuzz::fuzz;

/// The scores of one completion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    /// Without comments, the stripped lines that are not blank are equal.
    pub(super) exact: bool,
    /// Edit similarity without comments, 0 to 100: the indel ratio of the stripped texts, rounded half up.
    pub(super) similarity: f64,
    /// The stripped first line that is not blank is equal, comments included.
    pub(super) first_line: bool,
}

/// Scores `completion` against `truth`; `language` is `python` or `rust`.
pub(super) fn score(completion: &str, truth: &str, language: &str) -> Score {
    let (shown, real) = (without_comments(completion, language), without_comments(truth, language));
    let ratio = fuzz::ratio(shown.trim().chars(), real.trim().chars());
    Score {
        exact: lines(&shown).eq(lines(&real)),
        similarity: (ratio * 100.0 + 0.5).floor(),
        first_line: lines(completion).next() == lines(truth).next(),
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty())
}

/// Cuts each line at the language's comment sign, inside a string too, as the published metric does.
fn without_comments(code: &str, language: &str) -> String {
    let sign = match language {
        "python" => "#",
        "rust" | "java" | "typescript" | "csharp" | "js" => "//",
        _ => return code.to_owned(),
    };
    let cut = |line: &'_ str| line.split(sign).next().unwrap_or_default().to_owned();
    code.split('\n').map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected figures come from the published Python implementation.
    #[test]
    fn scores_equal_the_published_ones() {
        let table = [
            ("return a + b", "return a + b", "python", true, 100.0, true),
            ("  return a + b  # sum", "return a + b", "python", true, 100.0, false),
            ("return a", "return a + b", "python", false, 80.0, false),
            ("", "return a + b", "python", false, 0.0, false),
            ("# only a comment", "", "python", true, 100.0, false),
            ("a\n\n  b", "a\nb\n", "rust", true, 67.0, true),
            ("x // y", "x", "rust", true, 100.0, false),
            ("x // y", "x", "python", false, 29.0, false),
            ("naïve 🦀", "naive 🦀", "rust", false, 86.0, false),
        ];
        for (completion, truth, language, exact, similarity, first_line) in table {
            assert_eq!(
                score(completion, truth, language),
                Score { exact, similarity, first_line },
                "{completion:?} {truth:?}"
            );
        }
    }
}
