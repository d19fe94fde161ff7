//! From the options that clients send to how an engine samples.
//! It must not know a dialect: each hands over what it has read.

use crate::problem::Problem;
use engine::Sampler;
use serde::Deserialize;

/// How tokens are to be chosen; what is left out is [`Default`]'s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Sampling {
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    /// 0 and less: all.
    pub(crate) top_k: Option<i64>,
    pub(crate) repeat_penalty: Option<f64>,
    /// Below 0: another one each time.
    pub(crate) seed: Option<i64>,
}

/// Weft's own chat samples so: small models invent things when chance has much to say.
const CHAT: (f64, f64, i64, f64) = (0.2, 0.9, 40, 1.05);

impl Sampling {
    /// For conversations and text.
    pub(crate) fn for_text(self) -> Result<Sampler, Problem> {
        self.sampler(CHAT)
    }

    /// For code in the middle: the likeliest, unless a temperature is asked for.
    pub(crate) fn for_code(self) -> Result<Sampler, Problem> {
        match self.temperature {
            None => Ok(Sampler::Greedy),
            Some(_) => self.sampler((0.0, 1.0, 0, 1.0)),
        }
    }

    fn sampler(self, default: (f64, f64, i64, f64)) -> Result<Sampler, Problem> {
        let temperature = self.temperature.unwrap_or(default.0);
        let top_p = self.top_p.unwrap_or(default.1);
        let top_k = self.top_k.unwrap_or(default.2);
        let repeat_penalty = self.repeat_penalty.unwrap_or(default.3);
        if !temperature.is_finite() || temperature < 0.0 {
            return Err(Problem::field("temperature", "must be 0 or more"));
        }
        if !(0.0..=1.0).contains(&top_p) {
            return Err(Problem::field("top_p", "must be from 0 to 1"));
        }
        if !repeat_penalty.is_finite() || repeat_penalty <= 0.0 {
            return Err(Problem::field("repeat_penalty", "must be above 0"));
        }
        #[allow(clippy::cast_possible_truncation)] // Checked above; a rounded digit changes nothing.
        let narrow = |value: f64| value as f32;
        // No share of the probability at all leaves the likeliest.
        let (top_p, top_k) = if top_p == 0.0 { (1.0, 1) } else { (top_p, top_k) };
        Ok(Sampler::Temperature {
            temperature: narrow(temperature),
            top_p: narrow(top_p),
            top_k: u32::try_from(top_k).unwrap_or(0),
            repeat_penalty: narrow(repeat_penalty),
            seed: self.seed.and_then(|seed| u64::try_from(seed).ok()),
        })
    }
}

/// One text or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// The texts at which a generation is to end.
pub(crate) fn stops(stop: Option<OneOrMany>) -> Vec<String> {
    stop.map(OneOrMany::into_vec).unwrap_or_default().into_iter().filter(|stop| !stop.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default_and_what_makes_no_sense_is_refused() {
        let read = |json: &str| serde_json::from_str::<Sampling>(json).unwrap();
        assert_eq!(
            read("{}").for_text(),
            Ok(Sampler::Temperature {
                temperature: 0.2,
                top_p: 0.9,
                top_k: 40,
                repeat_penalty: 1.05,
                seed: None
            })
        );
        let all = read(r#"{"temperature": 1, "top_p": 0, "top_k": -1, "repeat_penalty": 1, "seed": 7}"#);
        let expected = Sampler::Temperature {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 1,
            repeat_penalty: 1.0,
            seed: Some(7),
        };
        assert_eq!((all.for_text(), all.for_code()), (Ok(expected), Ok(expected)));
        assert_eq!(read(r#"{"top_p": 0.5}"#).for_code(), Ok(Sampler::Greedy));
        for wrong in [r#"{"temperature": -1}"#, r#"{"top_p": 1.5}"#, r#"{"repeat_penalty": 0}"#] {
            assert!(read(wrong).for_text().is_err(), "{wrong}");
        }
    }
}
