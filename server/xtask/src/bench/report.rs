//! What the answers come to: shares with their intervals, and variants compared case by case.
//!
//! It must not ask or score: verdicts come in, figures go out. Their layout is in `tables`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::answers::Answer;
use super::statistics::{mcnemar, paired_difference, quantile, wilson};
use super::tables;
use super::variants::Variant;

/// One answer and what is thought of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Judged {
    pub(super) id: String,
    pub(super) variant: String,
    /// The groups of cases that it counts in.
    pub(super) groups: Vec<String>,
    /// Of what the user sees.
    pub(super) plain: Verdict,
    /// Of as many lines of it as the truth has.
    pub(super) cut: Verdict,
    pub(super) shown: bool,
    /// The rest was not waited for.
    pub(super) stopped: bool,
    pub(super) replayed: bool,
    pub(super) seconds: f64,
    pub(super) prompt_tokens: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Verdict {
    pub(super) right: bool,
    /// 0 to 100.
    pub(super) similarity: f64,
}

impl Judged {
    pub(super) fn new(answer: &Answer, groups: Vec<String>, plain: Verdict, cut: Verdict) -> Self {
        Self {
            id: answer.id.clone(),
            variant: answer.variant.clone(),
            groups,
            plain,
            cut,
            shown: !answer.completion.trim().is_empty(),
            stopped: answer.stopped,
            replayed: answer.replayed,
            seconds: answer.seconds,
            prompt_tokens: answer.prompt_tokens,
        }
    }

    fn verdict(&self, cut: bool) -> Verdict {
        if cut { self.cut } else { self.plain }
    }
}

/// What is written with `--report`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) title: String,
    /// What being right means: `EM` or `pass@1`.
    pub(super) measure: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) pairs: Vec<Pair>,
    pub(super) answers: Vec<Judged>,
}

/// One variant in one group of cases.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) variant: String,
    pub(super) group: String,
    /// Cases with an answer.
    pub(super) count: usize,
    pub(super) plain: Share,
    pub(super) cut: Share,
    /// Means, 0 to 100.
    pub(super) similarity: f64,
    pub(super) cut_similarity: f64,
    pub(super) shown: usize,
    /// Shown and not right as shown.
    pub(super) wrong: usize,
    pub(super) median_seconds: f64,
    pub(super) p90_seconds: f64,
    /// Answers whose end was not waited for: their seconds are too few, their similarity is of what had come.
    pub(super) stopped: usize,
    pub(super) replayed: usize,
    pub(super) median_prompt_tokens: Option<f64>,
}

/// A share in per cent with its 95 % interval (Wilson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Share {
    pub(super) percent: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Two variants on the cases that both answered.
#[derive(Debug, Serialize)]
pub(super) struct Pair {
    pub(super) first: Side,
    pub(super) second: Side,
    pub(super) group: String,
    pub(super) count: usize,
    pub(super) first_percent: f64,
    pub(super) second_percent: f64,
    /// Second minus first in points, with its 95 % interval (Wald, paired).
    pub(super) difference: Share,
    /// Cases that only the second has right.
    pub(super) gained: Vec<String>,
    /// Cases that only the first has right.
    pub(super) lost: Vec<String>,
    /// McNemar's exact test, two-sided.
    pub(super) p: f64,
}

/// A variant's answers, as shown or cut to the truth's number of lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Side {
    pub(super) variant: String,
    pub(super) cut: bool,
}

impl std::fmt::Display for Side {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", self.variant, if self.cut { ", cut" } else { "" })
    }
}

impl Report {
    pub(super) fn new(
        title: String,
        measure: &'static str,
        variants: &[Variant],
        groups: &[String],
        answers: Vec<Judged>,
    ) -> Self {
        let mut rows = Vec::new();
        for variant in variants {
            for group in groups {
                let of_row: Vec<&Judged> = members(&answers, &variant.name, group).collect();
                rows.extend(row(&variant.name, group, &of_row));
            }
        }
        let mut pairs = Vec::new();
        for (first, second) in sides(variants) {
            for group in groups {
                pairs.extend(pair(&answers, &first, &second, group));
            }
        }
        Self { title, measure, rows, pairs, answers }
    }

