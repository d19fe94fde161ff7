//! Walks the header of a GGUF file once and keeps only what `interpret` asks for.
//!
//! Must not do: allocate what a length field claims before the file is known to hold that much, keep the
//! vocabulary, or recurse. Every length is compared with the bytes that are left in the file.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Read, Seek};

use super::TOKEN_KEYS;
use super::tensors::{self, Tensors};

/// What the walk keeps.
pub(super) struct Header {
    /// Scalars, short arrays of integers and texts, by key.
    pub(super) values: BTreeMap<String, Value>,
    /// The texts of the tokens that [`TOKEN_KEYS`] name, by id.
    pub(super) token_texts: BTreeMap<u64, String>,
    /// The texts of the control and user-defined tokens.
    pub(super) special_tokens: BTreeSet<String>,
    /// The number of tokens.
    pub(super) vocabulary: u64,
    /// What the list of tensors says.
    pub(super) tensors: Tensors,
}

/// A value of the header. Floating-point numbers and other arrays are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// An integer; a negative one is not kept.
    Number(u64),
    Flag(bool),
    Text(String),
    Numbers(Vec<u64>),
}

/// Why the walk stopped.
#[derive(Debug)]
pub(super) enum Problem {
    Io(io::Error),
    NotGguf,
    Unsupported(String),
    Damaged(String),
}

/// Keys are names such as `qwen2.attention.head_count`; the specification allows 65,535 bytes.
const MAX_KEY_BYTES: u64 = 65_535;
/// Longer texts are skipped. The longest real one is a chat template of some tens of kilobytes.
const MAX_TEXT_BYTES: u64 = 1 << 20;
/// Longer arrays of integers are skipped; the ones that are wanted have one number for each layer.
const MAX_NUMBERS: u64 = 4096;
/// Real vocabularies and merge lists have less than a million entries.
const MAX_ARRAY: u64 = 1 << 24;
/// Real headers have some tens of keys and some thousand tensors.
const MAX_ENTRIES: u64 = 1 << 20;
/// A special token is a few characters; longer ones are not kept.
const MAX_TOKEN_BYTES: u64 = 1024;
/// More special tokens than any vocabulary has.
const MAX_SPECIAL_TOKENS: usize = 1 << 16;

const TOKENS: &str = "tokenizer.ggml.tokens";
const TOKEN_TYPES: &str = "tokenizer.ggml.token_type";
/// `LLAMA_TOKEN_TYPE_CONTROL` and `LLAMA_TOKEN_TYPE_USER_DEFINED` of llama.cpp's `llama.h`.
const SPECIAL_TYPES: [i32; 2] = [3, 4];

/// Walks the header of a file of `file_bytes` bytes.
pub(super) fn read_header<R: Read + Seek>(input: R, file_bytes: u64) -> Result<Header, Problem> {
    let mut cursor = Cursor { input, at: 0, end: file_bytes };
    if file_bytes < 4 || cursor.bytes::<4>()? != *b"GGUF" {
        return Err(Problem::NotGguf);
    }
    let version = cursor.u32()?;
    match version {
        2 | 3 => {}
        // The version is a small number, so its zero bytes tell the byte order.
        _ if version.swap_bytes() <= 0xffff => {
            return Err(Problem::Unsupported("written for big-endian machines".to_owned()));
        }
        _ => return Err(Problem::Unsupported(format!("version {version}"))),
    }
    let tensors = cursor.count(MAX_ENTRIES, 24, "tensors")?;
    let keys = cursor.count(MAX_ENTRIES, 13, "keys")?;

    let mut values = BTreeMap::new();
    let mut tokens = None;
    let mut token_types = None;
    let mut seen = HashSet::new();
    for _ in 0..keys {
        let key =
            cursor.text(MAX_KEY_BYTES)?.ok_or_else(|| Problem::Damaged("a key is too long".to_owned()))?;
        if !seen.insert(key.clone()) {
            return Err(Problem::Damaged("a key appears twice".to_owned()));
        }
        let kind = cursor.u32()?;
        if kind == ARRAY {
            let array = cursor.array()?;
            match key.as_str() {
                TOKENS if array.kind == TEXT => tokens = Some(array),
                TOKEN_TYPES if array.kind == I32 => token_types = Some(array),
                _ => {}
            }
            if let Some(numbers) = cursor.numbers(array)? {
                values.insert(key, Value::Numbers(numbers));
            } else {
                cursor.skip_array(array)?;
            }
        } else if let Some(value) = cursor.scalar(kind)? {
            values.insert(key, value);
        }
    }

    let alignment = match values.get("general.alignment") {
        Some(Value::Number(alignment)) => *alignment,
        _ => tensors::USUAL_ALIGNMENT,
    };
    let tensors = tensors::walk(&mut cursor, tensors, alignment)?;

    let mut special = BTreeSet::new();
    if let Some(array) = token_types {
        cursor.seek(array.start)?;
        for id in 0..array.count {
            if SPECIAL_TYPES.contains(&i32::from_le_bytes(cursor.bytes()?))
                && special.len() < MAX_SPECIAL_TOKENS
            {
                special.insert(id);
            }
        }
    }
    let named: BTreeSet<u64> = TOKEN_KEYS
        .iter()
        .filter_map(|key| match values.get(*key) {
            Some(Value::Number(id)) => Some(*id),
            _ => None,
        })
        .collect();
    let mut token_texts = BTreeMap::new();
    let mut special_tokens = BTreeSet::new();
    let vocabulary = tokens.map_or(0, |array| array.count);
    if let Some(array) = tokens {
        cursor.seek(array.start)?;
        let last = special.last().max(named.last()).copied();
        for id in (0..array.count).take_while(|id| Some(*id) <= last) {
            if !named.contains(&id) && !special.contains(&id) {
                cursor.skip_text()?;
            } else if let Some(text) = cursor.text(MAX_TOKEN_BYTES)? {
                if special.contains(&id) {
                    special_tokens.insert(text.clone());
                }
                if named.contains(&id) {
                    token_texts.insert(id, text);
                }
            }
        }
    }
    Ok(Header { values, token_texts, special_tokens, vocabulary, tensors })
}

