//! `cargo xtask test`: everything that CI checks, step by step, with the time of each.
//!
//! A step is a command that anyone can run by hand; nothing is checked here that has no command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::setup::{self, Purpose};
use crate::{editors, process, tidy, weft};

const HELP: &str = "\
Everything that CI checks: setup, format, tidy, build, lints, models, unit tests, end-to-end tests, real
editors (Neovim, Helix, Emacs, VS Code), the JetBrains side, the chat page in Chromium.

Usage: cargo xtask test [OPTIONS]

Options:
  --keep-going  Go on after a failed step; what needs a failed step is still left out

The build, the models and the Python tools stay in the cache folder for the next time.
";

/// What happened to a step.
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    LeftOut(&'static str),
}

/// The steps so far, and whether to go on after a failure.
struct Progress {
    keep_going: bool,
    outcomes: Vec<(&'static str, Outcome)>,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let keep_going = arguments.flag("--keep-going");
    arguments.finish()?;
    let root = cache::workspace_root()?;
    let cache = Cache::open()?;
    let binary = weft::binary(&cache);
    let cargo = |words: &[&str]| {
        let mut cargo = weft::cargo(&cache);
        cargo.current_dir(&root).args(words);
        cargo
    };

    let mut progress = Progress { keep_going, outcomes: Vec::new() };
    progress.step("setup", &[], || setup::ensure(Purpose::Test));
    progress.step("format", &["setup"], || process::run(&mut cargo(&["fmt", "--all", "--check"])));
    progress.step("tidy", &["setup"], || tidy::check(&root));
    progress.step("build", &["setup"], || {
        cache.discard_build_of_another_cpu()?;
        // Tests and all, so that one choice of features serves this step and the next two.
        process::run(&mut cargo(&["build", "--workspace", "--all-targets"]))
    });
    progress.step("lints", &["build"], || {
        process::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    // Before the unit tests: the engine's are run on the real small model.
    progress.step("models", &["build"], || {
        for model in [weft::SMALL_MODEL, weft::MODEL_WITHOUT_FIM] {
            weft::ensure_model_in(&binary, model, &cache.models())?;
        }
        Ok(())
    });
    progress.step("unit tests", &["build", "models"], || {
        process::run(cargo(&["test", "--workspace"]).env("WEFT_TEST_MODELS", cache.models()))
    });
    progress.step("python", &["setup"], || python_environment(&root, &cache));
    let mut clients = Vec::new();
    progress.step("node", &["setup"], || {
        clients = editors::node_clients(&root, &cache)?;
        Ok(())
    });
    progress.step("end to end", &["build", "models", "python", "node"], || {
        process::run(pytest(&root, &cache).envs(clients))
    });
    let in_terminals = ["neovim", "helix", "emacs", "jetbrains"].map(str::to_owned);
    progress.step("editors", &["build", "models", "python"], || {
        editors::test_editors(&root, &cache, &in_terminals)
    });
    progress.step("page", &["setup"], || editors::check_page(&root, &cache));
    progress.step("real page", &["build", "models", "page"], || {
        editors::test_editors(&root, &cache, &["page".to_owned()])
    });
    progress.step("vs code", &["build", "models"], || {
        editors::test_editors(&root, &cache, &["vscode".to_owned()])
    });
    Ok(progress.summary())
}

impl Progress {
    fn step(&mut self, name: &'static str, needs: &[&str], work: impl FnOnce() -> Result<()>) {
        if let Some(reason) = self.reason_to_leave_out(needs) {
            self.outcomes.push((name, Outcome::LeftOut(reason)));
            return;
        }
        println!("\n\x1b[1m── {name}\x1b[0m");
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        let outcome = match result {
            Ok(()) => {
                println!("── {name}: passed in {}", seconds(took));
                Outcome::Passed(took)
            }
            Err(error) => {
                eprintln!("── {name}: failed after {}: {error:#}", seconds(took));
                Outcome::Failed(took)
            }
        };
        self.outcomes.push((name, outcome));
    }

    fn reason_to_leave_out(&self, needs: &[&str]) -> Option<&'static str> {
        let passed = |name: &&str| {
            let outcome = self.outcomes.iter().find(|(step, _)| step == name);
            outcome.is_some_and(|(_, outcome)| matches!(outcome, Outcome::Passed(_)))
        };
        if !needs.iter().all(passed) {
            return Some("a step that it needs did not pass");
        }
        (!self.keep_going && self.failed()).then_some("an earlier step failed (--keep-going runs it)")
    }

    fn failed(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| !matches!(outcome, Outcome::Passed(_)))
    }

    fn summary(&self) -> ExitCode {
        println!("\n\x1b[1m── summary\x1b[0m");
        for (name, outcome) in &self.outcomes {
            let text = match outcome {
                Outcome::Passed(took) => format!("passed   {:>9}", seconds(*took)),
                Outcome::Failed(took) => format!("FAILED   {:>9}", seconds(*took)),
                Outcome::LeftOut(reason) => format!("left out: {reason}"),
            };
            println!("{name:<12} {text}");
        }
        let total = self.outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Passed(took) | Outcome::Failed(took) => Some(*took),
            Outcome::LeftOut(_) => None,
        });
        println!(
            "{:<12} {:<8} {:>9}",
            "all",
            if self.failed() { "FAILED" } else { "passed" },
            seconds(total.sum())
        );
        if self.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// pytest in the folder of the end-to-end tests, with what they need of the environment.
pub(crate) fn pytest(root: &Path, cache: &Cache) -> Command {
    let mut pytest = process::command(in_environment(cache, "python"));
    pytest.current_dir(root.join("tests")).args(["-m", "pytest"]);
    pytest.env("WEFT_BIN", weft::binary(cache)).env("WEFT_TEST_MODELS", cache.models());
    // Nothing is written into the checkout.
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    pytest
}

/// Makes the virtual environment with the packages of tests/requirements.txt; keeps one that fits.
pub(crate) fn python_environment(root: &Path, cache: &Cache) -> Result<()> {
    let requirements = root.join("tests/requirements.txt");
    let wanted = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let folder = cache.python();
    let record = folder.join("requirements.txt");
    let works =
        process::succeeds(process::command(in_environment(cache, "python")).args(["-c", "import pytest"]));
    if works && fs::read_to_string(&record).is_ok_and(|present| present == wanted) {
        println!("{} fits tests/requirements.txt", folder.display());
        return Ok(());
    }
    println!("making {} with the packages of tests/requirements.txt", folder.display());
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = process::command(in_environment(cache, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements);
    process::run(&mut pip)?;
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}

pub(crate) fn in_environment(cache: &Cache, program: &str) -> PathBuf {
    cache.python().join("bin").join(program)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn steps(keep_going: bool) -> Progress {
        let mut progress = Progress { keep_going, outcomes: Vec::new() };
        progress.step("a", &[], || Ok(()));
        progress.step("b", &["a"], || bail!("broken"));
        progress.step("c", &["b"], || Ok(()));
        progress.step("d", &["a"], || Ok(()));
        progress
    }

    fn shown(progress: &Progress) -> String {
        let letter = |outcome: &Outcome| match outcome {
            Outcome::Passed(_) => '+',
            Outcome::Failed(_) => '!',
            Outcome::LeftOut(_) => '-',
        };
        progress.outcomes.iter().map(|(_, outcome)| letter(outcome)).collect()
    }

    #[test]
    fn a_failed_step_stops_the_rest_and_fails_the_whole() {
        let progress = steps(false);
        assert_eq!(shown(&progress), "+!--");
        assert!(progress.failed());
    }

    #[test]
    fn keep_going_runs_what_does_not_need_the_failed_step() {
        let progress = steps(true);
        assert_eq!(shown(&progress), "+!-+");
        assert!(progress.failed());
    }
}
