//! Special tokens that came out as text. A local engine stops at them; a server may not. Must not cut at anything that
//! code could mean: only texts that are special tokens and nothing else, and not if the file itself writes about them.

use super::Draft;
use super::place::Place;

/// What special tokens begin with, in the families that Weft knows, and what ends them.
const TOKENS: &[(&str, &str)] = &[
    ("<|fim_", "|>"),
    ("<|endoftext|", ">"),
    ("<|end_of_text|", ">"),
    ("<|im_start|", ">"),
    ("<|im_end|", ">"),
    ("<|file_sep|", ">"),
    ("<|file_separator|", ">"),
    ("<|repo_name|", ">"),
    ("<|code_", "|>"),
    ("<|cursor|", ">"),
    ("<fim_", ">"),
    ("<file_sep", ">"),
    ("<repo_name", ">"),
    ("<｜", "｜>"),
    ("<[fim-", "]>"),
    ("<[end▁of▁sentence]", ">"),
];

/// The longest run between the beginning and the end of a token.
const LONGEST: usize = 24;

/// Cuts at the first special token.
pub(super) fn cut(draft: &mut Draft, place: &Place) -> Option<String> {
    if !draft.text.contains('<') {
        return None;
    }
    let found = TOKENS.iter().filter_map(|(begin, end)| {
        let at = draft.text.find(begin)?;
        let rest = draft.text.get(at + begin.len()..)?;
        let close = rest.find(end).filter(|close| *close <= LONGEST)?;
        let length = begin.len() + close + end.len();
        (at + length <= draft.text.len() && !place.nearby.contains(begin)).then_some(at)
    });
    let at = found.min()?;
    draft.cut_at(at, true);
    Some("cut at a special token".to_owned())
}
