//! A report as Markdown, for terminals and for documents.
//!
//! It must not compute: the figures are those of the report.

use std::fmt::Write as _;

use super::report::{Pair, Report, Row};

/// The whole report. Writing to a string cannot fail, so the results of `writeln!` are left aside.
pub(super) fn markdown(report: &Report) -> String {
    let mut text = format!("# {}\n\n", report.title);
    rows(&mut text, report);
    if !report.pairs.is_empty() {
        pairs(&mut text, report);
        gained_and_lost(&mut text, report);
    }
    text
}

fn rows(text: &mut String, report: &Report) {
    let measure = report.measure;
    let _ = writeln!(
        text,
        "{measure}: share of right answers as shown, with its 95 % interval (Wilson); cut: only as many lines as \
         the truth has. ES: edit similarity. Wrong: shown and not right.\n"
    );
    let _ = writeln!(
        text,
        "| variant | group | n | {measure} % | {measure} % cut | ES | ES cut | shown | wrong | median s | \
         p90 s | prompt tokens |"
    );
    text.push_str("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for row in &report.rows {
        row_line(text, row);
    }
    let count = |of: &dyn Fn(&Row) -> usize| {
        report.rows.iter().filter(|row| row.group == "all").map(of).sum::<usize>()
    };
    let (stopped, replayed) = (count(&|row| row.stopped), count(&|row| row.replayed));
    if stopped > 0 {
        let _ = writeln!(
            text,
            "\n≥: {stopped} answers were read only until more could not make them right. The seconds of these are \
             too few, and their ES without a cut is of what had come."
        );
    }
    if replayed > 0 {
        let _ = writeln!(
            text,
            "\n{replayed} generations were on record from an earlier run and count with their time then."
        );
    }
}

fn row_line(text: &mut String, row: &Row) {
    let at_least = if row.stopped > 0 { "≥ " } else { "" };
    let tokens = row.median_prompt_tokens.map(|tokens| format!("{tokens:.0}")).unwrap_or_default();
    let _ = writeln!(
        text,
        "| {} | {} | {} | {:.1} ({:.1}–{:.1}) | {:.1} | {:.1} | {:.1} | {} | {} | {at_least}{:.1} | {at_least}{:.1} \
         | {tokens} |",
        row.variant,
        row.group,
        row.count,
        row.plain.percent,
        row.plain.low,
        row.plain.high,
        row.cut.percent,
        row.similarity,
        row.cut_similarity,
        row.shown,
        row.wrong,
        row.median_seconds,
        row.p90_seconds,
    );
}

fn pairs(text: &mut String, report: &Report) {
    let _ = writeln!(
        text,
        "\n## Compared case by case\n\nThe difference in points with its 95 % interval (Wald, paired); gained: cases \
         that only the first-named has right, lost: that only the other has; p: McNemar's exact test, two-sided.\n"
    );
    text.push_str("| compared | group | n | other | first-named | difference | gained | lost | p |\n");
    text.push_str("| --- | --- | --: | --: | --: | --: | --: | --: | --: |\n");
    for pair in &report.pairs {
        let _ = writeln!(
            text,
            "| {} against {} | {} | {} | {:.1} | {:.1} | {:+.1} ({:+.1} to {:+.1}) | {} | {} | {:.3} |",
            pair.second,
            pair.first,
            pair.group,
            pair.count,
            pair.first_percent,
            pair.second_percent,
            pair.difference.percent,
            pair.difference.low,
            pair.difference.high,
            pair.gained.len(),
            pair.lost.len(),
            pair.p
        );
    }
}

fn gained_and_lost(text: &mut String, report: &Report) {
    text.push_str("\n## Cases gained and lost\n\n");
    for pair in report.pairs.iter().filter(|pair| pair.group == "all") {
        let _ = writeln!(
            text,
            "- {} against {}: gained {}; lost {}",
            pair.second,
            pair.first,
            listed(report, pair, &pair.gained),
            listed(report, pair, &pair.lost)
        );
    }
}

/// The number of the cases, and each with its group.
fn listed(report: &Report, pair: &Pair, ids: &[String]) -> String {
    if ids.is_empty() {
        return "0".to_owned();
    }
    let named: Vec<String> = ids
        .iter()
        .map(|id| {
            let answer = report.answers.iter().find(|it| &it.id == id && it.variant == pair.first.variant);
            let group = answer.and_then(|it| it.groups.get(1));
            group.map_or_else(|| id.clone(), |group| format!("{id} ({group})"))
        })
        .collect();
    format!("{}: {}", ids.len(), named.join(", "))
}
