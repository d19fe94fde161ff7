//! Where an expression or a type stands, which decides what its names mean: the file, the place in it, the type around
//! it, the type parameters that are known. It must not evaluate anything.

use std::sync::Arc;

use index::{FileEntry, Found};
use syntax::DefinitionKind;

use super::types::{Class, Generics};

/// Where an expression or a type stands.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) entry: Arc<FileEntry>,
    /// Byte offset; none for what stands in no function.
    pub(crate) at: Option<usize>,
    /// What `self`, `this`, `Self` mean.
    pub(crate) this: Option<Class>,
    /// The type parameters with known arguments.
    pub(crate) generics: Generics,
    /// The headers around, innermost first: they tell the bounds of type parameters.
    pub(crate) headers: Vec<String>,
}

impl Scope {
    /// The top level of a file.
    pub(crate) fn of_file(entry: &Arc<FileEntry>) -> Self {
        Self {
            entry: Arc::clone(entry),
            at: None,
            this: None,
            generics: Generics::new(),
            headers: Vec::new(),
        }
    }

    /// The inside of a definition, with the headers around it.
    pub(crate) fn of_symbol(found: &Found, this: Option<Class>, generics: Generics) -> Self {
        let mut headers = Vec::new();
        let mut index = Some(found.index);
        let mut this = this;
        // Parents come before what is in them, so this ends.
        while let Some((at, symbol)) = index.and_then(|index| Some((index, found.file.symbols.get(index)?))) {
            if !matches!(
                symbol.kind,
                DefinitionKind::Field | DefinitionKind::Variable | DefinitionKind::Constant
            ) {
                headers.push(symbol.signature.clone());
            }
            let is_type = matches!(
                symbol.kind,
                DefinitionKind::Class | DefinitionKind::Struct | DefinitionKind::Enum | DefinitionKind::Trait
            );
            if this.is_none() && is_type {
                let found = Found { file: Arc::clone(&found.file), index: at };
                this = Some(Class { found, arguments: Vec::new() });
            }
            index = symbol.parent.map(|parent| parent as usize).filter(|parent| *parent < at);
        }
        let at = found.symbol().map(|symbol| symbol.range.start);
        Self { entry: Arc::clone(&found.file), at, this, generics, headers }
    }
}