    /// Prints the tables and writes them to `path`, with all figures as JSON beside them.
    pub(super) fn publish(&self, path: Option<&Path>) -> Result<()> {
        let text = tables::markdown(self);
        println!("\n{text}");
        let Some(path) = path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let write = |path: &Path, text: &str| {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(&path.with_extension("md"), &text)?;
        write(&path.with_extension("json"), &serde_json::to_string_pretty(self)?)
    }
}

fn members<'a>(answers: &'a [Judged], variant: &str, group: &str) -> impl Iterator<Item = &'a Judged> {
    answers.iter().filter(move |it| it.variant == variant && it.groups.iter().any(|own| own == group))
}

/// Sums answers up; `None` if there are none.
fn row(variant: &str, group: &str, answers: &[&Judged]) -> Option<Row> {
    let of = |value: &dyn Fn(&Judged) -> f64| answers.iter().map(|it| value(it)).collect::<Vec<_>>();
    let count_of = |is: &dyn Fn(&Judged) -> bool| answers.iter().filter(|it| is(it)).count();
    let mean = |value: &dyn Fn(&Judged) -> f64| of(value).iter().sum::<f64>() / answers.len() as f64;
    let tokens = answers.iter().filter_map(|it| it.prompt_tokens).map(|tokens| tokens as f64).collect();
    Some(Row {
        variant: variant.to_owned(),
        group: group.to_owned(),
        count: answers.len(),
        plain: share(count_of(&|it| it.plain.right), answers.len()),
        cut: share(count_of(&|it| it.cut.right), answers.len()),
        similarity: mean(&|it| it.plain.similarity),
        cut_similarity: mean(&|it| it.cut.similarity),
        shown: count_of(&|it| it.shown),
        wrong: count_of(&|it| it.shown && !it.plain.right),
        median_seconds: quantile(of(&|it| it.seconds), 0.5)?,
        p90_seconds: quantile(of(&|it| it.seconds), 0.9)?,
        stopped: count_of(&|it| it.stopped),
        replayed: count_of(&|it| it.replayed),
        median_prompt_tokens: quantile(tokens, 0.5),
    })
}

fn share(hits: usize, count: usize) -> Share {
    let (low, high) = wilson(hits, count);
    Share { percent: 100.0 * hits as f64 / count.max(1) as f64, low: 100.0 * low, high: 100.0 * high }
}

/// Who is compared with whom: the first variant with each, each with its base, all context with none. Without
/// a source against with it, so that what the source gains is gained.
fn sides(variants: &[Variant]) -> Vec<(Side, Side)> {
    let mut names: Vec<(&Variant, &Variant)> = Vec::new();
    let find = |name: &str| variants.iter().find(|variant| variant.name == name);
    let mut add = |first, second| {
        if first != second && !names.contains(&(first, second)) && !names.contains(&(second, first)) {
            names.push((first, second));
        }
    };
    for variant in variants {
        match variant.base().and_then(find) {
            Some(base) if variant.is_ablation() => add(variant, base),
            Some(base) => {
                add(base, variant);
                variants.first().into_iter().for_each(|first| add(first, variant));
            }
            None => variants.first().into_iter().for_each(|first| add(first, variant)),
        }
    }
    if let (Some(in_file), Some(all)) = (find("in-file"), find("all")) {
        add(in_file, all);
    }
    let mut sides = Vec::new();
    for (first, second) in names {
        let side = |variant: &Variant, cut| Side { variant: variant.name.clone(), cut };
        sides.push((side(first, false), side(second, false)));
        sides.push((side(first, true), side(second, true)));
        if first.name == "infill" {
            sides.push((side(first, true), side(second, false)));
        }
    }
    sides
}

fn pair(answers: &[Judged], first: &Side, second: &Side, group: &str) -> Option<Pair> {
    let (mut count, mut first_right, mut second_right) = (0, 0, 0);
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    for one in members(answers, &first.variant, group) {
        let Some(other) = members(answers, &second.variant, group).find(|other| other.id == one.id) else {
            continue;
        };
        count += 1;
        let right = (one.verdict(first.cut).right, other.verdict(second.cut).right);
        first_right += usize::from(right.0);
        second_right += usize::from(right.1);
        match right {
            (false, true) => gained.push(one.id.clone()),
            (true, false) => lost.push(one.id.clone()),
            _ => {}
        }
    }
    if count == 0 {
        return None;
    }
    let (low, high) = paired_difference(gained.len(), lost.len(), count);
    let (first_percent, second_percent) =
        (share(first_right, count).percent, share(second_right, count).percent);
    Some(Pair {
        first: first.clone(),
        second: second.clone(),
        group: group.to_owned(),
        count,
        first_percent,
        second_percent,
        difference: Share { percent: second_percent - first_percent, low: 100.0 * low, high: 100.0 * high },
        p: mcnemar(gained.len(), lost.len()),
        gained,
        lost,
    })
}

