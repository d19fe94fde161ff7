//! Which names a file uses and in which of its blocks of lines, packed into few bytes. It must not know other files.

use crate::names::NameId;

/// Lines of a block. A window, the unit that [`crate::Index::similar`] compares, is two blocks that follow each other.
pub(crate) const BLOCK_LINES: u32 = 6;

/// The names of one file: for each, how often it occurs in which block.
#[derive(Clone, Default)]
pub(crate) struct Terms {
    /// Ascending.
    ids: Box<[NameId]>,
    /// Where each name's blocks end in `blocks`.
    ends: Box<[u32]>,
    /// For each name its blocks in order: `2 * (distance from the last) + (more than one)` as a varint, and then, if
    /// there is more than one, how often as a byte.
    blocks: Box<[u8]>,
    /// How many names each block has, by block.
    lengths: Box<[u16]>,
}

/// A name's use in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) block: u32,
    /// At least 1, at most 255.
    pub(crate) count: u8,
}

impl Terms {
    /// From every use, one entry each, in any order. `lengths` has the number of names of each block.
    pub(crate) fn new(mut uses: Vec<(NameId, u32)>, lengths: Box<[u16]>) -> Self {
        uses.sort_unstable();
        let mut ids = Vec::new();
        let mut ends: Vec<u32> = Vec::new();
        let mut blocks = Vec::new();
        for of_name in uses.chunk_by(|one, next| one.0 == next.0) {
            let mut last = 0;
            for of_block in of_name.chunk_by(|one, next| one.1 == next.1) {
                let Some(&(_, block)) = of_block.first() else { continue };
                let more = of_block.len() > 1;
                push_varint(&mut blocks, (block - last) * 2 + u32::from(more));
                if more {
                    blocks.push(u8::try_from(of_block.len()).unwrap_or(u8::MAX));
                }
                last = block;
            }
            ids.extend(of_name.first().map(|use_| use_.0));
            ends.push(blocks.len() as u32);
        }
        Self { ids: ids.into(), ends: ends.into(), blocks: blocks.into(), lengths }
    }

    /// From what [`Terms::packed`] gave, in any order: the names may have other numbers by now.
    pub(crate) fn from_packed(mut packed: Vec<(NameId, Vec<u8>)>, lengths: Box<[u16]>) -> Self {
        packed.sort_unstable();
        packed.dedup_by_key(|(id, _)| *id);
        let mut ends = Vec::with_capacity(packed.len());
        let mut blocks = Vec::new();
        for (_, bytes) in &packed {
            blocks.extend_from_slice(bytes);
            ends.push(blocks.len() as u32);
        }
        Self {
            ids: packed.into_iter().map(|(id, _)| id).collect(),
            ends: ends.into(),
            blocks: blocks.into(),
            lengths,
        }
    }

    /// Each name with its packed blocks.
    pub(crate) fn packed(&self) -> impl Iterator<Item = (NameId, &[u8])> {
        self.ids.iter().enumerate().map(|(at, &id)| (id, self.bytes_of(at)))
    }

    /// The names, ascending.
    pub(crate) fn ids(&self) -> &[NameId] {
        &self.ids
    }

    /// How many names each block has.
    pub(crate) fn lengths(&self) -> &[u16] {
        &self.lengths
    }

    /// The blocks that use a name, ascending.
    pub(crate) fn uses(&self, id: NameId) -> impl Iterator<Item = Use> {
        let bytes = self.ids.binary_search(&id).map_or(&[][..], |at| self.bytes_of(at));
        decode(bytes)
    }

    /// How often a name occurs in the file.
    pub(crate) fn count(&self, id: NameId) -> usize {
        self.uses(id).map(|use_| usize::from(use_.count)).sum()
    }

    fn bytes_of(&self, at: usize) -> &[u8] {
        let end = self.ends.get(at).map_or(0, |&end| end as usize);
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.blocks.get(start..end).unwrap_or_default()
    }
}

fn decode(mut bytes: &[u8]) -> impl Iterator<Item = Use> {
    let mut block = 0;
    std::iter::from_fn(move || {
        let (head, rest) = take_varint(bytes)?;
        bytes = rest;
        block += head / 2;
        if head % 2 == 0 {
            return Some(Use { block, count: 1 });
        }
        let (&count, rest) = bytes.split_first()?;
        bytes = rest;
        Some(Use { block, count })
    })
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[inline]
fn take_varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(5) {
        value |= u32::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}
