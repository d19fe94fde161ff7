//! What the sessions come to: latencies, shares and costs of each client, side by side.
//!
//! It must not play or ask: sessions come in, figures go out.

use serde::Serialize;

use super::super::statistics::quantile;
use super::load::Load;
use super::player::{Outcome, Pause, Played};

/// Who is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Weft,
    LlamaVim,
}

impl Side {
    pub(super) const ALL: [Self; 2] = [Self::Weft, Self::LlamaVim];
}

impl std::fmt::Display for Side {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Weft => "Weft",
            Self::LlamaVim => "llama.vim-like",
        })
    }
}

/// What a client did for a session.
#[derive(Debug, Default, Serialize)]
pub(super) struct Costs {
    /// Every suggestion that was seen, during a pause or between two keys.
    pub(super) shown: Vec<Shown>,
    pub(super) requests: u64,
    /// Tokens of prompts that the model evaluated, and tokens that it generated.
    pub(super) evaluated: u64,
    pub(super) generated: u64,
    /// Requests that were cut short and do not say what they cost.
    pub(super) uncounted: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) from_cache: bool,
    /// From the key to its answer. For a suggestion that llama.vim got from its server it is not known: 0.
    pub(super) seconds: f64,
}

/// A script played to one client.
#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// The case whose file was typed in.
    pub(super) id: String,
    pub(super) run: usize,
    pub(super) load: Load,
    pub(super) side: Side,
    /// Keys of the script, as if nothing had been accepted: the work is the same for both.
    pub(super) script_keystrokes: usize,
    /// Places where something was typed: one, or two with a jump.
    pub(super) places: usize,
    pub(super) played: Played,
    pub(super) costs: Costs,
    /// Of the client's processes; `None` where the system does not say.
    pub(super) cpu_seconds: Option<f64>,
}

/// One figure of a client over some sessions.
pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    of: fn(&Sessions<'_>) -> Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Percent,
    Number,
    /// Of which a ratio says nothing.
    Count,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) load: Load,
    pub(super) measure: &'static str,
    #[serde(skip)]
    pub(super) unit: Unit,
    pub(super) weft: Option<f64>,
    pub(super) llama_vim: Option<f64>,
    /// Weft's figure over the other.
    pub(super) ratio: Option<f64>,
}

/// Sessions of one client under one load, in one run.
pub(super) struct Sessions<'a>(Vec<&'a Session>);

const MEASURES: &[Measure] = &[
    Measure { name: "last key to suggestion, p50", unit: Unit::Seconds, of: |it| it.wait(0.5) },
    Measure { name: "last key to suggestion, p90", unit: Unit::Seconds, of: |it| it.wait(0.9) },
    Measure { name: "last key to suggestion, p99", unit: Unit::Seconds, of: |it| it.wait(0.99) },
    Measure { name: "pauses with a suggestion within 300 ms", unit: Unit::Percent, of: |it| it.within(0.3) },
    Measure { name: "pauses with a suggestion within 1 s", unit: Unit::Percent, of: |it| it.within(1.0) },
    Measure { name: "pauses", unit: Unit::Count, of: |it| Some(it.pauses().count() as f64) },
    Measure {
        name: "… that ended with “no suggestion”",
        unit: Unit::Count,
        of: |it| it.count(Outcome::Silent),
    },
    Measure { name: "… that were given up", unit: Unit::Count, of: |it| it.count(Outcome::GivenUp) },
    Measure { name: "last key to “no suggestion”, p50", unit: Unit::Seconds, of: |it| it.silence(0.5) },
    Measure { name: "last key to “no suggestion”, p90", unit: Unit::Seconds, of: |it| it.silence(0.9) },
    Measure {
        name: "suggestions right in their first line",
        unit: Unit::Count,
        of: |it| it.number_of(|it| it.first_line_right),
    },
    Measure { name: "suggestions right as a whole", unit: Unit::Count, of: |it| it.number_of(|it| it.right) },
    Measure { name: "suggestions accepted", unit: Unit::Count, of: |it| it.number_of(|it| it.accepted) },
    Measure { name: "CPU seconds for 100 keys of the script", unit: Unit::Number, of: |it| it.cpu() },
    Measure {
        name: "tokens evaluated and generated for each suggestion shown",
        unit: Unit::Number,
        of: |it| it.tokens(),
    },
    Measure { name: "requests", unit: Unit::Count, of: |it| Some(it.sum(|it| it.costs.requests)) },
    Measure {
        name: "… whose tokens are not known",
        unit: Unit::Count,
        of: |it| Some(it.sum(|it| it.costs.uncounted)),
    },
    Measure { name: "suggestions shown", unit: Unit::Count, of: |it| Some(it.shown().count() as f64) },
    Measure { name: "… that came from a cache", unit: Unit::Percent, of: |it| it.cached() },
    Measure { name: "answer from the cache, p50", unit: Unit::Milliseconds, of: |it| it.cache_time(0.5) },
    Measure { name: "answer from the cache, p99", unit: Unit::Milliseconds, of: |it| it.cache_time(0.99) },
];

