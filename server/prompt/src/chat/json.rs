//! JSON as Python's `json.dumps` writes it, for the filter `tojson` that `transformers` gives to templates. Must not escape
//! anything for HTML, as Jinja's own filter does.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use serde::Serialize as _;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// The filter: `value | tojson` or `value | tojson(indent=2)`.
pub(super) fn tojson(value: Value, arguments: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = arguments.get("indent")?;
    // They only matter to pure ASCII output and to separators, which no template changes from what is written here.
    let _: Option<Value> = arguments.get("ensure_ascii")?;
    let _: Option<Value> = arguments.get("separators")?;
    let _: Option<Value> = arguments.get("sort_keys")?;
    arguments.assert_all_used()?;
    let failed = |error: serde_json::Error| Error::new(ErrorKind::InvalidOperation, error.to_string());
    let mut out = Vec::new();
    match indent {
        Some(indent) => {
            let spaces = " ".repeat(indent.min(16));
            let formatter = PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut Serializer::with_formatter(&mut out, formatter)).map_err(failed)?;
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut out, OneLine)).map_err(failed)?,
    }
    String::from_utf8(out).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// On one line, with a space behind each comma and colon.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }
}
