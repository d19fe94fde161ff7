//! What an index keeps between sessions: one file for each root, with every file of the root as it was when it was last
//! read. A cache that is of another version, or damaged, is worth nothing and costs nothing: the files are read again.

use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};
use syntax::{DefinitionKind, Import, Language};
use thiserror::Error;

use crate::Index;
use crate::entry::{FileEntry, Symbol};
use crate::names::{NameId, Names};
use crate::place::Place;
use crate::store::Stored;
use crate::terms::Terms;
use crate::walk::Stamp;

/// The first bytes of a cache file.
const MAGIC: [u8; 8] = *b"WEFTIDX\0";
/// To be raised with every change of the records that are in this file.
const FORMAT: u32 = 1;
/// A larger record is a sign of damage: no file of the largest size makes one.
const MAX_RECORD_BYTES: u32 = 64 << 20;
/// Caches of roots that were not opened for so long are removed.
const KEPT: Duration = Duration::from_secs(60 * 24 * 3600);
/// Stands for a root in the cache of packages. No root is relative.
const DEPENDENCIES: &str = "dependencies";
const EXTENSION: &str = "weftindex";

/// Why the cache could not be written. The index itself is not touched by it; the next session reads all files again.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The folder or the file could not be written.
    #[error("the cache {} could not be written ({source}): check the folder's permissions and free space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record could not be put into bytes.
    #[error("the cache {} could not be encoded ({source}): delete it, and report it if it happens again", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: postcard::Error,
    },
}

/// Why a cache file cannot be used.
#[derive(Debug, Error)]
enum Damage {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("it is of a version that found other things in files, or kept them otherwise")]
    OtherVersion,
    #[error("a record cannot be decoded ({0})")]
    Record(#[from] postcard::Error),
    #[error("its checksum is wrong")]
    Checksum,
}

/// A file as the cache has it.
pub(crate) struct CachedFile {
    pub(crate) language: Language,
    pub(crate) stamp: Stamp,
    record: Record,
    /// The names of its terms, in the order of the record.
    ids: Vec<NameId>,
}