const U8: u32 = 0;
const I8: u32 = 1;
const U16: u32 = 2;
const I16: u32 = 3;
const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const U64: u32 = 10;
const I64: u32 = 11;
const F64: u32 = 12;

/// An array in the file: what it holds, how many, and where the first one lies.
#[derive(Debug, Clone, Copy)]
struct Array {
    kind: u32,
    count: u64,
    start: u64,
}

/// A place in the file, which never moves behind its end.
pub(super) struct Cursor<R> {
    input: R,
    pub(super) at: u64,
    /// The bytes of the file.
    pub(super) end: u64,
}

impl<R: Read + Seek> Cursor<R> {
    fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    fn need(&self, bytes: u64) -> Result<(), Problem> {
        if bytes <= self.left() {
            return Ok(());
        }
        Err(Problem::Damaged(format!("it ends inside its header, after {} bytes", self.end)))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        self.need(N as u64)?;
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(Problem::Io)?;
        self.at += N as u64;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Problem> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Problem> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// A count of things that take at least `least` bytes each.
    fn count(&mut self, most: u64, least: u64, what: &str) -> Result<u64, Problem> {
        let count = self.u64()?;
        if count > most || count.saturating_mul(least) > self.left() {
            return Err(Problem::Damaged(format!("it claims to have {count} {what}")));
        }
        Ok(count)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Problem> {
        self.need(bytes)?;
        let offset =
            i64::try_from(bytes).map_err(|_| Problem::Damaged("a length is too large".to_owned()))?;
        self.input.seek_relative(offset).map_err(Problem::Io)?;
        self.at += bytes;
        Ok(())
    }

    fn seek(&mut self, to: u64) -> Result<(), Problem> {
        self.input.seek(io::SeekFrom::Start(to)).map_err(Problem::Io)?;
        self.at = to;
        Ok(())
    }

    /// A text of at most `most` bytes; a longer one is skipped.
    pub(super) fn text(&mut self, most: u64) -> Result<Option<String>, Problem> {
        let length = self.u64()?;
        if length > most {
            self.skip(length)?;
            return Ok(None);
        }
        self.need(length)?;
        let mut bytes = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut bytes).map_err(Problem::Io)?;
        self.at += bytes.len() as u64;
        if bytes.len() as u64 != length {
            return Err(Problem::Damaged("it became shorter while it was read".to_owned()));
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn skip_text(&mut self) -> Result<(), Problem> {
        let length = self.u64()?;
        self.skip(length)
    }

    fn array(&mut self) -> Result<Array, Problem> {
        let kind = self.u32()?;
        // ggml itself refuses arrays of arrays.
        let least = if kind == TEXT { 8 } else { width(kind)? };
        let count = self.count(MAX_ARRAY, least, "entries in an array")?;
        Ok(Array { kind, count, start: self.at })
    }

    fn skip_array(&mut self, array: Array) -> Result<(), Problem> {
        if array.kind != TEXT {
            return self.skip(width(array.kind)?.saturating_mul(array.count));
        }
        for _ in 0..array.count {
            self.skip_text()?;
        }
        Ok(())
    }

    /// The integers of a short array; `None`, with nothing read, for another array.
    fn numbers(&mut self, array: Array) -> Result<Option<Vec<u64>>, Problem> {
        if array.count > MAX_NUMBERS || matches!(array.kind, TEXT | BOOL | F32 | F64) {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        for _ in 0..array.count {
            match self.scalar(array.kind)? {
                Some(Value::Number(number)) => numbers.push(number),
                _ => numbers.push(0),
            }
        }
        Ok(Some(numbers))
    }

    fn scalar(&mut self, kind: u32) -> Result<Option<Value>, Problem> {
        let signed = |number: i64| u64::try_from(number).ok().map(Value::Number);
        Ok(match kind {
            U8 => Some(Value::Number(u8::from_le_bytes(self.bytes()?).into())),
            I8 => signed(i8::from_le_bytes(self.bytes()?).into()),
            U16 => Some(Value::Number(u16::from_le_bytes(self.bytes()?).into())),
            I16 => signed(i16::from_le_bytes(self.bytes()?).into()),
            U32 => Some(Value::Number(self.u32()?.into())),
            I32 => signed(i32::from_le_bytes(self.bytes()?).into()),
            U64 => Some(Value::Number(self.u64()?)),
            I64 => signed(i64::from_le_bytes(self.bytes()?)),
            BOOL => Some(Value::Flag(self.bytes::<1>()? != [0])),
            TEXT => self.text(MAX_TEXT_BYTES)?.map(Value::Text),
            _ => {
                self.skip(width(kind)?)?;
                None
            }
        })
    }
}

/// The bytes that a number of that type takes.
fn width(kind: u32) -> Result<u64, Problem> {
    match kind {
        U8 | I8 | BOOL => Ok(1),
        U16 | I16 => Ok(2),
        U32 | I32 | F32 => Ok(4),
        U64 | I64 | F64 => Ok(8),
        _ => Err(Problem::Damaged(format!("a value of the unknown type {kind}"))),
    }
}
