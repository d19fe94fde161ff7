//! The store: one folder of finished model files, each under its official name.
//!
//! Must not do: network, hashing (that is `pull` and `verify`), or choosing the folder. A file that is
//! still arriving lies beside the finished ones as `NAME.partial` and is never handed out.

use std::io;
use std::path::{Path, PathBuf};

use crate::catalogue::{CatalogueEntry, catalogue};

/// One folder of model files. Cheap to clone; nothing is read until a method is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

/// A model file that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// The catalogue's name, or the file name without `.gguf` for a file that the user put there.
    pub name: String,
    /// Where the file is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What the catalogue knows of it; `None` for a file that the user put there.
    pub entry: Option<&'static CatalogueEntry>,
}

/// How far a catalogued model has come in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStatus {
    /// Nothing of it is there.
    Missing,
    /// A download was begun and not finished: `done` bytes of it are there.
    Partial {
        /// The bytes that are there.
        done: u64,
    },
    /// A file has its name but not its size; it is not used, and a pull replaces it.
    WrongSize {
        /// The size of that file in bytes.
        found: u64,
    },
    /// It can be used.
    Installed,
}

impl Store {
    /// A store in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of `entry` lies once it is installed.
    #[must_use]
    pub fn path_of(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(&entry.file)
    }

    /// The models that can be used, sorted by name. Sizes are compared with the catalogue, hashes are not.
    ///
    /// # Errors
    /// When the folder exists and cannot be read. A folder that does not exist holds no models.
    pub fn list(&self) -> Result<Vec<InstalledModel>, StoreError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::new(Doing::Reading, &self.folder, error)),
        };
        let mut models = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| StoreError::new(Doing::Reading, &self.folder, error))?.path();
            models.extend(installed(path));
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The installed model of that name, alias or file name (with or without `.gguf`), whatever the case.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub fn find(&self, name: &str) -> Result<Option<InstalledModel>, StoreError> {
        Ok(self.list()?.into_iter().find(|model| model.is_called(name)))
    }

    /// How far a catalogued model has come here.
    #[must_use]
    pub fn status(&self, entry: &CatalogueEntry) -> ModelStatus {
        match file_bytes(&self.path_of(entry)) {
            Some(bytes) if bytes == entry.bytes => return ModelStatus::Installed,
            Some(found) => return ModelStatus::WrongSize { found },
            None => {}
        }
        match file_bytes(&self.partial_path(entry)) {
            Some(done) => ModelStatus::Partial { done },
            None => ModelStatus::Missing,
        }
    }

    /// Deletes a model, and whatever an unfinished download of it left. Returns the bytes that were freed,
    /// or `None` when there was nothing of that name.
    ///
    /// # Errors
    /// When a file cannot be deleted, or the model is being downloaded right now.
    pub fn remove(&self, name: &str) -> Result<Option<u64>, StoreError> {
        let mut paths = Vec::new();
        let mut _not_while_pulling = None;
        if let Some(entry) = catalogue().find(name) {
            if self.folder.is_dir() {
                _not_while_pulling = Some(self.lock_for_removal(entry)?);
            }
            paths.extend([self.path_of(entry), self.partial_path(entry)]);
            let parts = self.parts_folder(entry);
            if parts.is_dir() {
                std::fs::remove_dir_all(&parts).map_err(|e| StoreError::new(Doing::Deleting, &parts, e))?;
            }
        } else if let Some(model) = self.find(name)? {
            paths.push(model.path);
        }
        let mut freed = None;
        for path in paths {
            if let Some(bytes) = file_bytes(&path) {
                std::fs::remove_file(&path).map_err(|e| StoreError::new(Doing::Deleting, &path, e))?;
                *freed.get_or_insert(0) += bytes;
            }
        }
        Ok(freed)
    }

    /// Gives a model a second name: another file in the folder, which shares the bytes of the first where the disk can do that.
    ///
    /// # Errors
    /// When there is no such model, the name is taken or no name for a file, or the file cannot be made.
    pub fn copy(&self, name: &str, other: &str) -> Result<InstalledModel, StoreError> {
        let not_found = || StoreError::NotFound { name: name.to_owned() };
        let model = self.find(name)?.ok_or_else(not_found)?;
        let ends = other.len().checked_sub(5).filter(|&at| other.is_char_boundary(at));
        let stem = ends.and_then(|at| other.split_at_checked(at));
        let stem = stem.filter(|(_, end)| end.eq_ignore_ascii_case(".gguf")).map_or(other, |(stem, _)| stem);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if stem.is_empty() || stem.len() > 100 || stem.starts_with('.') || !stem.chars().all(plain) {
            return Err(StoreError::BadName { name: other.to_owned() });
        }
        if catalogue().find(stem).is_some() || self.find(stem)?.is_some() {
            return Err(StoreError::NameTaken { name: stem.to_owned() });
        }
        let path = self.folder.join(format!("{stem}.gguf"));
        let partial = self.folder.join(format!("{stem}.gguf.partial"));
        // Under its last name only once it is whole.
        std::fs::hard_link(&model.path, &path)
            .or_else(|_| std::fs::copy(&model.path, &partial).and_then(|_| std::fs::rename(&partial, &path)))
            .map_err(|error| StoreError::new(Doing::Creating, &path, error))?;
        Ok(InstalledModel { name: stem.to_owned(), path, bytes: model.bytes, entry: None })
    }

    /// Makes the folder if it is not there.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        std::fs::create_dir_all(&self.folder).map_err(|e| StoreError::new(Doing::Creating, &self.folder, e))
    }

    /// Where the bytes of `entry` gather before they are checked.
    pub(crate) fn partial_path(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.partial", entry.file))
    }

    /// Where pip puts wheels; on the same disk as the store, because the system's temporary folder may
    /// be a small one in memory.
    pub(crate) fn parts_folder(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.parts", entry.file))
    }

    /// The file that a pull of `entry` holds locked. It stays: deleting a lock file is a race.
    pub(crate) fn lock_path(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.lock", entry.file))
    }

    fn lock_for_removal(&self, entry: &CatalogueEntry) -> Result<std::fs::File, StoreError> {
        let path = self.lock_path(entry);
        let file = std::fs::File::create(&path).map_err(|e| StoreError::new(Doing::Deleting, &path, e))?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy { name: entry.name.clone() }),
            // A file system without locks cannot say who else is there; deleting is what the user asked for.
            Err(std::fs::TryLockError::Error(_)) | Ok(()) => Ok(file),
        }
    }
}

