//! What an answer must be: after each token, which ones may come next. The work is llguidance's.
//! It must not choose a token.

use crate::model::Tokenizer;
use engine::{EngineError, GenerateRequest, Grammar};
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use std::sync::Arc;

/// A vocabulary, arranged so that the tokens that a grammar admits are found quickly.
pub(crate) struct Grammars(ParserFactory);

/// One answer's grammar, and how far the answer has come in it.
pub(crate) struct Constraint {
    matcher: Matcher,
    /// The logits of what may come. Kept from token to token: there is one for each token of the vocabulary.
    logits: Vec<f32>,
}

impl Grammars {
    /// Arranges a vocabulary of so many tokens (0.1 s and more). `bytes` has what a token writes, nothing for one that writes nothing;
    /// the first of `ends` is the one that models end with.
    pub(crate) fn new(
        tokens: u32,
        bytes: impl Fn(LlamaToken) -> Vec<u8>,
        name: impl Fn(LlamaToken) -> Vec<u8>,
        ends: &[u32],
    ) -> Result<Self, String> {
        let Some(&end) = ends.first() else {
            return Err("the vocabulary has no token that ends a text".into());
        };
        let words: Vec<Vec<u8>> = (0..tokens)
            .map(|id| {
                let token = LlamaToken(id.cast_signed());
                let word = bytes(token);
                if word.is_empty() {
                    // Its own mark for tokens that are no text.
                    [&[TokTrie::SPECIAL_TOKEN_MARKER], name(token).as_slice()].concat()
                } else {
                    word
                }
            })
            .collect();
        let trie = TokTrie::from(&TokRxInfo::new(tokens, end), &words).with_eos_tokens(ends);
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&environment).map_err(|error| error.to_string())?;
        // stderr is not a library's.
        factory.quiet();
        Ok(Self(factory))
    }

    fn constraint(&self, grammar: &Grammar) -> Result<Constraint, String> {
        let Grammar::JsonSchema(schema) = grammar;
        let grammar = TopLevelGrammar::from_json_schema(on_one_line(schema.clone()));
        let parser = self.0.create_parser(grammar).map_err(|error| error.to_string())?;
        let matcher = Matcher::new(Ok(parser));
        match matcher.get_error() {
            Some(error) => Err(error),
            None => Ok(Constraint { matcher, logits: Vec::new() }),
        }
    }
}

/// The constraint of a request, if it has a grammar. One that cannot be used is refused.
pub(crate) fn constraint(
    request: &GenerateRequest,
    tokenizer: &Tokenizer,
) -> Result<Option<Constraint>, EngineError> {
    let Some(grammar) = &request.grammar else { return Ok(None) };
    let refused = |reason: String| EngineError::Refused { reason: format!("the JSON Schema: {reason}") };
    if !request.begins_with.is_empty() || !request.avoid.is_empty() {
        return Err(refused(
            "it cannot be had together with a text that the answer begins with or avoids".into(),
        ));
    }
    tokenizer.grammars().and_then(|grammars| grammars.constraint(grammar)).map(Some).map_err(refused)
}

impl Constraint {
    /// The logits with everything out of reach that must not come next. `None` where nothing may.
    pub(crate) fn admitted(&mut self, logits: &[f32]) -> Option<&[f32]> {
        let mask = self.matcher.compute_mask_or_eos().ok()?;
        self.logits.clear();
        self.logits.extend(
            (0..).zip(logits).map(|(id, &logit)| if mask.is_allowed(id) { logit } else { f32::NEG_INFINITY }),
        );
        self.logits.iter().any(|logit| logit.is_finite()).then_some(&self.logits)
    }

    /// A token was chosen.
    pub(crate) fn accept(&mut self, token: LlamaToken) {
        // An error is told by the next mask: then nothing may come.
        if !self.matcher.is_stopped() {
            let _ = self.matcher.consume_token(token.0.cast_unsigned());
        }
    }
}

/// Blanks as Python's `json.dumps` writes them. Left free, small models write line ends until there is no room.
fn on_one_line(mut schema: Value) -> Value {
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    if let Some(members) = schema.as_object_mut() {
        members.insert(
            "x-guidance".to_owned(),
            json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "}),
        );
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vocabulary of single bytes, and a token that ends texts.
    fn grammars() -> Grammars {
        let bytes = |token: LlamaToken| u8::try_from(token.0).map_or(Vec::new(), |byte| vec![byte]);
        Grammars::new(257, bytes, |_| b"<end>".to_vec(), &[256]).unwrap()
    }

    /// What is written where the likeliest byte is that of `wish` if it may come, else the first that may.
    fn write(schema: Value, wish: &str) -> String {
        let mut constraint = grammars().constraint(&Grammar::JsonSchema(schema)).unwrap();
        let mut written = Vec::new();
        for step in 0..200 {
            let mut logits = vec![0.0; 257];
            if let Some(wished) = wish.as_bytes().get(step) {
                logits[usize::from(*wished)] = 1.0;
            }
            let Some(admitted) = constraint.admitted(&logits) else { break };
            let best = (0..257).rev().max_by(|&a, &b| admitted[a].total_cmp(&admitted[b])).unwrap();
            if best == 256 {
                break;
            }
            constraint.accept(LlamaToken(i32::try_from(best).unwrap()));
            written.push(u8::try_from(best).unwrap());
        }
        String::from_utf8_lossy(&written).into_owned()
    }

    #[test]
    fn only_what_the_schema_describes_can_be_written() {
        let schema = json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "at": {"enum": ["left", "right"]}},
            "required": ["name", "at"],
            "additionalProperties": false,
        });
        assert_eq!(write(schema.clone(), r#"{"name": "x", "at": "left"}"#), r#"{"name": "x", "at": "left"}"#);
        let forced = write(schema, r#"{"name": "x", "at": "middle"}"#);
        let read: Value = serde_json::from_str(&forced).unwrap();
        assert!(["left", "right"].contains(&read["at"].as_str().unwrap()), "{forced}");
        assert_eq!(write(json!({"const": 12}), "no"), "12");
    }

    #[test]
    fn a_schema_that_makes_no_sense_is_an_error() {
        let error = grammars().constraint(&Grammar::JsonSchema(json!({"type": "no such type"}))).map(|_| ());
        assert!(error.is_err());
        assert!(grammars().constraint(&Grammar::JsonSchema(json!({"$ref": "#/nowhere"}))).is_err());
    }
}
