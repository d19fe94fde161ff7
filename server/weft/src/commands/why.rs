//! `weft why`: what the last requests did, and why some showed nothing, from all editor windows.
//!
//! The windows append their traces to one file. It must not hold code: a trace has counts, names and reasons.

use crate::cli::WhyArgs;
use crate::paths::Paths;
use anyhow::{Context, Result};
use assist::completion::{Source, Trace};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;

/// The file is cut to its newer half beyond this size.
const MOST_BYTES: u64 = 512 * 1024;

/// Prints the last traces.
pub(crate) fn run(arguments: &WhyArgs, paths: &Paths) -> Result<ExitCode> {
    let traces = read(&paths.why_file(), arguments.last);
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&traces).context("the traces cannot be printed")?);
        return Ok(ExitCode::SUCCESS);
    }
    if traces.is_empty() {
        say!(
            "No request has come yet. Open a file in an editor that runs `weft lsp`, or try `weft complete`."
        );
    }
    for trace in &traces {
        say!("{}", describe(trace));
    }
    Ok(ExitCode::SUCCESS)
}

/// Appends a trace; a failure to do so must not disturb the request.
pub(crate) fn record(paths: &Paths, trace: &Trace) {
    if let Err(error) = append(paths, trace) {
        tracing::warn!(%error, "the trace could not be kept for `weft why`");
    }
}

/// Writes traces on a thread of its own, so that no request waits for the disk.
pub(crate) struct Recorder(mpsc::Sender<Trace>);

impl Recorder {
    pub(crate) fn start(paths: Paths) -> Self {
        let (sender, receiver) = mpsc::channel::<Trace>();
        std::thread::spawn(move || {
            for trace in receiver {
                record(&paths, &trace);
            }
        });
        Self(sender)
    }

    pub(crate) fn record(&self, trace: &Trace) {
        // The thread ends only with this sender.
        let _ = self.0.send(trace.clone());
    }
}

fn append(paths: &Paths, trace: &Trace) -> Result<()> {
    paths.create_run()?;
    let path = paths.why_file();
    let line = serde_json::to_string(trace)? + "\n";
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    // One write: lines of several windows do not mix.
    file.write_all(line.as_bytes())?;
    if file.metadata()?.len() > MOST_BYTES {
        let kept = read_lines(&path);
        let newer = kept.get(kept.len() / 2..).unwrap_or_default().join("\n") + "\n";
        let partial = path.with_extension("partial");
        std::fs::write(&partial, newer)?;
        std::fs::rename(&partial, &path)?;
    }
    Ok(())
}

fn read_lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// The last traces, newest first. Lines of another version that cannot be read are left out.
fn read(path: &Path, last: usize) -> Vec<Trace> {
    read_lines(path).iter().rev().filter_map(|line| serde_json::from_str(line).ok()).take(last).collect()
}

fn describe(trace: &Trace) -> String {
    let what = match &trace.reason {
        Some(reason) => format!("nothing shown: {reason}"),
        None if trace.source == Source::Memory => "shown, from memory".to_owned(),
        None => format!(
            "shown, {} tokens in {:.0} ms (prompt {} tokens, {} cached, {:.0} ms)",
            trace.tokens, trace.total_ms, trace.prompt_tokens, trace.cached_tokens, trace.prompt_ms
        ),
    };
    let rules =
        if trace.rules.is_empty() { String::new() } else { format!("\n    {}", trace.rules.join("\n    ")) };
    format!("{}, version {}: {what}{rules}", trace.uri, trace.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assist::completion::Silence;

    #[test]
    fn traces_come_back_newest_first_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        for version in 0..4_000 {
            record(&paths, &Trace::silent("file:///a.py", version, &Silence::Superseded));
        }
        let versions: Vec<i32> = read(&paths.why_file(), 3).iter().map(|trace| trace.version).collect();
        assert_eq!(versions, [3_999, 3_998, 3_997]);
        assert!(std::fs::metadata(paths.why_file()).unwrap().len() <= MOST_BYTES);
        let shown = describe(&read(&paths.why_file(), 1)[0]);
        assert_eq!(
            shown,
            "file:///a.py, version 3999: nothing shown: a newer request for this document came"
        );
    }
}
