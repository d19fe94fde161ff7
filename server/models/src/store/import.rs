//! Taking over model files that are on this machine already, and giving models second names. Bytes are shared where the disk can do that.
//! It must not change a file that it takes over, and takes none whose header cannot be read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::folder::{parts, stem};
use super::{Doing, InstalledModel, Origin, Store, StoreError, file_bytes, name_of};
use crate::catalogue::catalogue;
use crate::gguf::read_metadata;

/// A model that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The model under its name in the store.
    pub model: InstalledModel,
    /// What its file is.
    pub how: ImportedAs,
}

/// How a file was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedAs {
    /// A second name for the same bytes: the first may be deleted.
    HardLink,
    /// A link: the file stays where it is and must not be moved.
    InPlace,
    /// The store had these bytes already, as this model.
    SameAs(String),
}

impl Store {
    /// Gives a model a second name: another file in the folder, which shares the bytes of the first where the disk can do that.
    ///
    /// # Errors
    /// When there is no such model, the name is taken or no name for a file, or the file cannot be made.
    pub fn copy(&self, name: &str, other: &str) -> Result<InstalledModel, StoreError> {
        let not_found = || StoreError::NotFound { name: name.to_owned() };
        let model = self.find(name)?.ok_or_else(not_found)?;
        let stem = self.free_name(other)?;
        self.create()?;
        let link = |from: &Path, to: &Path| {
            let partial = to.with_file_name(format!("{}.partial", name_of(to)));
            // Under its last name only once it is whole.
            std::fs::hard_link(from, to).or_else(|_| {
                let copied = std::fs::copy(from, &partial).and_then(|_| std::fs::rename(&partial, to));
                copied.inspect_err(|_| _ = std::fs::remove_file(&partial))
            })
        };
        self.link_all(&model, &stem, link)
    }

    /// Takes a GGUF file over under `name`, or the file's own: by a hard link where the disk can do that and `in_place` does not say
    /// otherwise, else by a link to where it is. Of a split model `file` is the first part.
    ///
    /// # Errors
    /// When the file is no GGUF that Weft can read, a part is missing, the name is taken, or the folder cannot be written.
    pub fn import(&self, file: &Path, name: Option<&str>, in_place: bool) -> Result<Imported, StoreError> {
        let not_taken = |problem: String| StoreError::NotTaken { path: file.to_owned(), problem };
        let file = std::path::absolute(file).map_err(|error| StoreError::new(Doing::Reading, file, error))?;
        let files = parts(&file);
        let mut bytes = 0;
        for part in &files {
            let metadata = read_metadata(part).map_err(|error| not_taken(error.to_string()))?;
            bytes += metadata.file_bytes;
        }
        if let Some(known) = self.with_same_file(&file, bytes)? {
            return Ok(Imported { how: ImportedAs::SameAs(known.name.clone()), model: known });
        }
        let own = name_of(&file);
        let own = crate::quantisation::split_part(stem(&own))
            .map_or_else(|| stem(&own).to_owned(), |part| part.stem.to_owned());
        let stem = self.free_name(name.unwrap_or(&own))?;
        self.create()?;
        let sha256 = None;
        let from = InstalledModel {
            name: own,
            path: file,
            bytes,
            entry: None,
            origin: Origin::Folder,
            sha256,
            licence: None,
        };
        if !in_place && let Ok(model) = self.link_all(&from, &stem, |from, to| std::fs::hard_link(from, to)) {
            return Ok(Imported { model, how: ImportedAs::HardLink });
        }
        let model = self.link_all(&from, &stem, symbolic_link)?;
        Ok(Imported { model, how: ImportedAs::InPlace })
    }

    /// The model that has the same bytes, compared one by one where the sizes are the same.
    fn with_same_file(&self, file: &Path, bytes: u64) -> Result<Option<InstalledModel>, StoreError> {
        let failed = |error| StoreError::new(Doing::Reading, file, error);
        for model in
            self.list()?.into_iter().filter(|model| model.bytes == bytes && model.origin != Origin::Ollama)
        {
            if file_bytes(&model.path) == file_bytes(file) && are_equal(&model.path, file).map_err(failed)? {
                return Ok(Some(model));
            }
        }
        Ok(None)
    }

    /// `name` as the name of a file without its end, if it is one and free.
    fn free_name(&self, name: &str) -> Result<String, StoreError> {
        let ends = name.len().checked_sub(5).filter(|&at| name.is_char_boundary(at));
        let ends = ends.and_then(|at| name.split_at_checked(at));
        let stem = ends.filter(|(_, end)| end.eq_ignore_ascii_case(".gguf")).map_or(name, |(stem, _)| stem);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if stem.is_empty() || stem.len() > 100 || stem.starts_with('.') || !stem.chars().all(plain) {
            return Err(StoreError::BadName { name: name.to_owned() });
        }
        let known = catalogue().find(stem).is_some() || catalogue().find_hub(stem).is_some();
        if known || self.find(stem)?.is_some() {
            return Err(StoreError::NameTaken { name: stem.to_owned() });
        }
        Ok(stem.to_owned())
    }

    /// Makes a model of that name out of all files of another one.
    fn link_all(
        &self,
        model: &InstalledModel,
        name: &str,
        link: impl Fn(&Path, &Path) -> io::Result<()>,
    ) -> Result<InstalledModel, StoreError> {
        let files = parts(&model.path);
        let place = |number: usize| match files.len() {
            1 => self.folder.join(format!("{name}.gguf")),
            count => self.folder.join(format!("{name}-{:05}-of-{count:05}.gguf", number + 1)),
        };
        for (number, from) in files.iter().enumerate() {
            let to = place(number);
            if let Err(error) = link(from, &to) {
                (0..number).for_each(|made| _ = std::fs::remove_file(place(made)));
                return Err(StoreError::new(Doing::Creating, &to, error));
            }
        }
        Ok(InstalledModel {
            name: name.to_owned(),
            path: place(0),
            bytes: model.bytes,
            entry: None,
            origin: Origin::Folder,
            sha256: model.sha256.clone(),
            licence: model.licence.clone(),
        })
    }
}

#[cfg(unix)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn symbolic_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

/// Whether two files have the same bytes. Different ones nearly always differ in their headers, so this ends at once for them.
fn are_equal(one: &PathBuf, other: &Path) -> io::Result<bool> {
    const STEP: usize = 1 << 20;
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; STEP], vec![0; STEP]);
    loop {
        let read = one.read(&mut left)?;
        if read == 0 {
            return Ok(other.read(&mut right)? == 0);
        }
        let right = right.get_mut(..read).unwrap_or_default();
        match other.read_exact(right) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            outcome => outcome?,
        }
        if left.get(..read) != Some(&*right) {
            return Ok(false);
        }
    }
}
