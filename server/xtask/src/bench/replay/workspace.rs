//! From cases to typing sessions: what is typed where, and the workspace without it.
//!
//! It must not leave the truth anywhere in a workspace: a server that reads the disk would find it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;

use super::super::cases::{self, Case};
use super::figures::{Costs, Session, Side};
use super::load::Load;
use super::player::{File, Played};
use super::script::{self, Script, Source};

/// A session that is to be played.
pub(super) struct Planned {
    /// The case.
    pub(super) id: String,
    pub(super) language: String,
    pub(super) script: Script,
    package: PathBuf,
}

/// Files of a package that are read, and how large they may be: a jump leads to code that someone wrote.
const OTHER_FILES: usize = 200;
const LARGEST: u64 = 200_000;

/// The sessions of one run: `count` cases in a random order, none twice.
pub(super) fn plan(cases: &[Case], folder: &Path, count: usize, seed: u64) -> Result<Vec<Planned>> {
    let mut random = Rng::with_seed(seed);
    let mut order: Vec<&Case> = cases.iter().collect();
    random.shuffle(&mut order);
    let mut planned = Vec::new();
    for case in order {
        if planned.len() == count {
            break;
        }
        let package = case.package(folder);
        let path = package.join(case.file());
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let main = Source { path: case.file().to_owned(), text };
        let others = other_files(&package, &main.path)?;
        if let Some(script) = script::script(&main, case.lines(), &others, random.u64(..)) {
            let (id, language) = (case.id.clone(), case.language.clone());
            planned.push(Planned { id, language, script, package });
        }
    }
    if planned.len() < count {
        bail!(
            "only {} of {} cases have something to type; ask for fewer --sessions",
            planned.len(),
            cases.len()
        );
    }
    Ok(planned)
}

impl Planned {
    /// What came of playing it. Run and load are filled in by the caller.
    pub(super) fn session(
        &self,
        side: Side,
        played: Played,
        costs: Costs,
        cpu_seconds: Option<f64>,
    ) -> Session {
        Session {
            id: self.id.clone(),
            run: 0,
            load: Load::Quiet,
            side,
            script_keystrokes: self.script.keystrokes(),
            places: self.script.parts.len(),
            played,
            costs,
            cpu_seconds,
        }
    }
}

/// The package without what is to be typed. It is deleted with this.
pub(super) struct Workspace {
    folder: PathBuf,
    files: Vec<File>,
}

impl Workspace {
    /// Makes it at `folder`; what was there is deleted.
    pub(super) fn lay_out(planned: &Planned, folder: &Path) -> Result<Self> {
        let _ = fs::remove_dir_all(folder);
        cases::copy_tree(&planned.package, folder)?;
        let mut files = Vec::new();
        for file in &planned.script.files {
            let on_disk = folder.join(&file.path);
            cases::replace(&on_disk, &file.text)?;
            files.push(File { path: file.path.clone(), on_disk, language: planned.language.clone() });
        }
        Ok(Self { folder: folder.to_owned(), files })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The script's files, in its order.
    pub(super) fn files(&self) -> &[File] {
        &self.files
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What stays behind goes with the folder of the whole run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The files of a package with the ending of `main`, by their names.
fn other_files(package: &Path, main: &str) -> Result<Vec<Source>> {
    let ending = Path::new(main).extension();
    let mut paths = Vec::new();
    let mut folders = vec![package.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension() == ending && entry.metadata()?.len() <= LARGEST {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.truncate(OTHER_FILES);
    let mut sources = Vec::new();
    for path in paths {
        let name = path.strip_prefix(package).map(|path| path.to_string_lossy().into_owned());
        if let (Ok(name), Ok(text)) = (name, fs::read_to_string(&path))
            && name != main
        {
            sources.push(Source { path: name, text });
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_lacks_what_is_typed_and_the_package_does_not() {
        let root = std::env::temp_dir().join(format!("weft-xtask-plan-{}", std::process::id()));
        let package = root.join("packages/p");
        fs::create_dir_all(package.join("src")).unwrap();
        let whole: String = (0..40).map(|line| format!("let name_{line} = call_{line}(1);\n")).collect();
        fs::write(package.join("src/lib.rs"), &whole).unwrap();
        fs::write(package.join("src/other.rs"), "fn f() {}\n").unwrap();
        let offset = whole.find("call_20").unwrap();
        let case = |id: &str| {
            format!(
                r#"{{"id":"{id}","language":"rust","kind":"cross","truth":"call_20(1)","snapshot":"packages/p",
                "file":"src/lib.rs","offset":{offset},"end_offset":{},"line":20,"character":14}}"#,
                offset + "call_20(1)".len()
            )
            .replace('\n', " ")
        };
        fs::write(root.join("cases.jsonl"), format!("{}\n{}\n", case("a"), case("b"))).unwrap();
        let cases = cases::read(&root, "cases").unwrap();
        assert!(plan(&cases, &root, 3, 1).is_err(), "no case is typed twice");
        let planned = plan(&cases, &root, 2, 1).unwrap();
        let again = plan(&cases, &root, 2, 1).unwrap();
        assert_eq!((&planned[0].id, &planned[0].script), (&again[0].id, &again[0].script));

        let workspace = Workspace::lay_out(&planned[0], &root.join("workspace")).unwrap();
        let file = &workspace.files()[planned[0].script.parts[0].file];
        let text = fs::read_to_string(&file.on_disk).unwrap();
        assert!(!text.contains("call_20") && text.contains("call_1("), "{text}");
        assert_eq!(fs::read_to_string(package.join("src/lib.rs")).unwrap(), whole);
        let folder = workspace.folder().to_owned();
        assert!(folder.join("src/other.rs").exists());
        drop(workspace);
        assert!(!folder.exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
