//! Runs `git` in a root to read history, so that nothing which a repository configures can run a program, write, or reach the network.
//! It must not interpret what git says.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A root that is in a repository.
pub(crate) struct Repository {
    root: PathBuf,
    /// Switches that take the programs out of the repository's own filters.
    filters: Vec<String>,
}

/// What git wrote.
pub(crate) struct Output {
    /// At most [`MOST_BYTES`].
    pub(crate) text: String,
    /// Whether there was more.
    pub(crate) truncated: bool,
}

/// Why git gave nothing.
pub(crate) enum GitError {
    /// It ended with another status than 0; what it said of it.
    Failed(String),
    /// It could not be started, or took too long.
    NotRun(String),
}

/// How long one call may take.
const TIME_OUT: Duration = Duration::from_secs(20);
/// What is read of one call, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Settings of a repository that name a program, a hook or a place in the network. `-c` counts more than the repository's own file.
const SETTINGS: [&str; 9] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.quotePath=false",
    "diff.external=",
    "log.showSignature=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
];

/// Variables that would lead git to another repository, or name a program.
const VARIABLES: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
];

impl Repository {
    /// The repository that a root is in; none when it is in none.
    pub(crate) fn of(root: &Path) -> Result<Option<Self>, GitError> {
        let mut repository = Self { root: root.to_owned(), filters: Vec::new() };
        match repository.run(&["rev-parse", "--is-inside-work-tree"]) {
            Ok(output) if output.text.trim() == "true" => {}
            Ok(_) => return Ok(None),
            Err(GitError::Failed(reason)) if reason.contains("not a git repository") => return Ok(None),
            Err(error) => return Err(error),
        }
        // Reading a changed file through a filter runs the filter's program.
        let names = match repository.run(&["config", "--null", "--name-only", "--get-regexp", r"^filter\."]) {
            Ok(output) => output.text,
            // It says by its status that there are none.
            Err(GitError::Failed(_)) => String::new(),
            Err(error) => return Err(error),
        };
        let drivers = names.split('\0').filter_map(|name| name.rsplit_once('.')).map(|(driver, _)| driver);
        let mut drivers: Vec<&str> = drivers.collect();
        drivers.sort_unstable();
        drivers.dedup();
        repository.filters = drivers
            .into_iter()
            .flat_map(|driver| {
                ["clean=", "smudge=", "process=", "required=false"].map(|end| format!("{driver}.{end}"))
            })
            .collect();
        Ok(Some(repository))
    }

    /// Runs git with arguments, of which those that a user typed must not begin with `-`. Blocks until it has ended, at most
    /// [`TIME_OUT`].
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Output, GitError> {
        let mut command = Command::new("git");
        command
            .current_dir(&self.root)
            .arg("--no-pager")
            .arg("--literal-pathspecs")
            .arg("--no-optional-locks");
        for setting in SETTINGS.iter().copied().chain(self.filters.iter().map(String::as_str)) {
            command.arg("-c").arg(setting);
        }
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            // What git says is read here, so it must not be translated.
            .env("LC_ALL", "C")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            _ if !self.root.is_dir() => {
                GitError::NotRun("the folder of the workspace is no longer there".to_owned())
            }
            std::io::ErrorKind::NotFound => {
                GitError::NotRun("the program `git` is not installed, or not in PATH".to_owned())
            }
            _ => GitError::NotRun(error.to_string()),
        })?;
        finish(child)
    }
}

fn finish(mut child: Child) -> Result<Output, GitError> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(GitError::NotRun("its output could not be read".to_owned()));
    };
    let (sender, receiver) = mpsc::channel();
    let errors = thread::spawn(move || limited(stderr).0);
    // Its end of the pipe closes when git ends, so the answer is also how that is noticed.
    thread::spawn(move || sender.send(limited(stdout)));
    let Ok((bytes, truncated)) = receiver.recv_timeout(TIME_OUT) else {
        drop(child.kill());
        drop(child.wait());
        return Err(GitError::NotRun(format!(
            "it took more than {} seconds and was ended",
            TIME_OUT.as_secs()
        )));
    };
    if truncated {
        // It would wait for somebody to read on.
        drop(child.kill());
    }
    let status = child.wait().map_err(|error| GitError::NotRun(error.to_string()))?;
    let said = errors.join().unwrap_or_default();
    if !status.success() && !truncated {
        let said = String::from_utf8_lossy(&said);
        return Err(GitError::Failed(said.lines().next().unwrap_or("it did not say why").to_owned()));
    }
    Ok(Output { text: String::from_utf8_lossy(&bytes).into_owned(), truncated })
}

fn limited(pipe: impl Read) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    // What was read before an error is still true.
    drop(pipe.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
    let truncated = bytes.len() > MOST_BYTES;
    bytes.truncate(MOST_BYTES);
    (bytes, truncated)
}
