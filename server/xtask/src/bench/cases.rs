//! Fill-in-the-middle cases: read from `cases.jsonl`, laid out as a workspace with the hole deleted.
//!
//! The truth must never be in a laid-out workspace: a server that reads the disk would find it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// One case, as a line of `cases.jsonl` has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) language: String,
    /// `cross`, `infile` or `block`.
    pub(super) kind: String,
    /// For `cross`: whether the file has not used the other file's name before.
    #[serde(default)]
    pub(super) first_use_in_file: Option<bool>,
    /// For `cross`: where the definitions are that what stood in the hole needs.
    #[serde(default)]
    pub(super) cross_file_defs: Vec<Needed>,
    /// What stood in the hole.
    pub(super) truth: String,
    /// The package that the case is from, below the set's folder.
    snapshot: String,
    /// The file with the hole, below the snapshot.
    file: String,
    /// The hole, in bytes of the file.
    offset: usize,
    end_offset: usize,
    /// Where the hole begins, as LSP counts: from 0, the character in UTF-16 units.
    line: usize,
    character: usize,
}

/// A definition in another file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Needed {
    /// Its file, below the snapshot.
    pub(super) file: String,
    /// Its line, counted from 1.
    pub(super) line: u32,
}

/// A place on disk, ready to be asked about. Its folder is deleted with it.
pub(super) struct Place {
    /// The workspace.
    pub(super) folder: PathBuf,
    /// The file, without what stood in the hole.
    pub(super) file: PathBuf,
    /// LSP's name of its language.
    pub(super) language: String,
    /// The cursor as LSP counts: from 0, the character in UTF-16 units.
    pub(super) line: usize,
    pub(super) character: usize,
    /// The file's text before and after the cursor.
    pub(super) prefix: String,
    pub(super) suffix: String,
}

/// Reads the cases of `set` (`cases` or `cases_xl`) in `folder`.
pub(super) fn read(folder: &Path, set: &str) -> Result<Vec<Case>> {
    let path = folder.join(format!("{set}.jsonl"));
    let text = fs::read_to_string(&path).with_context(|| {
        format!("cannot read {}: is --cases the unpacked folder of the cases?", path.display())
    })?;
    let mut cases = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let case = serde_json::from_str(line);
        cases.push(case.with_context(|| format!("{}:{} is not a case", path.display(), index + 1))?);
    }
    Ok(cases)
}

impl Case {
    /// The package that the case is from, in the folder of the set.
    pub(super) fn package(&self, cases: &Path) -> PathBuf {
        cases.join(&self.snapshot)
    }

    /// The file with the hole, below the package.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The lines that the hole touches, counted from 0.
    pub(super) fn lines(&self) -> Range<usize> {
        self.line..self.line + self.truth.matches('\n').count() + 1
    }
}

/// Makes the workspace of `case` at `folder`, which must not exist. Other files are hard links.
pub(super) fn lay_out(case: &Case, cases: &Path, folder: &Path) -> Result<Place> {
    let snapshot = case.package(cases);
    let whole = fs::read_to_string(snapshot.join(&case.file))
        .with_context(|| format!("cannot read {} of case {}", case.file, case.id))?;
    if whole.get(case.offset..case.end_offset) != Some(case.truth.as_str()) {
        bail!("case {}: its truth does not stand at its place in {}", case.id, case.file);
    }
    let (prefix, suffix) = (&whole[..case.offset], &whole[case.end_offset..]);
    let (line, character) = end_of(prefix);
    if (line, character) != (case.line, case.character) {
        bail!("case {}: byte {} is {line}:{character}, not where the case says", case.id, case.offset);
    }
    copy_tree(&snapshot, folder)?;
    Place::write(folder, &case.file, &case.language, prefix, suffix)
}

impl Place {
    /// Writes `file` in `folder` with a cursor between `prefix` and `suffix`.
    pub(super) fn write(
        folder: &Path,
        file: &str,
        language: &str,
        prefix: &str,
        suffix: &str,
    ) -> Result<Self> {
        let path = folder.join(file);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        replace(&path, &format!("{prefix}{suffix}"))?;
        let (line, character) = end_of(prefix);
        Ok(Self {
            folder: folder.to_owned(),
            file: path,
            language: language.to_owned(),
            line,
            character,
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        })
    }
}

/// Where a text ends, as LSP counts.
pub(super) fn end_of(text: &str) -> (usize, usize) {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count(), last_line.encode_utf16().count())
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays behind goes with the folder of the whole run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes a file of a laid-out workspace.
pub(super) fn replace(path: &Path, text: &str) -> Result<()> {
    // A hard link is broken first, or the package itself would get the text.
    let removed = match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    removed.and_then(|()| fs::write(path, text)).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes `to` a copy of the folder `from`; the files are hard links.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), &target)
                .with_context(|| format!("cannot copy to {}", target.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
impl Place {
    /// A place with nothing on disk.
    pub(super) fn for_test(prefix: &str, suffix: &str) -> Self {
        let (line, character) = end_of(prefix);
        Self {
            folder: PathBuf::new(),
            file: PathBuf::new(),
            language: "python".to_owned(),
            line,
            character,
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hole_is_deleted_in_the_copy_only() {
        let root = std::env::temp_dir().join(format!("weft-xtask-cases-{}", std::process::id()));
        let package = root.join("packages/p");
        fs::create_dir_all(package.join("src")).unwrap();
        let whole = "a\nlet c = \"🦀\"; let d = answer(c);\n";
        fs::write(package.join("src/lib.rs"), whole).unwrap();
        fs::write(package.join("other.rs"), "fn answer() {}").unwrap();
        let offset = whole.find("answer").unwrap();
        let case = format!(
            r#"{{"id":"x","language":"rust","kind":"cross","truth":"answer(c)","snapshot":"packages/p",
            "file":"src/lib.rs","offset":{offset},"end_offset":{},"line":1,"character":{},"more":1}}"#,
            offset + "answer(c)".len(),
            whole.lines().nth(1).unwrap().find("answer").unwrap() - 2,
        );
        fs::write(root.join("cases.jsonl"), case.replace('\n', " ")).unwrap();
        let mut case = read(&root, "cases").unwrap().remove(0);

        let laid_out = lay_out(&case, &root, &root.join("workspace")).unwrap();
        assert_eq!(fs::read_to_string(&laid_out.file).unwrap(), "a\nlet c = \"🦀\"; let d = ;\n");
        assert_eq!((laid_out.line, laid_out.character, laid_out.suffix.as_str()), (1, 22, ";\n"));
        assert!(laid_out.prefix.ends_with("let d = "));
        assert!(root.join("workspace/other.rs").exists());
        assert_eq!(fs::read_to_string(package.join("src/lib.rs")).unwrap(), whole);
        drop(laid_out);
        assert!(!root.join("workspace").exists());

        case.truth = "something else".to_owned();
        assert!(lay_out(&case, &root, &root.join("again")).is_err());
        fs::remove_dir_all(&root).unwrap();
    }
}
