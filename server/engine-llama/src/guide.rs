//! Which tokens lead to a name that can stand where the text is. Pure functions on text and token bytes.
//! It must not know llama.cpp or how a token is chosen otherwise.

use engine::Guidance;

/// A place at which names are expected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected<'a> {
    /// What of a name is written already; perhaps nothing.
    partial: String,
    /// The names that begin with it.
    names: Vec<&'a str>,
    /// The guide's.
    pub(crate) bonus: f32,
}

/// What is expected after `guidance.before` and the text generated since; `None` where every token will do.
pub(crate) fn expected<'a>(guidance: &'a Guidance, generated: &str) -> Option<Expected<'a>> {
    if guidance.guides.is_empty() {
        return None;
    }
    // No guide reaches further back than the longest of them and a name.
    let text = format!("{}{generated}", guidance.before);
    let name_start = text.trim_end_matches(is_identifier).len();
    let (before, partial) = text.split_at_checked(name_start)?;
    let guide = guidance.guides.iter().find(|guide| stands_after(before, &guide.after))?;
    let names: Vec<&str> = guide
        .names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty() && name.starts_with(partial))
        .collect();
    let lengthening = names.iter().any(|name| name.len() > partial.len());
    (lengthening && guide.bonus > 0.0).then(|| Expected {
        partial: partial.to_owned(),
        names,
        bonus: guide.bonus,
    })
}

impl Expected<'_> {
    /// Whether a token with these bytes leads to one of the names, or ends one.
    pub(crate) fn admits(&self, token: &[u8]) -> bool {
        let identifier = token.iter().take_while(|byte| is_identifier_byte(**byte)).count();
        let (written, rest) = token.split_at(identifier);
        let whole: Vec<u8> = [self.partial.as_bytes(), written].concat();
        if rest.is_empty() {
            !written.is_empty() && self.names.iter().any(|name| name.as_bytes().starts_with(&whole))
        } else {
            self.names.iter().any(|name| name.as_bytes() == whole)
        }
    }
}

/// Whether `after` stands at the end of `text`, as a whole expression: `pipe.` does not stand in `self.pipe.`.
fn stands_after(text: &str, after: &str) -> bool {
    let Some(rest) = text.strip_suffix(after) else { return false };
    !after.is_empty()
        && !rest.ends_with(|end: char| is_identifier(end) || end == '.' || end == ':' || end == ')')
}

fn is_identifier(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Bytes beyond ASCII count as parts of an identifier: a name may have them, an operator has none.
fn is_identifier_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Guide;

    fn guidance(before: &str) -> Guidance {
        let guide = |after: &str, names: &[&str]| Guide {
            after: after.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            bonus: 3.0,
        };
        Guidance {
            before: before.to_owned(),
            guides: vec![guide("pipe.", &["hset", "hset_all", "expire"]), guide("Error::", &["Größe"])],
        }
    }

    #[test]
    fn tokens_that_lead_to_a_name_are_admitted() {
        // Text before, text generated, token, whether it is admitted (none: nothing is expected there).
        let cases = [
            ("pipe.", "", "hs", Some(true)),
            ("pipe.", "", "hset", Some(true)),
            ("pipe.", "", "hset(", Some(true)),
            ("pipe.", "", "hmset", Some(false)),
            ("pipe.", "", "(", Some(false)),
            ("pipe.", "", " hset", Some(false)),
            ("pipe.", "hs", "et", Some(true)),
            ("pipe.", "hs", "(", Some(false)),
            ("pipe.", "hset", "(", Some(true)),
            ("pipe.", "hset", "_all", Some(true)),
            ("pipe.", "hset", "_any", Some(false)),
            ("pipe.", "expire", "(", None),
            ("pipe.", "unknown", "x", None),
            ("self.pipe.", "", "x", None),
            ("f(pipe.", "", "x", Some(false)),
            ("x = ", "pipe.", "expire", Some(true)),
            ("", "Error::", "Gr", Some(true)),
            ("", "Error::Gr", "öße", Some(true)),
            ("my_pipe.", "", "x", None),
        ];
        for (before, generated, token, admitted) in cases {
            let guidance = guidance(before);
            let found = expected(&guidance, generated).map(|expected| expected.admits(token.as_bytes()));
            assert_eq!(found, admitted, "{before:?} {generated:?} {token:?}");
        }
    }
}
