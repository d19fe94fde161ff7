//! The configuration as it is now: read again when a file has changed, so that an editor need not be started again. It must not watch
//! anything: whoever asks pays for two looks at the file system.

use super::{Config, engines, load, workspace_file};
use crate::paths::Paths;
use engine_remote::Routes;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// See the module's head.
pub(crate) struct Live {
    paths: Paths,
    workspace: Mutex<Option<PathBuf>>,
    read: Mutex<Option<(Stamps, Arc<Current>)>>,
}

/// What the files said when they were read last.
pub(crate) struct Current {
    pub(crate) config: Config,
    pub(crate) routes: Arc<Routes>,
}

type Stamp = Option<(u64, Option<SystemTime>)>;
type Stamps = (Option<PathBuf>, Stamp, Stamp);

impl Live {
    pub(crate) fn new(paths: &Paths, workspace: Option<PathBuf>) -> Self {
        Self { paths: paths.clone(), workspace: Mutex::new(workspace), read: Mutex::default() }
    }

    /// The workspace whose file counts from now on.
    pub(crate) fn enter(&self, workspace: Option<PathBuf>) {
        *self.workspace.lock().unwrap_or_else(PoisonError::into_inner) = workspace;
    }

    /// What the files say.
    pub(crate) fn current(&self) -> Arc<Current> {
        let workspace = self.workspace.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let shared = workspace.as_deref().map(workspace_file);
        let stamps = (workspace.clone(), stamp(&self.paths.config), shared.as_deref().and_then(stamp));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, current)) = read.as_ref().filter(|(before, _)| *before == stamps) {
            return current.clone();
        }
        let config = load(&self.paths, workspace.as_deref());
        for problem in &config.problems {
            tracing::warn!("{problem}");
        }
        let routes = Arc::new(engines::routes(&config, &self.paths));
        let current = Arc::new(Current { config, routes });
        *read = Some((stamps, current.clone()));
        current
    }
}

/// Tells a file from what it was before.
fn stamp(file: &Path) -> Stamp {
    let data = std::fs::metadata(file).ok()?;
    Some((data.len(), data.modified().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let live = Live::new(&paths, None);
        assert_eq!(live.current().config.roles.chat, None);
        std::fs::write(&paths.config, "[roles]\nchat = \"one\"\n").unwrap();
        assert_eq!(live.current().config.roles.chat.as_deref(), Some("one"));
        let same = live.current();
        assert!(Arc::ptr_eq(&same, &live.current()), "nothing is read again without a change");
        std::fs::write(&paths.config, "[roles]\nchat = \"three\"\n").unwrap();
        assert_eq!(live.current().config.roles.chat.as_deref(), Some("three"));
    }
}
