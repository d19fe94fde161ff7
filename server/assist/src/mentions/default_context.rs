//! What is context although nobody mentioned it: the file being edited.

use std::path::Path;

use crate::mentions::file::around_cursor;
use crate::mentions::kind::{Mention, MentionKind};
use crate::mentions::place::{Names, locate_in};
use crate::mentions::resolved::{Resolved, Worth};
use crate::mentions::world::World;

/// The file being edited, around the cursor, unless the message mentions it or a part of it. Blocks on the disk.
///
/// None when there is no such file, or it is a secret or excluded: nobody asked for it, so that is no error.
pub fn default_context(mentions: &[Mention], world: &World) -> Option<Resolved> {
    let current = world.current.as_ref()?;
    let path = current.document.path.as_deref();
    let is_it = |found: &Path| {
        path.is_some_and(|path| path == found || path.canonicalize().is_ok_and(|it| it == found))
    };
    let mentioned = mentions.iter().any(|mention| match &mention.kind {
        MentionKind::Current { .. } | MentionKind::Selection | MentionKind::Open => true,
        MentionKind::Visible => world.visible.iter().any(|it| it.document.id == current.document.id),
        MentionKind::File { path, .. } | MentionKind::Name { name: path } => {
            locate_in(world, path, Names::Kept).is_ok_and(|place| is_it(&place.path))
        }
        _ => false,
    });
    if mentioned {
        return None;
    }
    let mut resolved = around_cursor("@current", current, world)?;
    resolved.worth = Worth::Default;
    Some(resolved)
}
