//! How good a completion is against the code that really stood there.
//!
//! The definitions are those of CrossCodeEval's `eval_metric.py`, with comments removed by language;
//! what is scored is the whole completion, as the user sees it, or its first lines only.

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

/// The completion cut to as many lines that are not blank as the truth has, which flatters: nobody knows the
/// truth's length beforehand. Blank lines are left out.
pub(super) fn cut(completion: &str, truth: &str) -> String {
    let wanted = lines(truth).count().max(1);
    let kept = completion.split('\n').filter(|line| !line.trim().is_empty()).take(wanted);
    kept.collect::<Vec<_>>().join("\n")
}

/// Whether what follows `completion` can change neither whether it is right nor what its cut is: there are
/// more lines than the truth has, not counting comments nor the last line, which may be incomplete.
pub(super) fn is_settled(completion: &str, truth: &str, language: &str) -> bool {
    let code = without_comments(completion, language);
    lines(&code).count() > lines(truth).count().max(1) + 1
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

    #[test]
    fn the_cut_has_as_many_lines_as_the_truth() {
        assert_eq!(cut("  a\n\n b \nc", "x\n\n  y\n"), "  a\n b ");
        assert_eq!(cut("a\nb", ""), "a");
        assert_eq!(cut("", "x"), "");
    }

    #[test]
    fn what_is_settled_cannot_become_right() {
        let truth = "x = 1\ny = 2";
        assert!(!is_settled("x = 1\ny = 2\n# a comment\nz", truth, "python"));
        assert!(is_settled("x = 1\ny = 2\n# a comment\nz\nw", truth, "python"));
        let settled = "x = 1\ny = 2\nz = 3\nw";
        assert!(is_settled(settled, truth, "python"));
        let longer = format!("{settled} = 4\nmore");
        assert!(!score(&longer, truth, "python").exact);
        assert_eq!(cut(settled, truth), cut(&longer, truth));
    }
}