/// All figures: of each load and measure the median over the runs.
pub(super) fn rows(sessions: &[Session], loads: &[Load]) -> Vec<Row> {
    let mut rows = Vec::new();
    for load in loads {
        for measure in MEASURES {
            let of = |side| median_of_runs(sessions, *load, side, measure);
            let (weft, llama_vim) = (of(Side::Weft), of(Side::LlamaVim));
            let comparable = measure.unit != Unit::Count;
            let ratio = weft.zip(llama_vim).filter(|(_, other)| comparable && *other > 0.0);
            rows.push(Row {
                load: *load,
                measure: measure.name,
                unit: measure.unit,
                weft,
                llama_vim,
                ratio: ratio.map(|(weft, other)| weft / other),
            });
        }
    }
    rows
}

/// How long each pause lasted until a suggestion was shown, in order, and how many pauses there were.
pub(super) fn waits(sessions: &[Session], load: Load, side: Side) -> (Vec<f64>, usize) {
    let all = sessions.iter().filter(|it| it.load == load && it.side == side);
    let of_side = Sessions(all.collect());
    let shown = of_side.pauses().filter(|pause| pause.outcome == Outcome::Shown);
    let mut seconds: Vec<f64> = shown.map(|pause| pause.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    (seconds, of_side.pauses().count())
}

fn median_of_runs(sessions: &[Session], load: Load, side: Side, measure: &Measure) -> Option<f64> {
    let of_side = |it: &&Session| it.load == load && it.side == side;
    let mut runs: Vec<usize> = sessions.iter().filter(of_side).map(|it| it.run).collect();
    runs.sort_unstable();
    runs.dedup();
    let figure = |run: usize| {
        let of_run = sessions.iter().filter(of_side).filter(|it| it.run == run);
        (measure.of)(&Sessions(of_run.collect()))
    };
    quantile(runs.into_iter().filter_map(figure).collect(), 0.5)
}

impl<'a> Sessions<'a> {
    fn pauses(&self) -> impl Iterator<Item = &'a Pause> {
        self.0.iter().flat_map(|session| &session.played.pauses)
    }

    fn shown(&self) -> impl Iterator<Item = &'a Shown> {
        self.0.iter().flat_map(|session| &session.costs.shown)
    }

    fn sum(&self, of: fn(&Session) -> u64) -> f64 {
        self.0.iter().map(|session| of(session)).sum::<u64>() as f64
    }

    /// Until a suggestion, where one came or was waited for in vain.
    fn wait(&self, share: f64) -> Option<f64> {
        let waited = self.pauses().filter(|pause| pause.outcome != Outcome::Silent);
        quantile(waited.map(|pause| pause.seconds).collect(), share)
    }

    fn silence(&self, share: f64) -> Option<f64> {
        let silent = self.pauses().filter(|pause| pause.outcome == Outcome::Silent);
        quantile(silent.map(|pause| pause.seconds).collect(), share)
    }

    /// Of all pauses, in per cent.
    fn within(&self, seconds: f64) -> Option<f64> {
        let fast = |pause: &&Pause| pause.outcome == Outcome::Shown && pause.seconds <= seconds;
        percent(self.pauses().filter(fast).count(), self.pauses().count())
    }

    fn count(&self, outcome: Outcome) -> Option<f64> {
        Some(self.pauses().filter(|pause| pause.outcome == outcome).count() as f64)
    }

    fn number_of(&self, is: fn(&Pause) -> bool) -> Option<f64> {
        Some(self.pauses().filter(|pause| is(pause)).count() as f64)
    }

    fn cpu(&self) -> Option<f64> {
        let seconds: Option<f64> = self.0.iter().map(|session| session.cpu_seconds).sum();
        let keys: usize = self.0.iter().map(|session| session.script_keystrokes).sum();
        (keys > 0).then_some(100.0 * seconds? / keys as f64)
    }

    fn tokens(&self) -> Option<f64> {
        let shown = self.shown().count();
        let tokens = self.sum(|it| it.costs.evaluated + it.costs.generated);
        (shown > 0).then_some(tokens / shown as f64)
    }

    fn cached(&self) -> Option<f64> {
        percent(self.shown().filter(|shown| shown.from_cache).count(), self.shown().count())
    }

    /// In milliseconds.
    fn cache_time(&self, share: f64) -> Option<f64> {
        let cached = self.shown().filter(|shown| shown.from_cache);
        quantile(cached.map(|shown| 1000.0 * shown.seconds).collect(), share)
    }
}