/// What the header is compared by.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Header {
    format: u32,
    extraction: u64,
    root: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Record {
    /// Relative to the root; of a package, absolute.
    path: String,
    modified: i64,
    bytes: u64,
    language: String,
    lines: u32,
    symbols: Vec<SymbolRecord>,
    imports: Vec<ImportRecord>,
    /// Names that occur in no record before, which get the next numbers.
    new_names: Vec<String>,
    /// Numbers of this cache, with the packed blocks of each.
    terms: Vec<(u32, Vec<u8>)>,
    lengths: Vec<u16>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SymbolRecord {
    kind: u8,
    name: String,
    parent: Option<u32>,
    lines: Range<u32>,
    range: Range<usize>,
    signature: String,
    doc: String,
    type_text: Option<String>,
    bases: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct ImportRecord {
    module: String,
    name: Option<String>,
    alias: Option<String>,
    range: Range<usize>,
    public: bool,
}

/// The kinds in the order of their numbers. New ones go to the end.
const KINDS: [DefinitionKind; 14] = [
    DefinitionKind::Function,
    DefinitionKind::Method,
    DefinitionKind::Class,
    DefinitionKind::Struct,
    DefinitionKind::Enum,
    DefinitionKind::Variant,
    DefinitionKind::Trait,
    DefinitionKind::Impl,
    DefinitionKind::Constant,
    DefinitionKind::Variable,
    DefinitionKind::Type,
    DefinitionKind::Module,
    DefinitionKind::Field,
    DefinitionKind::Macro,
];

impl Index {
    /// Writes what was read from the disk, so that the next session need not read it again. Open documents are kept as
    /// they are on disk.
    ///
    /// # Errors
    /// When a file cannot be written. Does nothing, and succeeds, without a cache folder.
    pub fn save_cache(&self) -> Result<(), CacheError> {
        let Some(folder) = &self.options.cache_dir else { return Ok(()) };
        self.dependencies().save(folder)?;
        self.roots.iter().try_for_each(|root| self.try_save_root(folder, root))
    }

    /// Like [`Index::save_cache`] for one root; what fails goes to the log, as nobody waits for it.
    pub(crate) fn save_root(&self, root: &Path) {
        let Some(folder) = &self.options.cache_dir else { return };
        if let Err(error) = self.try_save_root(folder, root) {
            tracing::warn!("{error}");
        }
    }

    fn try_save_root(&self, folder: &Path, root: &Path) -> Result<(), CacheError> {
        let files = self.files_on_disk();
        let of_root = files.iter().filter(|stored| stored.entry.root.as_deref() == Some(root));
        let mut numbers = FxHashMap::default();
        save(folder, root, of_root.filter_map(|stored| record(stored, &mut numbers, self)))
    }
}

/// The files of a root as a session before left them, by relative path; none when there is no cache, or no use in it.
pub(crate) fn load(folder: &Path, root: &Path, index: &Index) -> FxHashMap<String, CachedFile> {
    load_with(folder, root, &mut |texts| {
        let mut names = index.names_mut();
        texts.iter().map(|text| names.intern(text)).collect()
    })
}

/// The files of packages as a session before left them, by path.
pub(crate) fn load_dependencies(folder: &Path) -> FxHashMap<String, CachedFile> {
    load_with(folder, Path::new(DEPENDENCIES), &mut |_| Vec::new())
}

/// Writes files of packages.
///
/// # Errors
/// As [`Index::save_cache`].
pub(crate) fn save_dependencies<'a>(
    folder: &Path,
    files: impl Iterator<Item = (Stamp, &'a FileEntry)>,
    unused: impl Iterator<Item = &'a CachedFile>,
) -> Result<(), CacheError> {
    let used = files.map(|(stamp, entry)| Record::new(entry, &entry.path.to_string_lossy(), stamp));
    save(folder, Path::new(DEPENDENCIES), used.chain(unused.map(|cached| cached.record.clone())))
}

fn load_with(folder: &Path, root: &Path, intern: Intern<'_>) -> FxHashMap<String, CachedFile> {
    let path = file_of(folder, root);
    match File::open(&path).map_err(Damage::from).and_then(|file| read(file, root, intern)) {
        Ok(files) => files,
        Err(Damage::Read(error)) if error.kind() == io::ErrorKind::NotFound => FxHashMap::default(),
        Err(damage) => {
            tracing::info!(path = %path.display(), "the index's cache is not used, so all files are read: {damage}");
            FxHashMap::default()
        }
    }
}

impl CachedFile {
    /// The file as the store holds it, at a place that was found anew.
    pub(crate) fn into_stored(mut self, path: &Path, place: Place, names: &mut Names) -> Stored {
        let packed = std::mem::take(&mut self.record.terms).into_iter().map(|(_, blocks)| blocks);
        let terms = std::mem::take(&mut self.ids).into_iter().zip(packed).collect();
        let terms = Terms::from_packed(terms, std::mem::take(&mut self.record.lengths).into());
        let stamp = self.stamp;
        Stored::new(self.into_entry(path, place), terms, Some(stamp), names)
    }

    /// What the file defines and imports, at a place that was found anew.
    pub(crate) fn into_entry(self, path: &Path, place: Place) -> FileEntry {
        let Self { language, record, .. } = self;
        FileEntry {
            path: path.to_owned(),
            relative: place.relative,
            root: place.root,
            language,
            module: place.module,
            module_aliases: place.module_aliases,
            package: place.package,
            imports: record.imports.into_iter().map(ImportRecord::into_import).collect(),
            symbols: record.symbols.into_iter().map(SymbolRecord::into_symbol).collect(),
            lines: record.lines,
            bytes: record.bytes,
        }
    }
}

fn save(folder: &Path, root: &Path, records: impl Iterator<Item = Record>) -> Result<(), CacheError> {
    let path = file_of(folder, root);
    let failed = |source| CacheError::Write { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    remove_old(folder);
    // Under a name of its own until it is whole: a reader never sees half of it.
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut writer = Frames { inner: BufWriter::new(temporary), checksum: crc32fast::Hasher::new() };
    let encoded = |source| CacheError::Encode { path: path.clone(), source };
    writer.put_raw(&MAGIC).map_err(failed)?;
    writer.put(&postcard::to_stdvec(&header(root)).map_err(encoded)?).map_err(failed)?;
    for record in records {
        writer.put(&postcard::to_stdvec(&record).map_err(encoded)?).map_err(failed)?;
    }
    writer.put(&[]).map_err(failed)?;
    let checksum = writer.checksum.clone().finalize();
    writer.put_raw(&checksum.to_le_bytes()).map_err(failed)?;
    let temporary = writer.inner.into_inner().map_err(|error| failed(error.into_error()))?;
    temporary.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Gives the numbers of names.
type Intern<'a> = &'a mut dyn FnMut(&[String]) -> Vec<NameId>;

fn read(file: File, root: &Path, intern: Intern<'_>) -> Result<FxHashMap<String, CachedFile>, Damage> {
    let mut reader = Frames { inner: BufReader::new(file), checksum: crc32fast::Hasher::new() };
    let mut magic = MAGIC;
    reader.take_raw(&mut magic)?;
    let header_bytes = reader.take()?;
    if magic != MAGIC || postcard::from_bytes::<Header>(&header_bytes).ok() != Some(header(root)) {
        return Err(Damage::OtherVersion);
    }
    let mut files = FxHashMap::default();
    let mut numbers: Vec<NameId> = Vec::new();
    loop {
        let bytes = reader.take()?;
        if bytes.is_empty() {
            break;
        }
        let mut record: Record = postcard::from_bytes(&bytes)?;
        numbers.extend(intern(&std::mem::take(&mut record.new_names)));
        let ids: Option<Vec<NameId>> =
            record.terms.iter().map(|(number, _)| numbers.get(*number as usize).copied()).collect();
        // The checksum tells damage; a language that is no longer there is left to be found anew.
        let (Some(ids), Some(language)) = (ids, Language::all().find(|it| it.id() == record.language)) else {
            continue;
        };
        let stamp = Stamp { modified: record.modified, bytes: record.bytes };
        files.insert(record.path.clone(), CachedFile { language, stamp, record, ids });
    }
    let checksum = reader.checksum.clone().finalize();
    let mut expected = [0; 4];
    reader.take_raw(&mut expected)?;
    if checksum.to_le_bytes() != expected {
        return Err(Damage::Checksum);
    }
    Ok(files)
}

/// Records with their length before them, and a checksum of all bytes.
struct Frames<T> {
    inner: T,
    checksum: crc32fast::Hasher,
}

impl<T: Write> Frames<T> {
    fn put_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.inner.write_all(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        self.put_raw(&length.to_le_bytes())?;
        self.put_raw(bytes)
    }
}

impl<T: Read> Frames<T> {
    fn take_raw(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_exact(bytes)?;
        self.checksum.update(bytes);
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Damage> {
        let mut length = [0; 4];
        self.take_raw(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > MAX_RECORD_BYTES {
            return Err(Damage::Checksum);
        }
        let mut bytes = vec![0; length as usize];
        self.take_raw(&mut bytes)?;
        Ok(bytes)
    }
}

/// `numbers` has the names that records before used. Takes the names' lock for this record only.
fn record(stored: &Stored, numbers: &mut FxHashMap<NameId, u32>, index: &Index) -> Option<Record> {
    let stamp = stored.stamp?;
    let entry = &stored.entry;
    let mut new_names = Vec::new();
    let names = index.names();
    let mut terms = Vec::with_capacity(stored.terms.ids().len());
    for (id, blocks) in stored.terms.packed() {
        let next = u32::try_from(numbers.len()).ok()?;
        let number = *numbers.entry(id).or_insert_with(|| {
            new_names.push(names.text(id).to_owned());
            next
        });
        terms.push((number, blocks.to_vec()));
    }
    drop(names);
    let lengths = stored.terms.lengths().to_vec();
    Some(Record { new_names, terms, lengths, ..Record::new(entry, &entry.relative, stamp) })
}

impl Record {
    /// Without names.
    fn new(entry: &FileEntry, path: &str, stamp: Stamp) -> Self {
        Self {
            path: path.to_owned(),
            modified: stamp.modified,
            bytes: stamp.bytes,
            language: entry.language.id().to_owned(),
            lines: entry.lines,
            symbols: entry.symbols.iter().map(SymbolRecord::new).collect(),
            imports: entry.imports.iter().map(ImportRecord::new).collect(),
            new_names: Vec::new(),
            terms: Vec::new(),
            lengths: Vec::new(),
        }
    }
}

impl SymbolRecord {
    fn new(symbol: &Symbol) -> Self {
        let symbol = symbol.clone();
        Self {
            kind: KINDS
                .iter()
                .zip(0..)
                .find(|(kind, _)| **kind == symbol.kind)
                .map_or(0, |(_, number)| number),
            name: symbol.name,
            parent: symbol.parent,
            lines: symbol.lines,
            range: symbol.range,
            signature: symbol.signature,
            doc: symbol.doc,
            type_text: symbol.type_text,
            bases: symbol.bases,
        }
    }

    fn into_symbol(self) -> Symbol {
        Symbol {
            kind: KINDS.get(usize::from(self.kind)).copied().unwrap_or(DefinitionKind::Variable),
            name: self.name,
            parent: self.parent,
            lines: self.lines,
            range: self.range,
            signature: self.signature,
            doc: self.doc,
            type_text: self.type_text,
            bases: self.bases,
        }
    }
}

impl ImportRecord {
    fn new(import: &Import) -> Self {
        let Import { module, name, alias, range, public } = import.clone();
        Self { module, name, alias, range, public }
    }

    fn into_import(self) -> Import {
        let Self { module, name, alias, range, public } = self;
        Import { module, name, alias, range, public }
    }
}

fn header(root: &Path) -> Header {
    Header { format: FORMAT, extraction: extraction(), root: root.to_string_lossy().into_owned() }
}

/// Another number where the program may find other things in the same file: what of a tree is kept is decided by `syntax`,
/// with its queries and grammars, and by the code here that reads files. So an upgrade reads all files again only if it has
/// to, and nobody need think of it.
fn extraction() -> u64 {
    let code = [
        include_str!("entry.rs"),
        include_str!("extract.rs"),
        include_str!("names.rs"),
        include_str!("terms.rs"),
        include_str!("walk.rs"),
    ];
    FxBuildHasher.hash_one((syntax::fingerprint(), code))
}

fn file_of(folder: &Path, root: &Path) -> PathBuf {
    folder.join(format!("{:016x}.{EXTENSION}", FxBuildHasher.hash_one(root.as_os_str().as_encoded_bytes())))
}

fn remove_old(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.path().extension().is_some_and(|it| it == EXTENSION)) {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > KEPT) && fs::remove_file(entry.path()).is_ok() {
            tracing::debug!(path = %entry.path().display(), "an old cache was removed");
        }
    }
}