impl InstalledModel {
    /// Whether `name` means this model: its name, an alias, its file name with or without `.gguf`.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.name.eq_ignore_ascii_case(name)
            || file.eq_ignore_ascii_case(name)
            || stem(&file).eq_ignore_ascii_case(name)
            || self.entry.is_some_and(|entry| entry.is_called(name))
    }
}

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("could not {doing} {path}: {error}. {advice}", path = path.display(), advice = advice(error))]
    Io {
        /// What was being done, for example "read".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason. It stands in the message, so it is not a source besides.
        error: io::Error,
    },
    /// There is no model of that name here.
    #[error("there is no model called {name} on this machine. `weft models list` shows those that are")]
    NotFound {
        /// The name.
        name: String,
    },
    /// The name belongs to a model.
    #[error("there is a model called {name} already. Choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The name is no name for a file.
    #[error("`{name}` cannot be a model's name: use up to 100 letters, digits, dots, dashes and underscores")]
    BadName {
        /// The name.
        name: String,
    },
    /// Another process is downloading the model.
    #[error("{name} is being downloaded by another process. Wait for it or stop it, then try again")]
    Busy {
        /// The catalogue's name of the model.
        name: String,
    },
}

/// What was being done to a path when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Reading,
    Creating,
    Writing,
    Deleting,
    Renaming,
}

impl StoreError {
    pub(crate) fn new(doing: Doing, path: &Path, error: io::Error) -> StoreError {
        let doing = match doing {
            Doing::Reading => "read",
            Doing::Creating => "create",
            Doing::Writing => "write to",
            Doing::Deleting => "delete",
            Doing::Renaming => "give its final name to",
        };
        StoreError::Io { doing, path: path.to_owned(), error }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "Make the folder writable for your user, or choose another folder for models"
        }
        io::ErrorKind::ReadOnlyFilesystem => "Choose a folder for models on a disk that can be written",
        _ => "Check the disk and the folder for models",
    }
}

