//! What two texts begin and end with alike. It must not look for anything that was moved.

use crate::Text;

impl Text {
    /// How many bytes this text and another have in common at their beginnings, and how many at their ends. The two parts do
    /// not overlap in either text, and neither cuts a character. Pieces of storage that the texts share are not compared, so
    /// two versions of one text cost some microseconds.
    pub fn common_ends(&self, other: &Text) -> (usize, usize) {
        let mut prefix = common_start(self.chunks(), other.chunks());
        while !(self.is_char_boundary(prefix) && other.is_char_boundary(prefix)) {
            prefix -= 1;
        }
        let mine = self.rope.chunks_at_byte(self.len_bytes()).0.reversed();
        let theirs = other.rope.chunks_at_byte(other.len_bytes()).0.reversed();
        let room = self.len_bytes().min(other.len_bytes()) - prefix;
        let mut suffix = common_end(mine, theirs).min(room);
        let cuts = |text: &Text, suffix: usize| !text.is_char_boundary(text.len_bytes() - suffix);
        while cuts(self, suffix) || cuts(other, suffix) {
            suffix -= 1;
        }
        (prefix, suffix)
    }
}

/// How many bytes two texts have in common from their beginnings.
fn common_start<'a>(
    mut one: impl Iterator<Item = &'a str>,
    mut other: impl Iterator<Item = &'a str>,
) -> usize {
    let (mut left, mut right): (&[u8], &[u8]) = (&[], &[]);
    let mut common = 0;
    while let (Some(mine), Some(theirs)) = (filled(left, &mut one), filled(right, &mut other)) {
        let length = mine.len().min(theirs.len());
        let ((mine, my_rest), (theirs, their_rest)) = (mine.split_at(length), theirs.split_at(length));
        if !std::ptr::eq(mine, theirs) && mine != theirs {
            return common + mine.iter().zip(theirs).take_while(|(one, other)| one == other).count();
        }
        common += length;
        (left, right) = (my_rest, their_rest);
    }
    common
}

/// How many bytes two texts have in common at their ends; the pieces come last first.
fn common_end<'a>(mut one: impl Iterator<Item = &'a str>, mut other: impl Iterator<Item = &'a str>) -> usize {
    let (mut left, mut right): (&[u8], &[u8]) = (&[], &[]);
    let mut common = 0;
    while let (Some(mine), Some(theirs)) = (filled(left, &mut one), filled(right, &mut other)) {
        let length = mine.len().min(theirs.len());
        let ((my_rest, mine), (their_rest, theirs)) =
            (mine.split_at(mine.len() - length), theirs.split_at(theirs.len() - length));
        if !std::ptr::eq(mine, theirs) && mine != theirs {
            let backwards = mine.iter().rev().zip(theirs.iter().rev());
            return common + backwards.take_while(|(one, other)| one == other).count();
        }
        common += length;
        (left, right) = (my_rest, their_rest);
    }
    common
}

/// What is left of a piece, or the next one with anything in it; none at the text's end.
fn filled<'a>(rest: &'a [u8], pieces: &mut impl Iterator<Item = &'a str>) -> Option<&'a [u8]> {
    if !rest.is_empty() {
        return Some(rest);
    }
    pieces.map(str::as_bytes).find(|piece| !piece.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_common_ends_do_not_overlap_and_cut_no_character() {
        for (one, other, expected) in [
            ("", "", (0, 0)),
            ("a", "", (0, 0)),
            ("abc", "abc", (3, 0)),
            ("abc", "abxc", (2, 1)),
            ("aa", "aaa", (2, 0)),
            ("xé", "xè", (1, 0)),
            ("éx", "èx", (0, 1)),
            // The same byte ends both.
            ("\u{4e80}x", "\u{5e80}x", (0, 1)),
        ] {
            assert_eq!(Text::new(one).common_ends(&Text::new(other)), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn versions_of_a_large_text_differ_where_they_were_edited() {
        let first = Text::new(&"some line of a text\n".repeat(5_000));
        for at in [0, 1, 40_000, 77_777, 100_000] {
            let mut second = first.clone();
            second.apply(&crate::Edit { range: at..at, new_text: "ß".to_owned() }).unwrap();
            assert_eq!(first.common_ends(&second), (at, 100_000 - at));
            let anew = Text::new(&second.to_string());
            assert_eq!(anew.common_ends(&first), (at, 100_000 - at));
        }
    }
}
