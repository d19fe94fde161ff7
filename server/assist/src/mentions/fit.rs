//! Makes attachments fit into the tokens that there are. What is worth least is cut first, and all that is cut is said. How one
//! attachment is cut is in `shrink.rs`.

use crate::mentions::attachment::Attachment;
use crate::mentions::render;
use crate::mentions::resolved::{Resolved, Worth};
use crate::mentions::shrink::shrink;

/// What fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// In the order that they were given in; those that had no room are not here.
    pub attachments: Vec<Attachment>,
    /// The tokens of each, with its heading and fence.
    pub tokens: Vec<usize>,
    /// What was cut because of the budget, a sentence for each attachment, for people. Empty when all of it fits.
    pub cut: Vec<String>,
}

/// Fits attachments into a number of tokens, as [`render::render`] writes them. `measure` gives the tokens of a text; it is called some ten times for
/// each attachment that is too large.
///
/// What the user named is served first, then what was found for the question, then the file being edited. Within one of these, small ones are
/// whole and large ones share what is left.
pub fn fit(resolved: Vec<Resolved>, budget: usize, measure: &dyn Fn(&str) -> usize) -> Fitted {
    // An empty line stands between two.
    let size = |attachment: &Attachment| measure(&format!("{}\n", render::one(attachment)));
    let sizes: Vec<usize> = resolved.iter().map(|it| size(&it.attachment)).collect();
    let mut kept: Vec<Option<(Attachment, usize)>> = vec![None; resolved.len()];
    let mut said: Vec<Option<String>> = vec![None; resolved.len()];
    let mut room = budget;
    for worth in [Worth::Named, Worth::Found, Worth::Default] {
        let places = kept.iter_mut().zip(&mut said).zip(resolved.iter().zip(&sizes));
        let mut group: Vec<_> = places.filter(|(_, (one, _))| one.worth == worth).collect();
        // The smallest first: what they leave of their share goes to the others.
        group.sort_by_key(|(_, (_, size))| **size);
        let mut waiting = group.len();
        for ((kept, said), (one, before)) in group {
            let share = room / waiting.max(1);
            waiting -= 1;
            if *before <= share {
                *kept = Some((one.attachment.clone(), *before));
            } else if let Some((smaller, what)) = shrink(one, share, &size) {
                let tokens = size(&smaller);
                *kept = Some((smaller, tokens));
                *said = Some(what);
            } else {
                *said = Some("left out, there was no room for it".to_owned());
            }
            room -= kept.as_ref().map_or(0, |(_, tokens)| *tokens);
        }
    }
    let names = resolved.iter().map(|one| &one.attachment.title);
    let cut = names.zip(said).filter_map(|(name, what)| Some(format!("{name}: {}", what?))).collect();
    let (attachments, tokens) = kept.into_iter().flatten().unzip();
    Fitted { attachments, tokens, cut }
}