#[cfg(test)]
mod tests {
    use super::super::variants;
    use super::*;

    fn judged(variant: &str, id: &str, plain: bool, cut: bool) -> Judged {
        let verdict = |right| Verdict { right, similarity: if right { 100.0 } else { 20.0 } };
        let answer = Answer {
            id: id.to_owned(),
            variant: variant.to_owned(),
            completion: if id == "silent" { " ".to_owned() } else { "x".to_owned() },
            seconds: if plain { 1.0 } else { 3.0 },
            prompt_tokens: Some(100),
            ..Answer::default()
        };
        let groups = vec!["all".to_owned(), if id < "c" { "cross" } else { "block" }.to_owned()];
        Judged::new(&answer, groups, verdict(plain), verdict(cut))
    }

    fn report() -> Report {
        let answers = vec![
            judged("infill", "a", false, true),
            judged("infill", "b", false, false),
            judged("infill", "c", false, false),
            judged("infill", "only-here", true, true),
            judged("all", "a", true, true),
            judged("all", "b", true, true),
            judged("all", "c", false, false),
            judged("all", "silent", false, false),
            judged("-similar", "a", true, true),
            judged("-similar", "b", false, false),
            judged("-similar", "c", true, true),
        ];
        let variants = variants::parse("infill,all,-similar").unwrap();
        let groups = ["all", "cross", "infile"].map(str::to_owned);
        Report::new("t".to_owned(), "EM", &variants, &groups, answers)
    }

    #[test]
    fn rows_sum_up_by_group() {
        let report = report();
        let row = |variant: &str, group: &str| {
            report.rows.iter().find(|row| row.variant == variant && row.group == group)
        };
        let all = row("all", "all").unwrap();
        assert_eq!((all.count, all.shown, all.wrong), (4, 3, 1));
        assert_eq!((all.plain.percent, all.similarity, all.median_seconds), (50.0, 60.0, 2.0));
        assert_eq!(all.median_prompt_tokens, Some(100.0));
        let infill = row("infill", "cross").unwrap();
        assert_eq!((infill.plain.percent, infill.cut.percent), (0.0, 50.0));
        assert!(row("all", "infile").is_none(), "no row without cases");
    }

    #[test]
    fn pairs_count_only_what_both_answered() {
        let report = report();
        let pair = |first: &str, second: &str| {
            let found = report.pairs.iter().find(|pair| {
                pair.group == "all" && pair.first.to_string() == first && pair.second.to_string() == second
            });
            let found = found.unwrap();
            (found.count, found.gained.join(" "), found.lost.join(" "), found.p)
        };
        assert_eq!(pair("infill", "all"), (3, "a b".to_owned(), String::new(), 0.5));
        assert_eq!(pair("infill, cut", "all, cut"), (3, "b".to_owned(), String::new(), 1.0));
        assert_eq!(pair("infill, cut", "all"), (3, "b".to_owned(), String::new(), 1.0));
        assert_eq!(pair("-similar", "all"), (3, "b".to_owned(), "c".to_owned(), 1.0));
        assert!(!report.pairs.iter().any(|pair| pair.first.variant == "all"));
    }

    #[test]
    fn the_tables_name_groups_figures_and_cases() {
        let text = tables::markdown(&report());
        for expected in [
            "| all | all | 4 | 50.0 (15.0–85.0) | 50.0 | 60.0 | 60.0 | 3 | 1 | 2.0 | 3.0 | 100 |",
            "| all against infill | all | 3 | 0.0 | 66.7 | +66.7 (+13.3 to +100.0) | 2 | 0 | 0.500 |",
            "- all against -similar: gained 1: b (cross); lost 1: c (block)",
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }
}
