//! Files of the index, read and parsed once: the code that is like the cursor's, its siblings and its tests are in the same
//! files at the next keystroke. It must not decide which files those are.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use index::{FileEntry, Index};
use syntax::Tree;
use text::{Edit, Text};

/// A file as its entry in the index describes it.
pub(crate) struct File {
    entry: Arc<FileEntry>,
    pub(crate) content: String,
    text: Text,
    tree: OnceLock<Tree>,
    /// The version before this one, until the tree is made from it.
    before: Mutex<Option<(Text, Tree)>>,
}

/// The files asked for last, newest at the end.
static KEPT: Mutex<VecDeque<Arc<File>>> = Mutex::new(VecDeque::new());
/// How many files are kept, and how many bytes of text; their trees take some twenty times as much.
const MOST_KEPT: usize = 48;
const MOST_BYTES: usize = 768 * 1024;

/// The file of an entry.
pub(crate) fn file_of(entry: &Arc<FileEntry>, index: &Index) -> Option<Arc<File>> {
    let mut before = None;
    {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().rposition(|file| file.entry.path == entry.path) {
            let file = kept.remove(at)?;
            if Arc::ptr_eq(&file.entry, entry) {
                kept.push_back(Arc::clone(&file));
                return Some(file);
            }
            before = file.tree.get().map(|tree| (file.text.clone(), tree.clone()));
        }
    }
    // Read without the lock: others need not wait for it.
    let text = index.shared_text_of(&entry.path)?;
    let before = Mutex::new(before.filter(|(_, tree)| tree.language() == entry.language));
    let content = text.to_string();
    let file = Arc::new(File { entry: Arc::clone(entry), content, text, tree: OnceLock::new(), before });
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|other| other.entry.path != entry.path);
    kept.push_back(Arc::clone(&file));
    let mut bytes: usize = kept.iter().map(|file| file.content.len()).sum();
    while kept.len() > MOST_KEPT || (bytes > MOST_BYTES && kept.len() > 1) {
        let Some(oldest) = kept.pop_front() else { break };
        bytes -= oldest.content.len();
    }
    Some(file)
}

impl File {
    /// The text and its tree, parsed by the first who asks; of a document that is being edited only what changed.
    pub(crate) fn parsed(&self) -> (&Text, &Tree) {
        let tree = self.tree.get_or_init(|| {
            let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
            match before {
                Some((text, mut tree)) => {
                    let (start, end) = text.common_ends(&self.text);
                    let range = start..text.len_bytes() - end;
                    let new_text = self.text.slice(start..self.text.len_bytes() - end);
                    tree.edit(&text, &Edit { range, new_text }, &self.text);
                    tree.reparse(&self.text)
                }
                None => Tree::parse(self.entry.language, &self.text),
            }
        });
        (&self.text, tree)
    }

    /// Some of its lines, without their ends.
    pub(crate) fn lines(&self, lines: std::ops::Range<u32>) -> Vec<&str> {
        let count = lines.end.saturating_sub(lines.start) as usize;
        self.content.lines().skip(lines.start as usize).take(count).collect()
    }
}