fn percent(hits: usize, count: usize) -> Option<f64> {
    (count > 0).then_some(100.0 * hits as f64 / count as f64)
}

/// Sessions whose figures are known, for tests of what is made of them.
#[cfg(test)]
pub(super) fn sample(side: Side, run: usize, waits: &[f64]) -> Session {
    let pause = |seconds: f64| Pause {
        seconds,
        outcome: if seconds < 20.0 { Outcome::Shown } else { Outcome::GivenUp },
        first_line_right: seconds < 2.0,
        right: seconds < 1.0,
        accepted: false,
    };
    let mut pauses: Vec<Pause> = waits.iter().copied().map(pause).collect();
    pauses.push(Pause { outcome: Outcome::Silent, first_line_right: false, right: false, ..pause(0.5) });
    Session {
        id: "x".to_owned(),
        run,
        load: Load::Quiet,
        side,
        script_keystrokes: 200,
        places: 1,
        played: Played { pauses, keystrokes: 150, seconds: 30.0 },
        costs: Costs {
            shown: vec![
                Shown { from_cache: true, seconds: 0.002 },
                Shown { from_cache: true, seconds: 0.004 },
                Shown { from_cache: false, seconds: 1.0 },
                Shown { from_cache: false, seconds: 1.0 },
            ],
            requests: 10,
            evaluated: 300,
            generated: 100,
            uncounted: 3,
        },
        cpu_seconds: Some(4.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(rows: &'a [Row], measure: &str) -> &'a Row {
        rows.iter().find(|row| row.measure == measure).unwrap()
    }

    #[test]
    fn figures_are_medians_over_runs() {
        let sessions = [
            sample(Side::Weft, 0, &[0.1, 0.2, 0.9]),
            sample(Side::Weft, 1, &[0.1, 0.4, 0.9]),
            sample(Side::LlamaVim, 0, &[0.25, 1.0, 20.0]),
            sample(Side::LlamaVim, 1, &[0.25, 2.0, 20.0]),
        ];
        let rows = rows(&sessions, &[Load::Quiet]);
        let of = |measure: &str| {
            let row = row(&rows, measure);
            let rounded = |figure: Option<f64>| figure.map(|figure| (1000.0 * figure).round() / 1000.0);
            (rounded(row.weft), rounded(row.llama_vim), rounded(row.ratio))
        };
        let table = [
            ("last key to suggestion, p50", 0.3, 1.5, Some(0.2)),
            ("pauses with a suggestion within 300 ms", 37.5, 25.0, Some(1.5)),
            ("pauses with a suggestion within 1 s", 75.0, 37.5, Some(2.0)),
            ("pauses", 4.0, 4.0, None),
            ("… that were given up", 0.0, 1.0, None),
            ("… that ended with “no suggestion”", 1.0, 1.0, None),
            ("last key to “no suggestion”, p90", 0.5, 0.5, Some(1.0)),
            ("CPU seconds for 100 keys of the script", 2.0, 2.0, Some(1.0)),
            ("tokens evaluated and generated for each suggestion shown", 100.0, 100.0, Some(1.0)),
            ("… that came from a cache", 50.0, 50.0, Some(1.0)),
            ("answer from the cache, p50", 3.0, 3.0, Some(1.0)),
            ("suggestions right as a whole", 3.0, 1.0, None),
        ];
        for (measure, weft, llama_vim, ratio) in table {
            assert_eq!(of(measure), (Some(weft), Some(llama_vim), ratio), "{measure}");
        }
    }

    #[test]
    fn nothing_measured_is_no_figure() {
        let rows = rows(&[], &[Load::Busy]);
        assert!(rows.iter().all(|row| row.weft.is_none() && row.ratio.is_none()));
        let mut session = sample(Side::Weft, 0, &[]);
        session.cpu_seconds = None;
        session.costs.shown.clear();
        let rows = super::rows(&[session], &[Load::Quiet]);
        for measure in [
            "last key to suggestion, p99",
            "CPU seconds for 100 keys of the script",
            "… that came from a cache",
        ] {
            assert_eq!(row(&rows, measure).weft, None, "{measure}");
        }
    }

    #[test]
    fn waits_are_sorted_and_silence_does_not_count_as_one() {
        let sessions = [sample(Side::Weft, 0, &[0.9, 0.1, 20.0])];
        assert_eq!(waits(&sessions, Load::Quiet, Side::Weft), (vec![0.1, 0.9], 4));
        assert_eq!(waits(&sessions, Load::Quiet, Side::LlamaVim), (Vec::new(), 0));
    }
}
