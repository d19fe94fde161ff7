//! `cargo xtask bench fim`: held-out holes in real packages, filled by each variant and compared.
//!
//! Only the first suggestion of an automatic request counts: what a user would see and accept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::answers::AnswerFile;
use super::cases::{self, Case, Place};
use super::report::{Judged, Report, Verdict};
use super::score::{cut, is_settled, score};
use super::variants::Variant;
use super::{runner, variants};
use crate::arguments::Arguments;

/// Everything that `--help` says.
pub(super) fn help() -> String {
    format!(
        "\
Measure fill-in-the-middle completions on held-out cases: each case's workspace is laid out with the hole
deleted, a real `weft lsp` reads it and is asked as an editor would.

Usage: cargo xtask bench fim --cases DIR [OPTIONS]

Options:
  --cases DIR         Folder with cases.jsonl and the packages that the cases are from
  --set NAME          cases (default) or cases_xl
{}
{}

The binary is built first, unless WEFT_BIN names one; a run in the background should have a copy of its own.
",
        runner::HELP,
        variants::HELP
    )
}

/// The groups of the tables, besides the languages.
const GROUPS: [&str; 6] = ["all", "cross", FIRST_USE, USED_BEFORE, "infile", "block"];
const FIRST_USE: &str = "cross, first use";
const USED_BEFORE: &str = "cross, used before";

/// A case and where its package is.
struct InSet<'a> {
    case: &'a Case,
    folder: &'a Path,
}

impl runner::Case for InSet<'_> {
    fn id(&self) -> &str {
        &self.case.id
    }

    fn lay_out(&self, folder: &Path) -> Result<Place> {
        cases::lay_out(self.case, self.folder, folder)
    }

    fn needed(&self) -> Vec<(&str, u32)> {
        let needed = self.case.cross_file_defs.iter();
        needed.map(|needed| (needed.file.as_str(), needed.line.saturating_sub(1))).collect()
    }

    fn is_settled(&self, raw: &str) -> bool {
        is_settled(raw, &self.case.truth, &self.case.language)
    }
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    let (folder, set) = source(&mut arguments)?;
    let options = runner::options(&mut arguments)?;
    arguments.finish()?;
    measure(&folder, &set, &options, "fim")
}

/// The same for these variants, each answer generated afresh.
pub(super) fn run_variants(mut arguments: Arguments, variants: Vec<Variant>) -> Result<ExitCode> {
    let (folder, set) = source(&mut arguments)?;
    let mut options = runner::options(&mut arguments)?;
    arguments.finish()?;
    (options.variants, options.fresh) = (variants, true);
    measure(&folder, &set, &options, "layout")
}

fn measure(folder: &Path, set: &str, options: &runner::Options, name: &str) -> Result<ExitCode> {
    let mut cases = cases::read(folder, set)?;
    cases.retain(|case| options.only.is_empty() || options.only.contains(&case.id));
    cases.truncate(options.limit);
    if cases.is_empty() {
        bail!("there are no cases to run");
    }
    let items: Vec<InSet<'_>> = cases.iter().map(|case| InSet { case, folder }).collect();
    let file = runner::collect(options, &format!("{name}-{set}"), &items)?;
    let mut groups: Vec<String> = GROUPS.map(str::to_owned).to_vec();
    for case in &cases {
        if !groups.contains(&case.language) {
            groups.push(case.language.clone());
        }
    }
    let answers = options.variants.iter().flat_map(|variant| judge(&file, &variant.name, &cases)).collect();
    let title = format!("{} cases of {set}, {}", cases.len(), options.model);
    let report = Report::new(title, "EM", &options.variants, &groups, answers);
    report.publish(options.report.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of the cases and the name of the set.
pub(super) fn source(arguments: &mut Arguments) -> Result<(PathBuf, String)> {
    let folder = arguments.value::<PathBuf>("--cases")?;
    let folder = folder.context("--cases DIR is missing: the unpacked folder with cases.jsonl")?;
    let folder =
        fs::canonicalize(&folder).with_context(|| format!("there is no folder {}", folder.display()))?;
    Ok((folder, arguments.value("--set")?.unwrap_or_else(|| "cases".to_owned())))
}

/// The answers of a variant, scored. Cases that could not be asked are left out.
fn judge(file: &AnswerFile, variant: &str, cases: &[Case]) -> Vec<Judged> {
    let mut judged = Vec::new();
    for case in cases {
        let Some(answer) = file.get(variant, &case.id).filter(|answer| answer.error.is_none()) else {
            continue;
        };
        let verdict = |completion: &str| {
            let score = score(completion, &case.truth, &case.language);
            Verdict { right: score.exact, similarity: score.similarity }
        };
        let plain = verdict(&answer.completion);
        let cut = verdict(&cut(&answer.completion, &case.truth));
        judged.push(Judged::new(answer, groups_of(case), plain, cut));
    }
    judged
}

fn groups_of(case: &Case) -> Vec<String> {
    let mut groups = vec!["all", case.kind.as_str()];
    match case.first_use_in_file {
        Some(true) => groups.push(FIRST_USE),
        Some(false) => groups.push(USED_BEFORE),
        None => {}
    }
    groups.push(&case.language);
    groups.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_of(line: &str) -> Result<(PathBuf, String)> {
        source(&mut Arguments::new(line.split_whitespace().map(str::to_owned).collect()))
    }

    #[test]
    fn the_cases_must_be_there() {
        assert!(source_of("--limit 3").is_err());
        assert!(source_of("--cases /no/such/folder").is_err());
        assert_eq!(source_of("--cases / --set cases_xl").unwrap(), ("/".into(), "cases_xl".to_owned()));
    }

    #[test]
    fn cases_count_in_their_groups() {
        let case = |more: &str| -> Case {
            let text = format!(
                r#"{{"id":"x","language":"rust","truth":"","snapshot":"","file":"","offset":0,
                "end_offset":0,"line":0,"character":0,{more}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let cross = case(r#""kind":"cross","first_use_in_file":true"#);
        assert_eq!(groups_of(&cross), ["all", "cross", FIRST_USE, "rust"]);
        assert_eq!(groups_of(&case(r#""kind":"block""#)), ["all", "block", "rust"]);
        assert_eq!(groups_of(&case(r#""kind":"block","first_use_in_file":null"#)), ["all", "block", "rust"]);
    }
}
