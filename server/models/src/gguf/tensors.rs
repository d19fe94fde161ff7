//! The list of tensors in a header: how many weights and bytes they are, and whether their places add up as llama.cpp demands it. It must
//! not read weights.

use std::collections::HashSet;
use std::io::{Read, Seek};

use super::reader::{Cursor, Problem};

/// What the walk over the tensors found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tensors {
    /// The number of weights.
    pub(super) parameters: u64,
    /// The bytes of tensors that hold experts, of which one token uses a part; 0 where a type is not known.
    pub(super) expert_bytes: u64,
    /// The bytes of the table from tokens to vectors, of which one token reads a row, where the output has one of its own.
    pub(super) lookup_bytes: u64,
}

/// `GGML_MAX_DIMS` and `GGML_MAX_NAME` of llama.cpp's `ggml.h`.
const MOST_DIMENSIONS: u32 = 4;
const MOST_NAME_BYTES: u64 = 64;
/// What the format's specification says where a file does not.
pub(super) const USUAL_ALIGNMENT: u64 = 32;

/// Walks `count` tensors, and compares the places of their data with the bytes that the file has. The checks are those of llama.cpp's
/// `gguf.cpp`: data lies in the order of the list, each beginning at the next multiple of the alignment.
pub(super) fn walk<R: Read + Seek>(
    cursor: &mut Cursor<R>,
    count: u64,
    alignment: u64,
) -> Result<Tensors, Problem> {
    let damaged = |problem: String| Problem::Damaged(problem);
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        return Err(damaged(format!("an alignment of {alignment} bytes")));
    }
    let mut tensors = Tensors::default();
    let mut names = HashSet::new();
    // The bytes of data so far; none once a type is unknown, because its size is.
    let mut data = Some(0_u64);
    let mut ends = None;
    let (mut lookup, mut has_output) = (0, false);
    for _ in 0..count {
        let name =
            cursor.text(MOST_NAME_BYTES)?.ok_or_else(|| damaged("a tensor's name is too long".to_owned()))?;
        let dimensions = cursor.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return Err(damaged(format!("a tensor of {dimensions} dimensions")));
        }
        let (mut weights, mut row) = (Some(1_u64), 1);
        for index in 0..dimensions {
            let length = cursor.u64()?;
            row = if index == 0 { length } else { row };
            weights = weights.and_then(|weights| weights.checked_mul(length));
        }
        let kind = cursor.u32()?;
        let offset = cursor.u64()?;
        let weights = weights
            .filter(|weights| i64::try_from(*weights).is_ok())
            .ok_or_else(|| damaged("a tensor with more weights than any machine has room for".to_owned()))?;
        tensors.parameters = tensors.parameters.saturating_add(weights);
        let bytes = size(kind, row, weights)?;
        if let Some(expected) = data
            && offset != expected
        {
            return Err(damaged("the weights of its tensors overlap, or have gaps between them".to_owned()));
        }
        // The last tensor need not be filled up to the alignment.
        ends = data.zip(bytes).map(|(data, bytes)| data.saturating_add(bytes));
        data = ends.map(|ends| ends.checked_next_multiple_of(alignment).unwrap_or(u64::MAX));
        if name.contains("_exps.") {
            tensors.expert_bytes = tensors.expert_bytes.saturating_add(bytes.unwrap_or(0));
        }
        match name.as_str() {
            "token_embd.weight" => lookup = bytes.unwrap_or(0),
            "output.weight" => has_output = true,
            _ => {}
        }
        if !names.insert(name) {
            return Err(damaged("two tensors have the same name".to_owned()));
        }
    }
    tensors.lookup_bytes = if has_output { lookup } else { 0 };
    let begins = cursor.at.checked_next_multiple_of(alignment);
    let ends = begins.zip(ends).map(|(begins, ends)| begins.saturating_add(ends));
    if ends.is_some_and(|ends| ends > cursor.end) {
        return Err(damaged(format!("it has {} bytes and its weights would end behind them", cursor.end)));
    }
    Ok(tensors)
}

/// The bytes of a tensor; none for a type that only a newer llama.cpp knows.
fn size(kind: u32, row: u64, weights: u64) -> Result<Option<u64>, Problem> {
    let Some((block, bytes)) = block(kind) else { return Ok(None) };
    if !row.is_multiple_of(block) {
        return Err(Problem::Damaged("a tensor's rows do not fit its type".to_owned()));
    }
    Ok(Some((weights / block).saturating_mul(bytes)))
}

/// The weights of a block and its bytes, by the numbers of `ggml_type` in llama.cpp's `ggml.h` and the sizes in its `ggml-common.h`.
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        24 => (1, 1),
        27 | 28 => (1, 8),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        39 => (32, 17),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        21 => (256, 110),
        22 => (256, 82),
        23 => (256, 136),
        29 => (256, 56),
        34 => (256, 54),
        35 => (256, 66),
        _ => return None,
    })
}
