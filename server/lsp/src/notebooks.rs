//! Which cells belong to a notebook, in order, and a cell as the model is to see it: below the code of the cells before it.
//! Cells themselves are documents like any other. It must not touch their text.

use documents::{DocumentId, DocumentStore, Snapshot};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What stands between two cells: a reader of code takes what follows for something new.
const BETWEEN: &str = "\n\n";

/// The open notebooks, by their URIs.
#[derive(Default)]
pub(crate) struct Notebooks(Mutex<HashMap<String, Vec<DocumentId>>>);

impl Notebooks {
    /// A notebook was opened, with these cells of code.
    pub(crate) fn open(&self, notebook: &str, cells: Vec<DocumentId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(notebook.to_owned(), cells);
    }

    /// Cells of code or text were taken out at `start`, and others put there. Counts are clamped to what is there.
    pub(crate) fn splice(&self, notebook: &str, start: usize, deleted: usize, cells: Vec<DocumentId>) {
        let mut notebooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = notebooks.get_mut(notebook) {
            let start = start.min(all.len());
            let end = start.saturating_add(deleted).min(all.len());
            all.splice(start..end, cells);
        }
    }

    /// A notebook was closed.
    pub(crate) fn close(&self, notebook: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(notebook);
    }

    /// The cell below those before it that are of its language, and the cursor in that text, in bytes. Anything else is as it was.
    pub(crate) fn whole(
        &self,
        snapshot: Snapshot,
        cursor: usize,
        documents: &DocumentStore,
    ) -> (Snapshot, usize) {
        let before = self.before(&snapshot.id);
        let texts = before.iter().filter_map(|id| documents.snapshot(id));
        let texts = texts.filter(|cell| cell.language == snapshot.language);
        let mut above: String =
            texts.map(|cell| cell.text.to_string().trim_end().to_owned() + BETWEEN).collect();
        if above.is_empty() {
            return (snapshot, cursor);
        }
        let cursor = cursor + above.len();
        above.push_str(&snapshot.text.to_string());
        let language = snapshot.language.map_or("", |language| language.id());
        (DocumentStore::default().open(snapshot.id, language, snapshot.version, &above), cursor)
    }

    fn before(&self, cell: &DocumentId) -> Vec<DocumentId> {
        let notebooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = notebooks.values().find_map(|cells| {
            let index = cells.iter().position(|it| it == cell)?;
            cells.get(..index)
        });
        found.map(<[_]>::to_vec).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stands_below_those_before_it_of_its_language() {
        let (notebooks, documents) = (Notebooks::default(), DocumentStore::default());
        let cell = |name: &str, language: &str, text: &str| {
            let id = DocumentId::new(&format!("vscode-notebook-cell:/a.ipynb#{name}"));
            documents.open(id.clone(), language, 1, text);
            id
        };
        let cells = vec![
            cell("1", "python", "one = 1\n"),
            cell("2", "markdown", "# Two"),
            cell("3", "python", "three = "),
            cell("4", "python", "four = 4"),
        ];
        notebooks.open("a", cells.clone());
        let whole = |index: usize, cursor: usize| {
            let snapshot = documents.snapshot(&cells[index]).unwrap();
            let (snapshot, cursor) = notebooks.whole(snapshot, cursor, &documents);
            (snapshot.text.to_string(), cursor)
        };
        assert_eq!(whole(0, 3), ("one = 1\n".to_owned(), 3));
        assert_eq!(whole(2, 8), ("one = 1\n\nthree = ".to_owned(), 17));
        notebooks.splice("a", 0, 1, Vec::new());
        assert_eq!(whole(2, 8), ("three = ".to_owned(), 8));
        notebooks.splice("a", 99, 99, vec![cells[0].clone()]);
        assert_eq!(whole(0, 0).0, "three =\n\nfour = 4\n\none = 1\n");
        notebooks.close("a");
        assert_eq!(whole(3, 0), ("four = 4".to_owned(), 0));
    }
}
