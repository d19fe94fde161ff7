//! What the index says about a file: its definitions, its imports, its place among the modules. Plain values that
//! never change once made; a changed file gets a new entry.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use syntax::{DefinitionKind, Import, Language};

/// One file of the index, as it was when it was last read or edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// The absolute path.
    pub path: PathBuf,
    /// The path from its root, with `/` between the parts on every system; the file name for a file outside every root.
    pub relative: String,
    /// The root that it was found under: the innermost one. None for a file outside every root.
    pub root: Option<Arc<Path>>,
    /// What it was parsed as.
    pub language: Language,
    /// The name under which others import it. Python: the dotted path from the nearest folder without `__init__.py`.
    /// Rust: `crate::a::b`, from the folder of the nearest `Cargo.toml`. Others: the relative path without extension.
    pub module: String,
    /// Other names for the same module. Python: the dotted path from the root, for `src/` layouts. Rust:
    /// `package::a::b`, which is unlike `module` the same from every package of a workspace.
    pub module_aliases: Vec<String>,
    /// The package that it belongs to, as code names it. Python: the outermost package. Rust: the package of the nearest
    /// `Cargo.toml`, with `_` for `-`.
    pub package: Option<String>,
    /// What it imports, in the order of the text. In an `__init__.py` every import is public.
    pub imports: Vec<Import>,
    /// What it defines, in the order of the text, outer before inner.
    pub symbols: Vec<Symbol>,
    /// How many lines it has.
    pub lines: u32,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; of an `impl` block, the type's name.
    pub name: String,
    /// The definition around it, as an index into the same file's symbols: the class of a method.
    pub parent: Option<u32>,
    /// Its lines, counted from 0, the end excluded.
    pub lines: Range<u32>,
    /// Its bytes in the file.
    pub range: Range<usize>,
    /// What stands before its body, each run of white space as one space; at most [`MAX_SIGNATURE_BYTES`].
    pub signature: String,
    /// The first paragraph of its documentation without comment marks; at most [`MAX_DOC_BYTES`]. Empty without one.
    pub doc: String,
    /// The annotated type of a field, constant or variable, the return type of a function, the target of an alias.
    pub type_text: Option<String>,
    /// Base classes, supertraits, implemented interfaces, of an `impl` block the trait; as written, without type
    /// arguments.
    pub bases: Vec<String>,
}

/// The longest [`Symbol::signature`], in bytes of UTF-8.
pub const MAX_SIGNATURE_BYTES: usize = 400;
/// The longest [`Symbol::doc`], in bytes of UTF-8.
pub const MAX_DOC_BYTES: usize = 240;

/// A definition and the file that it is in.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file.
    pub file: Arc<FileEntry>,
    /// The definition's index in [`FileEntry::symbols`].
    pub index: usize,
}

impl Found {
    /// The definition; none only for an index that is not the file's.
    pub fn symbol(&self) -> Option<&Symbol> {
        self.file.symbols.get(self.index)
    }
}

impl FileEntry {
    /// The symbols that lie directly in another: the members of a class, the variants of an enum.
    pub fn members(&self, index: usize) -> impl Iterator<Item = (usize, &Symbol)> {
        let parent = u32::try_from(index).ok();
        // Outer before inner, in the order of the text: members follow what they are in.
        let end = self.symbols.get(index).map_or(0, |symbol| symbol.range.end);
        self.symbols
            .iter()
            .enumerate()
            .skip(index + 1)
            .take_while(move |(_, symbol)| symbol.range.start < end)
            .filter(move |(_, symbol)| parent.is_some() && symbol.parent == parent)
    }

    /// The symbols that lie in no other.
    pub fn top_level(&self) -> impl Iterator<Item = (usize, &Symbol)> {
        self.symbols.iter().enumerate().filter(|(_, symbol)| symbol.parent.is_none())
    }
}
