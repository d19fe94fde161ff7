//! `cargo xtask bench humaneval`: HumanEval-Infilling's single lines, judged by running the tests.
//!
//! It must not run what a model wrote: the scorer does, which shuts it in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::answers::{Answer, AnswerFile};
use super::cases::Place;
use super::report::{Judged, Report, Verdict};
use super::runner::{self, Case, Options};
use super::score::{cut, score};
use super::variants::{self, Variant};
use crate::arguments::Arguments;
use crate::process;

/// Everything that `--help` says.
pub(super) fn help() -> String {
    format!(
        "\
Measure single-line infilling on HumanEval-Infilling: each answer is put into its function, and the
function's tests are run.

Usage: cargo xtask bench humaneval --data DIR --scorer SCRIPT [OPTIONS]

Options:
  --data DIR          Folder with the benchmark's files
  --file NAME         The file in it (default: HumanEval-SingleLineInfilling.jsonl.gz)
  --ids NAME          A JSON list of task ids, in it or elsewhere: only these
  --scorer SCRIPT     A Python program, called with the data's file, a file of completions, --subset
                      (a JSON list of ids), --jobs and --out (a file for its verdicts); it runs the tests
  --hole HOLE         deleted (default): the line is gone, as the benchmark has it. empty: an empty line
                      is left, as an editor would have it; for all variants alike
{}
{}
",
        runner::HELP,
        variants::HELP
    )
}

/// A line of the benchmark's file.
#[derive(Debug, Clone, Deserialize)]
struct Row {
    task_id: String,
    /// The file before the hole.
    prompt: String,
    /// The file after it.
    suffix: String,
    canonical_solution: String,
}

/// A task, as it is asked.
struct Task {
    row: Row,
    /// Whether the hole's line end stays.
    empty_line: bool,
}

impl Case for Task {
    fn id(&self) -> &str {
        &self.row.task_id
    }

    fn lay_out(&self, folder: &Path) -> Result<Place> {
        let line_end = if self.empty_line { "\n" } else { "" };
        let suffix = format!("{line_end}{}", self.row.suffix);
        Place::write(folder, "solution.py", "python", &self.row.prompt, &suffix)
    }

    /// What comes later can still make a test pass or fail.
    fn needed(&self) -> Vec<(&str, u32)> {
        // Each task is one file.
        Vec::new()
    }

    fn is_settled(&self, _raw: &str) -> bool {
        false
    }
}

/// What the scorer writes of one answer.
#[derive(Deserialize)]
struct Ran {
    task_id: String,
    /// `passed`, or why not.
    result: String,
}

struct Source {
    file: PathBuf,
    ids: Option<PathBuf>,
    scorer: PathBuf,
    empty_line: bool,
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    let source = source(&mut arguments)?;
    let options = runner::options(&mut arguments)?;
    arguments.finish()?;
    let tasks = read(&source, &options)?;
    let hole = if source.empty_line { "empty" } else { "deleted" };
    let file = runner::collect(&options, &format!("humaneval-{hole}"), &tasks)?;
    let mut answers = Vec::new();
    for variant in &options.variants {
        answers.extend(judge(&source, &file, variant, &tasks)?);
    }
    let title = format!("{} tasks of HumanEval-Infilling, hole {hole}, {}", tasks.len(), options.model);
    let report = Report::new(title, "pass@1", &options.variants, &["all".to_owned()], answers);
    report.publish(options.report.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn source(arguments: &mut Arguments) -> Result<Source> {
    let data = arguments.value::<PathBuf>("--data")?.context("--data DIR is missing")?;
    let name = arguments.value::<String>("--file")?;
    let name = name.as_deref().unwrap_or("HumanEval-SingleLineInfilling.jsonl.gz");
    let hole = arguments.value::<String>("--hole")?;
    let empty_line = match hole.as_deref() {
        None | Some("deleted") => false,
        Some("empty") => true,
        Some(other) => bail!("--hole is deleted or empty, not `{other}`"),
    };
    let ids = arguments.value::<PathBuf>("--ids")?;
    let ids = ids.map(|ids| if data.join(&ids).is_file() { data.join(&ids) } else { ids });
    let scorer = arguments.value::<PathBuf>("--scorer")?.context("--scorer SCRIPT is missing")?;
    Ok(Source { file: data.join(name), ids, scorer, empty_line })
}

fn read(source: &Source, options: &Options) -> Result<Vec<Task>> {
    let unreadable = || format!("cannot read {}", source.file.display());
    let text = if source.file.extension().is_some_and(|extension| extension == "gz") {
        let output = process::capture(process::command("gzip").arg("-dc").arg(&source.file))?;
        if !output.status.success() {
            bail!("{}: {}", unreadable(), String::from_utf8_lossy(&output.stderr).trim());
        }
        String::from_utf8(output.stdout).with_context(unreadable)?
    } else {
        fs::read_to_string(&source.file).with_context(unreadable)?
    };
    let wanted: Option<BTreeSet<String>> = match &source.ids {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            Some(serde_json::from_str(&text).with_context(|| format!("{} is no list", path.display()))?)
        }
    };
    let mut tasks = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Row = serde_json::from_str(line).with_context(unreadable)?;
        let is_wanted = wanted.as_ref().is_none_or(|ids| ids.contains(&row.task_id));
        if is_wanted && (options.only.is_empty() || options.only.contains(&row.task_id)) {
            tasks.push(Task { row, empty_line: source.empty_line });
        }
    }
    tasks.truncate(options.limit);
    if tasks.is_empty() {
        bail!("there are no tasks to run");
    }
    Ok(tasks)
}