fn installed(path: PathBuf) -> Option<InstalledModel> {
    let file = path.file_name()?.to_str()?;
    if !file.to_ascii_lowercase().ends_with(".gguf") {
        return None;
    }
    let bytes = file_bytes(&path)?;
    let entry = catalogue().models.iter().find(|entry| entry.file == file);
    if entry.is_some_and(|entry| entry.bytes != bytes) {
        return None;
    }
    let name = entry.map_or_else(|| stem(file).to_owned(), |entry| entry.name.clone());
    Some(InstalledModel { name, path, bytes, entry })
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The size of a plain file; `None` for anything else.
pub(crate) fn file_bytes(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use expect_test::expect;

    use super::{ModelStatus, Store};
    use crate::catalogue::{CatalogueEntry, catalogue};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::new(folder.path().join("models"));
        store.create().expect("folder");
        (folder, store)
    }

    /// A file of that size which takes no room on the disk.
    fn sparse(store: &Store, name: &str, bytes: u64) {
        File::create(store.folder().join(name)).and_then(|file| file.set_len(bytes)).expect("sparse file");
    }

    fn small() -> &'static CatalogueEntry {
        catalogue().find("small").expect("in the catalogue")
    }

    fn names(store: &Store) -> Vec<String> {
        store.list().expect("list").into_iter().map(|model| model.name).collect()
    }

    #[test]
    fn a_missing_folder_is_an_empty_store() {
        let (_folder, store) = store();
        let store = Store::new(store.folder().join("nowhere"));
        assert_eq!(names(&store), Vec::<String>::new());
        assert_eq!(store.status(small()), ModelStatus::Missing);
        assert_eq!(store.remove("small").expect("nothing to do"), None);
    }

    #[test]
    fn lists_only_finished_files() {
        let (_folder, store) = store();
        let small = small();
        sparse(&store, "mine.GGUF", 7);
        sparse(&store, "notes.txt", 7);
        sparse(&store, &format!("{}.partial", small.file), 10);
        std::fs::create_dir(store.folder().join("folder.gguf")).expect("folder");
        assert_eq!(names(&store), ["mine"]);
        assert_eq!(store.status(small), ModelStatus::Partial { done: 10 });

        sparse(&store, &small.file, 11);
        assert_eq!(names(&store), ["mine"], "the right name with the wrong size is not installed");
        assert_eq!(store.status(small), ModelStatus::WrongSize { found: 11 });
        assert_eq!(store.find("small").expect("find"), None);

        sparse(&store, &small.file, small.bytes);
        assert_eq!(names(&store), ["mine", "qwen2.5-coder-0.5b"]);
        assert_eq!(store.status(small), ModelStatus::Installed);
    }

    #[test]
    fn finds_by_every_name() {
        let (_folder, store) = store();
        sparse(&store, &small().file, small().bytes);
        sparse(&store, "My-Model.gguf", 3);
        for name in ["small", "0.5B", "qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b-instruct-q4_k_m"] {
            let found = store.find(name).expect("find").expect(name);
            assert_eq!((found.name.as_str(), found.entry), ("qwen2.5-coder-0.5b", Some(small())));
            assert_eq!(found.path, store.path_of(small()));
        }
        for name in ["my-model", "my-model.gguf"] {
            assert_eq!(store.find(name).expect("find").map(|model| model.bytes), Some(3), "{name}");
        }
        assert_eq!(store.find("default").expect("find"), None);
        assert_eq!(store.find("../My-Model").expect("find"), None);
    }

    #[test]
    fn removes_a_model_with_its_unfinished_download() {
        let (_folder, store) = store();
        sparse(&store, &small().file, small().bytes);
        sparse(&store, &format!("{}.partial", small().file), 5);
        std::fs::create_dir(store.parts_folder(small())).expect("folder");
        sparse(&store, "mine.gguf", 3);
        assert_eq!(store.remove("small").expect("removed"), Some(small().bytes + 5));
        assert_eq!(store.status(small()), ModelStatus::Missing);
        assert!(!store.parts_folder(small()).exists());
        assert_eq!(store.remove("small").expect("again"), None);
        assert_eq!(store.remove("mine").expect("the user's own"), Some(3));
        assert_eq!(store.remove("../models/mine").expect("no such name"), None);
    }

    #[test]
    fn a_copy_is_a_model_of_its_own_under_a_plain_name() {
        let (_folder, store) = store();
        sparse(&store, "mine.gguf", 7);
        assert_eq!(store.copy("mine", "yours.gguf").expect("copied").name, "yours");
        assert_eq!(names(&store), ["mine", "yours"]);
        assert_eq!(store.remove("mine").expect("removed"), Some(7));
        assert_eq!(names(&store), ["yours"]);
        let refused = |from, to| store.copy(from, to).expect_err(to).to_string();
        assert!(refused("mine", "other").contains("no model called mine"));
        for name in ["../up", "", ".hidden", "a/b", "a b"] {
            assert!(refused("yours", name).contains("cannot be a model's name"), "{name}");
        }
        for name in ["yours", "small", "qwen2.5-coder-0.5b"] {
            assert!(refused("yours", name).contains("already"), "{name}");
        }
    }

    #[test]
    fn does_not_remove_what_is_being_downloaded() {
        let (_folder, store) = store();
        let lock = File::create(store.lock_path(small())).expect("lock file");
        lock.lock().expect("locked");
        let error = store.remove("small").expect_err("busy");
        expect!["qwen2.5-coder-0.5b is being downloaded by another process. Wait for it or stop it, then try again"].assert_eq(&error.to_string());
    }

    #[test]
    fn says_which_path_it_could_not_use() {
        let (_folder, store) = store();
        sparse(&store, "file", 1);
        let inside_a_file = Store::new(store.folder().join("file").join("models"));
        let shown = |error: super::StoreError| {
            error.to_string().replace(&store.folder().display().to_string(), "<store>")
        };
        let create = shown(inside_a_file.create().expect_err("a file is in the way"));
        let list = shown(inside_a_file.list().expect_err("a file is in the way"));
        assert!(create.starts_with("could not create <store>/file/models: "), "{create}");
        assert!(list.starts_with("could not read <store>/file/models: "), "{list}");
    }
}
