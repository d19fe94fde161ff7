//! Reading whole roots: two threads at low priority that share one walk. It must not hold a lock while it reads or
//! parses.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ignore::Walk;
use rustc_hash::{FxHashMap, FxHashSet};
use syntax::Language;

use crate::Index;
use crate::cache::{self, CachedFile};
use crate::index::lock;
use crate::place::Places;
use crate::walk::{self, LeftOut};

/// What a scan did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// The files that are in the index because of it.
    pub files: usize,
    /// How many of them were read and parsed; the others were known from the last session.
    pub parsed: usize,
    /// Lines of all files.
    pub lines: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Files in a known language that were left out, by reason.
    pub left_out: FxHashMap<LeftOut, usize>,
    /// Files beyond [`crate::Options::max_files`].
    pub beyond_limit: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// One walk, shared by the threads.
struct Pass<'a> {
    walk: Mutex<Walk>,
    /// What is known from the last session, by relative path. Taken out as it is used.
    cached: Mutex<FxHashMap<String, CachedFile>>,
    seen: Mutex<FxHashSet<PathBuf>>,
    report: Mutex<ScanReport>,
    stop: &'a AtomicBool,
}

/// How much lower than normal the priority of scanning threads is, as `nice` counts.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

impl Index {
    /// Reads every file of the roots that is not known as it is, and blocks until that is done or `stop` is set. What a
    /// session before had read is taken from the cache, and the cache is written if it is no longer right.
    pub fn scan(&self, stop: &AtomicBool) -> ScanReport {
        let started = Instant::now();
        let mut report = ScanReport::default();
        for root in &self.roots {
            let of_root = self.scan_root(root, report, stop);
            report = of_root;
        }
        report.elapsed = started.elapsed();
        report.stopped = stop.load(Ordering::Relaxed);
        tracing::info!(
            files = report.files,
            parsed = report.parsed,
            lines = report.lines,
            left_out = report.left_out.values().sum::<usize>() + report.beyond_limit,
            milliseconds = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
            stopped = report.stopped,
            "the workspace is indexed"
        );
        if !report.stopped {
            self.ready.set();
        }
        report
    }

    fn scan_root(&self, root: &Path, report: ScanReport, stop: &AtomicBool) -> ScanReport {
        let cached = self.options.cache_dir.as_deref().map(|folder| cache::load(folder, root, self));
        let (cached_files, parsed_before) = (cached.as_ref().map_or(0, FxHashMap::len), report.parsed);
        let pass = Pass {
            walk: Mutex::new(walk::walk(root, &self.roots)),
            cached: Mutex::new(cached.unwrap_or_default()),
            seen: Mutex::default(),
            report: Mutex::new(report),
            stop,
        };
        std::thread::scope(|scope| {
            for _ in 0..self.options.scan_threads.max(1) {
                let worker = || {
                    lower_priority();
                    self.work(&pass);
                };
                if std::thread::Builder::new().name("index".to_owned()).spawn_scoped(scope, worker).is_err() {
                    // No thread is to be had: this one does it.
                    self.work(&pass);
                }
            }
        });
        let seen = pass.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !stop.load(Ordering::Relaxed) {
            let known = self.files();
            let of_root = known.iter().filter(|entry| entry.root.as_deref() == Some(root));
            for gone in of_root.filter(|entry| !seen.contains(&entry.path)) {
                self.changed_on_disk(&gone.path);
            }
            let report = lock(&pass.report);
            if report.parsed > parsed_before || seen.len() != cached_files {
                self.save_root(root);
            }
        }
        pass.report.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, pass: &Pass<'_>) {
        let mut places = Places::new(&self.roots);
        while !pass.stop.load(Ordering::Relaxed) {
            let Some(entry) = lock(&pass.walk).next() else { return };
            // A folder that cannot be read has no files for anybody.
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            let is_file = entry.file_type().is_some_and(|file_type| file_type.is_file());
            let Some(language) = Language::from_path(path).filter(|_| is_file && !walk::is_secret(path))
            else {
                continue;
            };
            if lock(&pass.seen).len() >= self.options.max_files {
                lock(&pass.report).beyond_limit += 1;
                continue;
            }
            self.take_in(path, language, &mut places, pass);
        }
    }

    fn take_in(&self, path: &Path, language: Language, places: &mut Places<'_>, pass: &Pass<'_>) {
        let Some(stamp) = walk::stamp(path) else { return };
        let known = self.on_disk(path).filter(|stored| stored.stamp == Some(stamp));
        let cached = || {
            let place = places.find(path, language);
            let cached = lock(&pass.cached).remove(&place.relative)?;
            let fits = cached.stamp == stamp && cached.language == language;
            fits.then(|| Arc::new(cached.into_stored(path, place, &mut self.names_mut())))
        };
        let (stored, parsed) = match known.or_else(cached) {
            Some(stored) => (Ok(stored), false),
            None if stamp.bytes > self.options.max_file_bytes => (Err(LeftOut::TooLarge), false),
            None => (self.read_file(path, language, stamp, places), true),
        };
        let mut report = lock(&pass.report);
        match stored {
            Ok(stored) => {
                report.files += 1;
                report.parsed += usize::from(parsed);
                report.lines += u64::from(stored.entry.lines);
                report.bytes += stored.entry.bytes;
                drop(report);
                lock(&pass.seen).insert(path.to_owned());
                self.put_from_disk(stored);
                // It may have changed while it was read, and been told so before it was in.
                if walk::stamp(path) != Some(stamp) {
                    self.changed_on_disk(path);
                }
            }
            Err(reason) => *report.left_out.entry(reason).or_default() += 1,
        }
    }
}

/// Of this thread only: Linux has a priority for each, which `nice` changes. Elsewhere it would be the whole process's.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the priority of the indexing thread could not be lowered");
    }
}
