//! Names as numbers: every identifier that occurs in a file of the index once, and the words that it is made of. It
//! must not know files. Names are never forgotten while the process lives; the cache keeps only those in use.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// Begins the entry of a word inside a name, which no identifier can.
const WORD_MARK: char = '~';

/// The number of a name.
pub(crate) type NameId = u32;

/// The names, by number and by text.
#[derive(Default)]
pub(crate) struct Names {
    /// All texts, one after the other.
    arena: String,
    /// Where each name's text ends in the arena.
    ends: Vec<u32>,
    /// The words of all names, one name after the other.
    words: Vec<NameId>,
    /// Where each name's words end in `words`.
    word_ends: Vec<u32>,
    by_text: HashTable<NameId>,
}

impl Names {
    /// The name's number, a new one if it has none.
    pub(crate) fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.find(name) {
            return id;
        }
        // From a cache come the words, too.
        let is_word = name.starts_with(WORD_MARK);
        let mut word_ids = Vec::new();
        for word in if is_word { Vec::new() } else { words_of(name) } {
            let id = self.find(&word).unwrap_or_else(|| self.insert(&word, &[]));
            if !word_ids.contains(&id) {
                word_ids.push(id);
            }
        }
        self.insert(name, &word_ids)
    }

    /// The name's number, if it has one.
    pub(crate) fn find(&self, name: &str) -> Option<NameId> {
        self.by_text.find(hash(name), |&id| self.text(id) == name).copied()
    }

    /// The number of a word inside names, if it has one. Words are lower case.
    pub(crate) fn find_word(&self, word: &str) -> Option<NameId> {
        self.find(&format!("{WORD_MARK}{word}"))
    }

    /// The numbers of the words that the name is made of; none for a name of one lower-case word.
    pub(crate) fn words(&self, id: NameId) -> &[NameId] {
        let id = id as usize;
        let end = self.word_ends.get(id).map_or(0, |&end| end as usize);
        let start =
            id.checked_sub(1).and_then(|before| self.word_ends.get(before)).map_or(0, |&end| end as usize);
        self.words.get(start..end).unwrap_or_default()
    }

    /// The text of a name; empty for a number that was never given.
    pub(crate) fn text(&self, id: NameId) -> &str {
        let id = id as usize;
        let end = self.ends.get(id).map_or(0, |&end| end as usize);
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.arena.get(start..end).unwrap_or_default()
    }

    fn insert(&mut self, text: &str, words: &[NameId]) -> NameId {
        let id = self.ends.len() as NameId;
        self.arena.push_str(text);
        self.ends.push(self.arena.len() as u32);
        self.words.extend_from_slice(words);
        self.word_ends.push(self.words.len() as u32);
        let (arena, ends) = (&self.arena, &self.ends);
        self.by_text.insert_unique(hash(text), id, |&other| {
            let other = other as usize;
            let start =
                other.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| end as usize);
            let end = ends.get(other).map_or(0, |&end| end as usize);
            hash(arena.get(start..end).unwrap_or_default())
        });
        id
    }
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

/// The words of a name in lower case, each with the mark: `parseURLPath` and `parse_url_path` are `parse`, `url`,
/// `path`. None for a name that is one lower-case word already, because the name itself says it.
fn words_of(name: &str) -> Vec<String> {
    let words: Vec<String> = split(name).into_iter().map(|word| format!("{WORD_MARK}{word}")).collect();
    match words.as_slice() {
        [only] if only.get(WORD_MARK.len_utf8()..) == Some(name) => Vec::new(),
        _ => words,
    }
}

/// The words of a name in lower case: it is split at `_`, before an upper-case letter that follows
/// a lower-case one, and before the last of several upper-case letters. Words of one letter are left out.
pub(crate) fn split(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, &char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| chars.get(before)).copied();
        let next_is_lower = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts = char.is_uppercase()
            && before
                .is_some_and(|before| !before.is_uppercase() || (next_is_lower && before.is_uppercase()));
        if (starts || !char.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if char.is_alphanumeric() {
            word.extend(char.to_lowercase());
        }
    }
    words.push(word);
    words.retain(|word| word.chars().nth(1).is_some());
    words
}