/// The answers of a variant, whole and cut to one line, each put through its tests.
fn judge(source: &Source, file: &AnswerFile, variant: &Variant, tasks: &[Task]) -> Result<Vec<Judged>> {
    let answered: Vec<(&Row, &Answer)> = tasks
        .iter()
        .filter_map(|task| Some((&task.row, file.get(&variant.name, &task.row.task_id)?)))
        .filter(|(_, answer)| answer.error.is_none())
        .collect();
    let stem = runner::completions_path(file.path(), variant);
    let whole = answered.iter().map(|(row, answer)| (row.task_id.as_str(), answer.completion.clone()));
    let whole = passed(source, &stem.with_extension("shown.json"), whole.collect())?;
    let short = |(row, answer): &(&Row, &Answer)| cut(&answer.completion, &row.canonical_solution);
    let lines = answered.iter().map(|pair| (pair.0.task_id.as_str(), short(pair)));
    let lines = passed(source, &stem.with_extension("cut.json"), lines.collect())?;
    let mut judged = Vec::new();
    for pair in &answered {
        let (row, answer) = pair;
        let verdict = |completion: &str, passed: &BTreeSet<String>| Verdict {
            right: passed.contains(&row.task_id),
            similarity: score(completion, &row.canonical_solution, "python").similarity,
        };
        let plain = verdict(&answer.completion, &whole);
        let cut = verdict(&short(pair), &lines);
        judged.push(Judged::new(answer, vec!["all".to_owned()], plain, cut));
    }
    Ok(judged)
}

/// The ids whose completions pass their tests. `path` is where the scorer's files go, in its name's stead.
fn passed(source: &Source, path: &Path, completions: BTreeMap<&str, String>) -> Result<BTreeSet<String>> {
    if completions.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (given, subset, out) = (
        path.with_extension("given.jsonl"),
        path.with_extension("ids.json"),
        path.with_extension("ran.jsonl"),
    );
    let lines = completions.iter().map(|(id, text)| json!({"task_id": id, "completion": text}));
    fs::write(&given, lines.map(|line| format!("{line}\n")).collect::<String>())?;
    fs::write(&subset, serde_json::to_string(&completions.keys().collect::<Vec<_>>())?)?;
    let mut command = process::command("python3");
    command.arg(&source.scorer).arg(&source.file).arg(&given);
    command.arg("--subset").arg(&subset).arg("--out").arg(&out).args(["--jobs", "2"]);
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", process::shown(&command), output.status, error.trim());
    }
    let text = fs::read_to_string(&out).with_context(|| format!("the scorer wrote no {}", out.display()))?;
    let mut passed = BTreeSet::new();
    for line in text.lines() {
        let ran: Ran = serde_json::from_str(line).context("the scorer wrote something unknown")?;
        if ran.result == "passed" {
            passed.insert(ran.task_id);
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"task_id":"S/H/0/L1","prompt":"def f():\n","suffix":"    return a\n",
        "canonical_solution":"    a = 1\n","test":"","entry_point":"f"}"#;

    fn options() -> Options {
        runner::options(&mut Arguments::new(Vec::new())).unwrap()
    }

    #[test]
    fn tasks_are_read_and_laid_out_with_and_without_their_line() {
        let folder = std::env::temp_dir().join(format!("weft-xtask-humaneval-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let line = ROW.replace('\n', " ");
        fs::write(folder.join("data.jsonl"), format!("{line}\n{}\n", line.replace("L1", "L2"))).unwrap();
        fs::write(folder.join("ids.json"), r#"["S/H/0/L2"]"#).unwrap();
        let words = |hole: &str| {
            let line = format!(
                "--data {} --file data.jsonl --ids ids.json --scorer s.py --hole {hole}",
                folder.display()
            );
            Arguments::new(line.split_whitespace().map(str::to_owned).collect())
        };
        for (hole, text) in [("deleted", "def f():\n    return a\n"), ("empty", "def f():\n\n    return a\n")]
        {
            let source = source(&mut words(hole)).unwrap();
            let tasks = read(&source, &options()).unwrap();
            assert_eq!(tasks.iter().map(Case::id).collect::<Vec<_>>(), ["S/H/0/L2"]);
            let place = tasks[0].lay_out(&folder.join(hole)).unwrap();
            assert_eq!(fs::read_to_string(&place.file).unwrap(), text);
            assert_eq!((place.line, place.character), (1, 0));
        }
        assert!(source(&mut words("filled")).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_scorer_says_what_passed() {
        let folder = std::env::temp_dir().join(format!("weft-xtask-scorer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let scorer = folder.join("scorer.py");
        let program = "import json, sys\n\
            given = [json.loads(line) for line in open(sys.argv[2])]\n\
            assert json.load(open(sys.argv[sys.argv.index('--subset') + 1])) == [it['task_id'] for it in given]\n\
            out = open(sys.argv[sys.argv.index('--out') + 1], 'w')\n\
            for it in given:\n    \
            result = 'passed' if it['completion'] == 'right' else 'failed: no'\n    \
            out.write(json.dumps({'task_id': it['task_id'], 'result': result, 'em': False}) + '\\n')\n";
        fs::write(&scorer, program).unwrap();
        let source = Source { file: folder.join("d"), ids: None, scorer, empty_line: false };
        let completions = BTreeMap::from([("a", "right".to_owned()), ("b", "wrong".to_owned())]);
        let passed = passed(&source, &folder.join("x.shown.json"), completions).unwrap();
        assert_eq!(passed, BTreeSet::from(["a".to_owned()]));
        let missing = Source { scorer: folder.join("none.py"), ..source };
        assert!(
            super::passed(&missing, &folder.join("y.json"), BTreeMap::from([("a", String::new())])).is_err()
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
