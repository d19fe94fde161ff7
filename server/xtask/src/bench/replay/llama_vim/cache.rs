//! The suggestions that llama.vim keeps: by the text before and after the cursor, also for those who typed on.
//!
//! It must not know where they come from.

use std::collections::VecDeque;

/// The most entries, llama.vim's `max_cache_keys`.
pub(super) const ENTRIES: usize = 250;
/// How far back, in bytes, a suggestion is looked for that was typed along since.
const LOOK_BACK: usize = 128;

/// What a suggestion is kept under: the text around the cursor as far as the model saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) before: String,
    pub(super) after: String,
}

#[derive(Debug, Default)]
pub(super) struct Cache {
    /// The least recently used first.
    entries: VecDeque<(Key, String)>,
}

impl Cache {
    /// Keeps a suggestion, which may be empty: then the model has nothing to say there.
    pub(super) fn insert(&mut self, key: Key, text: String) {
        self.entries.retain(|(other, _)| *other != key);
        if self.entries.len() >= ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back((key, text));
    }

    /// Whether exactly this place has an entry.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.entries.iter().any(|(other, _)| other == key)
    }

    /// What is known at a place: its own entry, else the longest rest of an entry further back whose beginning
    /// was typed since. Entries that are looked at count as used.
    pub(super) fn look_up(&mut self, key: &Key) -> Option<String> {
        if let Some(index) = self.entries.iter().position(|(other, _)| other == key) {
            let entry = self.entries.remove(index)?;
            let text = entry.1.clone();
            self.entries.push_back(entry);
            return Some(text);
        }
        // By the distance, nearest first: of two rests as long as each other the nearer entry's is taken.
        let mut near: Vec<(usize, usize)> = Vec::new();
        for (index, (other, _)) in self.entries.iter().enumerate() {
            let typed = key.before.len().wrapping_sub(other.before.len());
            let behind = (1..=LOOK_BACK).contains(&typed) && key.before.starts_with(&other.before);
            if behind && other.after == key.after {
                near.push((typed, index));
            }
        }
        near.sort_unstable();
        let mut best: Option<&str> = None;
        for (_, index) in &near {
            let Some((other, text)) = self.entries.get(*index) else { continue };
            let rest = key.before.get(other.before.len()..).and_then(|typed| text.strip_prefix(typed));
            if let Some(rest) = rest.filter(|rest| rest.len() > best.unwrap_or_default().len()) {
                best = Some(rest);
            }
        }
        let best = best.map(str::to_owned);
        self.mark_used(near.into_iter().map(|(_, index)| index).collect());
        best
    }

    /// Moves entries to the end, in the order given.
    fn mark_used(&mut self, indices: Vec<usize>) {
        let keys: Vec<Key> =
            indices.iter().filter_map(|index| Some(self.entries.get(*index)?.0.clone())).collect();
        for key in keys {
            if let Some(index) = self.entries.iter().position(|(other, _)| *other == key)
                && let Some(entry) = self.entries.remove(index)
            {
                self.entries.push_back(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(before: &str) -> Key {
        Key { before: before.to_owned(), after: "\n".to_owned() }
    }

    fn cache(entries: &[(&str, &str)]) -> Cache {
        let mut cache = Cache::default();
        for (before, text) in entries {
            cache.insert(key(before), (*text).to_owned());
        }
        cache
    }

    #[test]
    fn what_was_typed_along_is_found_again() {
        // What is kept, as place and suggestion; the place that is looked at; what is known there.
        let table = [
            ("a = |f(x)", "a = ", Some("f(x)")),
            ("a = |f(x)", "a = f(", Some("x)")),
            ("a = |f(x)", "a = g", None),
            ("a = |f(x)", "a =", None),
            // Nothing is left of it.
            ("a = |f(x)", "a = f(x)", None),
            // The place's own entry counts, even an empty one.
            ("a = |f(x);a = f|", "a = f", Some("")),
            // Of several the longest rest.
            ("a = |f(x);a = f|(x, y)", "a = f(", Some("x, y)")),
            ("a = |f(x) + 1;a = f|(x)", "a = f(", Some("x) + 1")),
            ("é|üx", "éü", Some("x")),
        ];
        for (kept, before, expected) in table {
            let entries: Vec<(&str, &str)> = kept.split(';').filter_map(|it| it.split_once('|')).collect();
            assert_eq!(cache(&entries).look_up(&key(before)).as_deref(), expected, "{before:?}");
        }
        let other = Key { before: "a = f(".to_owned(), after: ")\n".to_owned() };
        assert_eq!(cache(&[("a = ", "f(x)")]).look_up(&other), None, "what follows must be the same");
    }

    #[test]
    fn it_is_not_looked_for_too_far_back() {
        let long = "x".repeat(200);
        let mut cache = cache(&[("", &long)]);
        assert_eq!(cache.look_up(&key(&"x".repeat(LOOK_BACK))).map(|rest| rest.len()), Some(200 - LOOK_BACK));
        assert_eq!(cache.look_up(&key(&"x".repeat(LOOK_BACK + 1))), None);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::default();
        for number in 0..ENTRIES {
            cache.insert(key(&format!("{number}:")), "x".to_owned());
        }
        assert!(cache.look_up(&key("0:")).is_some());
        cache.insert(key("new:"), String::new());
        assert!(cache.has(&key("0:")) && cache.has(&key("new:")) && !cache.has(&key("1:")));
        cache.insert(key("new:"), "again".to_owned());
        assert!(cache.has(&key("2:")), "the same key does not take a second place");
        assert_eq!(cache.look_up(&key("new:")).as_deref(), Some("again"));
    }
}
