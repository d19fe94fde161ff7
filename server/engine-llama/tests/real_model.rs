//! The engine on the real 0.5B model: cache, cancellation, alternatives, log-probabilities.
//!
//! `support` says where the model comes from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use engine::{
    CancellationToken, EngineError, Event, FinishReason, GenerateRequest, Priority, Sampler, Segment,
};
use engine_llama::{DraftSource, LlamaEngine, LoadOptions};
use futures::StreamExt;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::{Outcome, options, run};

/// One engine for all tests, used by one test at a time: each looks at the KV cache that it left itself.
fn engine() -> MutexGuard<'static, LlamaEngine> {
    static ENGINE: LazyLock<Mutex<LlamaEngine>> =
        LazyLock::new(|| Mutex::new(LlamaEngine::load(&options(), |_| {}).unwrap()));
    ENGINE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn segments(prefix: &str, suffix: &str) -> Vec<Segment> {
    let special = |text: &str| Segment { text: text.into(), special: true };
    let code = |text: &str| Segment { text: text.into(), special: false };
    vec![
        special("<|fim_prefix|>"),
        code(prefix),
        special("<|fim_suffix|>"),
        code(suffix),
        special("<|fim_middle|>"),
    ]
}

fn request(prefix: &str, suffix: &str) -> GenerateRequest {
    GenerateRequest {
        model: None,
        segments: segments(prefix, suffix),
        fill: None,
        messages: Vec::new(),
        begins_with: String::new(),
        guidance: engine::Guidance::default(),
        // As long as the answer: what the model says after it differs from machine to machine.
        max_tokens: 5,
        sampler: Sampler::Greedy,
        avoid: Vec::new(),
        grammar: None,
        stops: Vec::new(),
        tail: None,
        priority: Priority::Interactive,
    }
}

/// The model can only copy the number, so the answer is the same on every machine.
const PREFIX: &str = "secret_total_48213 = compute()\nprint(secret_total_48213)\nsave(secret_total_";
const SUFFIX: &str = ")\nprint('done')\n";
const ANSWER: &str = "48213";

#[test]
fn every_token_has_a_log_probability_and_every_segment_its_count() {
    let engine = engine();
    let outcome = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.reason), (ANSWER, Some(FinishReason::Length)));
    assert_eq!(outcome.logprobs.len(), 5, "Qwen2.5 has one token a digit");
    assert!(
        outcome.logprobs.iter().all(|&logprob| logprob < 0.0 && logprob > -2.0),
        "{:?}",
        outcome.logprobs
    );
    assert_eq!(outcome.prompt.segment_tokens.iter().sum::<u32>(), outcome.prompt.tokens);
}

#[test]
fn the_cache_keeps_the_longest_common_prefix_and_the_answer_does_not_change() {
    let engine = engine();
    // No other test asks with this before it: what they have in the cache does not help.
    let prefix = format!("# the longest common prefix\n{PREFIX}");
    let cold = run(&engine, request(&prefix, SUFFIX), &CancellationToken::new());
    let warm = run(&engine, request(&prefix, SUFFIX), &CancellationToken::new());
    assert!(cold.prompt.cached_tokens <= 2, "{:?}", cold.prompt);
    assert_eq!(warm.prompt.cached_tokens, warm.prompt.tokens - 1);
    assert_eq!(cold.text, warm.text);
    let edited = run(&engine, request(&prefix, ")\nprint('over')\n"), &CancellationToken::new());
    assert!(edited.prompt.cached_tokens > 20, "{:?}", edited.prompt);
    assert_eq!(edited.text, ANSWER);
}

#[test]
fn alternatives_begin_with_other_tokens_and_cost_no_prompt() {
    let engine = engine();
    let prefix = "colors = [\"red\", \"";
    let mut texts: Vec<String> = Vec::new();
    for _ in 0..3 {
        let request = GenerateRequest { avoid: texts.clone(), max_tokens: 4, ..request(prefix, "\n") };
        let outcome = run(&engine, request, &CancellationToken::new());
        assert!(texts.is_empty() || outcome.prompt.cached_tokens + 1 == outcome.prompt.tokens);
        texts.push(outcome.text);
    }
    let mut distinct = texts.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{texts:?}");
}

#[test]
fn cancelling_stops_the_prompt_in_the_middle_and_the_next_answer_is_right() {
    let engine = engine();
    let long = "value = compute(value)\n".repeat(120);
    let cancel = CancellationToken::new();
    let mut events = engine.generate(request(&long, ""), &cancel);
    cancel.cancel();
    assert_eq!(futures::executor::block_on(events.next()), Some(Err(EngineError::Cancelled)));
    let outcome = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!(outcome.text, ANSWER);
}

#[test]
fn dropping_the_stream_stops_the_work_after_the_token_at_hand() {
    let engine = engine();
    let endless = GenerateRequest { max_tokens: 800, ..request("numbers = [1, 2, 3, 4, 5, ", "\n") };
    let mut events = engine.generate(endless, &CancellationToken::new());
    while !matches!(futures::executor::block_on(events.next()), Some(Ok(Event::Token { .. }))) {}
    drop(events);
    // 800 tokens would take half a minute; the queue is free at once.
    let outcome = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!(outcome.text, ANSWER);
    assert!(outcome.prompt.queue_ms < 5_000.0, "{:?}", outcome.prompt);
}

#[test]
fn a_prompt_that_does_not_fit_is_refused_with_both_numbers() {
    let engine = engine();
    let long = "value = compute(value)\n".repeat(300);
    let outcome = run(&engine, request(&long, ""), &CancellationToken::new());
    let Some(EngineError::ContextOverflow { tokens, limit }) = outcome.error else { panic!("{outcome:?}") };
    assert!(tokens > limit && limit == 1_024 - 5, "{tokens} of {limit}");
}

#[test]
fn stop_texts_and_the_token_limit_end_a_completion() {
    let engine = engine();
    let stopped = GenerateRequest { stops: vec!["82".into()], ..request(PREFIX, SUFFIX) };
    let outcome = run(&engine, stopped, &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.reason), ("4", Some(FinishReason::Stop)));
    let short = GenerateRequest { max_tokens: 2, ..request(PREFIX, SUFFIX) };
    let outcome = run(&engine, short, &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.reason), ("48", Some(FinishReason::Length)));
}

#[test]
fn the_infill_sampler_ends_where_the_end_is_likely() {
    let engine = engine();
    let infill = GenerateRequest { sampler: Sampler::Infill, max_tokens: 24, ..request(PREFIX, SUFFIX) };
    let outcome = run(&engine, infill, &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.reason), (ANSWER, Some(FinishReason::EndOfText)));
}

/// The same number as in [`PREFIX`], cut `at` bytes before the end of the prefix.
fn healed(at: usize) -> GenerateRequest {
    let (prefix, begins_with) = PREFIX.split_at(PREFIX.len() - at);
    GenerateRequest { begins_with: begins_with.to_owned(), ..request(prefix, SUFFIX) }
}

#[test]
fn the_answer_begins_as_it_must_and_the_events_have_only_what_follows() {
    let engine = engine();
    // From the last word to the whole line with the line end before it.
    for at in [7, 12, 13, 14, 18, 19] {
        let outcome = run(&engine, healed(at), &CancellationToken::new());
        assert_eq!((outcome.text.as_str(), outcome.reason), (ANSWER, Some(FinishReason::Length)), "{at}");
        assert_eq!(outcome.logprobs.len(), 5, "the tokens of the beginning are not told: {outcome:?}");
        assert!(outcome.logprobs.iter().all(|&logprob| logprob <= 0.0 && logprob > -2.0), "{outcome:?}");
    }
}

#[test]
fn a_word_that_was_begun_is_finished_by_a_token_for_the_whole() {
    let engine = engine();
    let prefix = "def format_exception(error):\n    return str(error)\n\n\nmessage =";
    // (what is there, what comes): as plain text the tokens of each beginning differ from those of the whole.
    for (begins_with, expected) in [
        (" form", "at_exception"),
        (" format_exc", "eption"),
        (" format_excep", "tion"),
        (" format_exceptio", "n"),
    ] {
        let request = GenerateRequest {
            begins_with: begins_with.to_owned(),
            ..request(prefix, "(error)\nprint(message)\n")
        };
        let outcome = run(&engine, request, &CancellationToken::new());
        assert!(outcome.text.starts_with(expected), "{begins_with:?}: {outcome:?}");
    }
}

#[test]
fn any_beginning_is_written_to_the_byte() {
    let engine = engine();
    // Half characters, joined characters, several scripts. The number can only be copied where the beginning has been written.
    for begins_with in ["zqxjkv_", "\u{1f980}\u{1f9a6}", "größe_é", "人件費", "\u{1f468}\u{200d}\u{1f33e}"]
    {
        let line = format!("save(\"{begins_with}48213\")\n");
        let begun = request(&format!("{line}{line}{line}save(\""), "\")\n");
        let begun = GenerateRequest { begins_with: begins_with.to_owned(), ..begun };
        let outcome = run(&engine, begun, &CancellationToken::new());
        assert_eq!((outcome.text.as_str(), outcome.error), (ANSWER, None), "{begins_with:?}");
    }
}

#[test]
fn a_long_beginning_is_evaluated_as_it_stands() {
    let engine = engine();
    // More tokens than are chosen one by one, and the prompt alone says nothing of the number.
    let begins_with = PREFIX.to_owned();
    let request = GenerateRequest { begins_with, ..request("", SUFFIX) };
    let outcome = run(&engine, request, &CancellationToken::new());
    assert_eq!(outcome.text, ANSWER);
}

#[test]
fn the_cache_agrees_after_a_beginning() {
    let engine = engine();
    let first = run(&engine, healed(4), &CancellationToken::new());
    // Typing on in the word leaves the prompt as it is: nothing is evaluated again but its last token.
    let (prefix, _) = PREFIX.split_at(PREFIX.len() - 4);
    let typed = GenerateRequest { begins_with: "tal_482".to_owned(), ..request(prefix, SUFFIX) };
    let second = run(&engine, GenerateRequest { max_tokens: 2, ..typed }, &CancellationToken::new());
    assert_eq!((first.text.as_str(), second.text.as_str()), (ANSWER, "13"));
    assert_eq!(second.prompt.cached_tokens + 1, second.prompt.tokens);
    let plain = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!(plain.text, ANSWER);
}

#[test]
fn alternatives_differ_after_the_beginning() {
    let engine = engine();
    // In the first, tokens hold the beginning and more; in the second it is a token of its own.
    for (prefix, begins_with) in [("import os\nimport", " s"), ("colors = [\"red\",", " \"")] {
        let mut texts: Vec<String> = Vec::new();
        for _ in 0..3 {
            let request = GenerateRequest {
                begins_with: begins_with.to_owned(),
                avoid: texts.clone(),
                max_tokens: 3,
                ..request(prefix, "\n")
            };
            texts.push(run(&engine, request, &CancellationToken::new()).text);
        }
        let mut distinct = texts.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 3, "{begins_with:?} {texts:?}");
    }
}

#[test]
fn a_file_that_is_no_model_and_one_that_is_not_there_are_told_apart() {
    let load = |path: &str| {
        let options = LoadOptions { path: path.into(), name: "broken".into(), ..options() };
        LlamaEngine::load(&options, |_| {}).map(|_| ()).unwrap_err()
    };
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(matches!(load(manifest), EngineError::ModelUnusable { .. }));
    assert!(matches!(load("/no/such/file.gguf"), EngineError::ModelMissing { .. }));
}

#[test]
fn where_names_are_expected_the_likeliest_of_them_is_taken() {
    let engine = engine();
    let before = "def total(prices, rate):\n    return table.";
    let guidance = |bonus: f32| {
        let names = ["add_row", "draw_border", "lookup_total"].map(str::to_owned).to_vec();
        let guide = engine::Guide { after: "table.".to_owned(), names, bonus };
        engine::Guidance { before: before.to_owned(), guides: vec![guide] }
    };
    let asked = |guidance: engine::Guidance, begins_with: &str| {
        let request =
            GenerateRequest { guidance, begins_with: begins_with.to_owned(), ..request(before, "\n") };
        run(&engine, request, &CancellationToken::new()).text
    };
    let free = asked(engine::Guidance::default(), "");
    assert_eq!(asked(guidance(0.0), ""), free, "no bonus changes nothing");
    assert!(!free.starts_with("add_row"), "{free:?}");
    let guided = asked(guidance(20.0), "");
    assert!(guided.starts_with("add_row"), "{guided:?}, unguided {free:?}");
    assert!(asked(guidance(20.0), "dr").starts_with("aw_"));
}

/// A request whose code after the cursor's line may be moved.
fn movable(prefix: &str, line: &str, tail: &str) -> GenerateRequest {
    let mut request = request(prefix, line);
    request.segments.insert(4, Segment { text: tail.into(), special: false });
    GenerateRequest { tail: Some(4), ..request }
}

const TAIL: &str = "print('done')\n\n\ndef unrelated(first, second):\n    return first * 2 + second\n";

fn tail_tokens(outcome: &Outcome) -> u32 {
    outcome.prompt.segment_tokens[4]
}

#[test]
fn what_follows_the_cursors_line_is_moved_and_not_evaluated_again() {
    let engine = engine();
    let ask = |prefix: &str, line: &str| run(&engine, movable(prefix, line, TAIL), &CancellationToken::new());
    let begun = ask("secret_total_48213 = compute()\nprint(", ")\n");
    assert_eq!(begun.prompt.moved_tokens, 0, "{:?}", begun.prompt);
    let tail = tail_tokens(&begun);
    assert!(tail > 15);
    // Each keystroke, an accepted line, a bracket that the editor closes, a deletion.
    for (prefix, line) in [
        ("secret_total_48213 = compute()\nprint(s", ")\n"),
        ("secret_total_48213 = compute()\nprint(secret_total_48213)\nsave", "\n"),
        (PREFIX, ")\n"),
        ("secret_total_48213 = compute()\nprint(secret_total_48213)\nsav", "\n"),
        (PREFIX, ")\n"),
    ] {
        let typed = ask(prefix, line);
        assert_eq!(typed.prompt.moved_tokens, tail, "{prefix:?}: {:?}", typed.prompt);
        let evaluated = typed.prompt.tokens - typed.prompt.cached_tokens;
        assert!(evaluated < 30, "{prefix:?}: {:?}", typed.prompt);
        if prefix == PREFIX {
            assert_eq!(typed.text, ANSWER);
        }
    }
    // The cursor goes down a line: what is left of the tail is kept.
    let down = format!("{PREFIX}48213)\nprint('done')\n\n");
    let rest = "def unrelated(first, second):\n    return first * 2 + second\n";
    let outcome = run(&engine, movable(&down, "\n", rest), &CancellationToken::new());
    assert_eq!(outcome.prompt.moved_tokens, tail_tokens(&outcome), "{:?}", outcome.prompt);
}

#[test]
fn a_tail_behind_other_code_is_evaluated_anew() {
    let engine = engine();
    run(&engine, movable(PREFIX, ")\n", TAIL), &CancellationToken::new());
    let other = format!("{}{PREFIX}", "value = 1\n".repeat(40));
    let outcome = run(&engine, movable(&other, ")\n", TAIL), &CancellationToken::new());
    assert_eq!((outcome.prompt.moved_tokens, outcome.text.as_str()), (0, ANSWER), "{:?}", outcome.prompt);
}

#[test]
fn an_answer_after_moves_and_settling_is_the_exact_one() {
    let options = LoadOptions { settle_after: Duration::ZERO, ..options() };
    let engine = LlamaEngine::load(&options, |_| {}).unwrap();
    let ask = |priority| {
        let request = GenerateRequest { priority, ..movable(PREFIX, ")\n", TAIL) };
        run(&engine, request, &CancellationToken::new())
    };
    let exact = ask(Priority::Interactive);
    run(&engine, movable("secret_total_48213 = compute()\n", "\n", TAIL), &CancellationToken::new());
    // What is computed ahead does not interrupt the settling, so one of the next finds it done.
    let settled = (0..100).map(|_| ask(Priority::Ahead)).find(|outcome| outcome.prompt.moved_tokens == 0);
    let settled = settled.expect("it never settles");
    assert_eq!((settled.text.as_str(), exact.text.as_str()), (ANSWER, ANSWER));
    let exact = exact.logprobs.iter().zip(&settled.logprobs);
    assert!(exact.clone().all(|(one, other)| (one - other).abs() < 0.05), "{:?}", exact.collect::<Vec<_>>());
}

#[test]
fn two_places_are_kept_side_by_side_until_the_room_is_needed() {
    let engine = engine();
    let place = |name: &str, lines: usize| {
        let prefix = format!("{}{PREFIX}", format!("{name} = compute({name})\n").repeat(lines));
        run(&engine, movable(&prefix, ")\n", TAIL), &CancellationToken::new())
    };
    let first = place("alpha", 30);
    let second = place("omega", 30);
    assert_eq!((first.prompt.cached_tokens < 20, second.prompt.cached_tokens < 20), (true, true));
    for name in ["alpha", "omega", "alpha"] {
        let again = place(name, 30);
        assert_eq!(again.prompt.cached_tokens + 1, again.prompt.tokens, "{name}: {:?}", again.prompt);
        assert_eq!((again.prompt.moved_tokens, again.text.as_str()), (0, ANSWER));
    }
    // Larger than what is left: the others make room, and nothing breaks.
    let large = place("large", 90);
    assert_eq!((large.text.as_str(), large.error.clone()), (ANSWER, None));
    assert_eq!(place("alpha", 30).text, ANSWER);
}

#[test]
fn what_is_computed_ahead_makes_way_and_leaves_the_cache_warm() {
    let engine = engine();
    let warm = GenerateRequest {
        max_tokens: 0,
        priority: Priority::Ahead,
        ..movable("warm = 1\nprint(warm)\n", "\n", TAIL)
    };
    let outcome = run(&engine, warm, &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.reason), ("", Some(FinishReason::Length)));
    let asked = run(&engine, movable("warm = 1\nprint(warm)\n", "\n", TAIL), &CancellationToken::new());
    assert_eq!(asked.prompt.cached_tokens + 1, asked.prompt.tokens, "{:?}", asked.prompt);

    let endless = GenerateRequest {
        max_tokens: 800,
        priority: Priority::Ahead,
        ..request("numbers = [1, 2, 3, 4, 5, ", "\n")
    };
    let mut ahead = engine.generate(endless, &CancellationToken::new());
    while !matches!(futures::executor::block_on(ahead.next()), Some(Ok(Event::Token { .. }))) {}
    let asked = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!((asked.text.as_str(), asked.error), (ANSWER, None));
    let mut last = None;
    while let Some(event) = futures::executor::block_on(ahead.next()) {
        last = Some(event);
    }
    assert_eq!(last, Some(Err(EngineError::Cancelled)), "it was not finished before");
}

#[test]
fn guesses_that_are_tried_together_change_nothing() {
    let field = |name: &str| {
        format!("        self.{name}_total = {name}_total\n        self.log(\"{name}\", {name}_total)\n")
    };
    let prefix = format!(
        "class Ledger:\n    def __init__(self):\n{}        self.tax",
        field("price") + &field("cost")
    );
    let request = || GenerateRequest { max_tokens: 24, ..request(&prefix, "\n") };
    let guessed = run(&engine(), request(), &CancellationToken::new());
    let plain = LlamaEngine::load(&LoadOptions { drafts: DraftSource::Off, ..options() }, |_| {}).unwrap();
    let plain = run(&plain, request(), &CancellationToken::new());
    let (finish, plain_finish) = (guessed.finish.unwrap(), plain.finish.unwrap());
    assert_eq!(guessed.text, plain.text);
    assert_eq!((finish.tokens, plain_finish.drafted_tokens), (plain_finish.tokens, 0));
    assert!(finish.accepted_tokens > 0, "{:?} {finish:?}", guessed.text);
    let furthest = guessed.logprobs.iter().zip(&plain.logprobs).map(|(one, other)| (one - other).abs());
    assert!(furthest.fold(0.0, f32::max) < 0.2, "{:?} {:?}", guessed.logprobs, plain.logprobs);
    // What was wrong is not in the cache: the same again has the same answer.
    assert_eq!(run(&engine(), request(), &CancellationToken::new()).text, plain.text);
}

#[test]
fn a_model_that_writes_drafts_changes_nothing_and_is_mostly_right() {
    // The model itself: whatever it is sure of is right.
    let drafts = DraftSource::Model(support::model_path());
    let drafted = LlamaEngine::load(&LoadOptions { drafts, ..options() }, |_| {}).unwrap();
    let plain = LlamaEngine::load(&LoadOptions { drafts: DraftSource::Off, ..options() }, |_| {}).unwrap();
    let begins = GenerateRequest { begins_with: "    ret".into(), ..request(PREFIX, SUFFIX) };
    for request in [request(PREFIX, SUFFIX), request("def mean(values):\n    total = ", "\n"), begins] {
        let [one, other] =
            [&drafted, &plain].map(|engine| run(engine, request.clone(), &CancellationToken::new()));
        assert_eq!((one.text, one.reason), (other.text, other.reason));
        let finish = one.finish.unwrap();
        assert!(finish.accepted_tokens > 0, "{finish:?}");
        assert!(finish.accepted_tokens * 10 >= finish.drafted_tokens * 7, "{finish:?}");
    }
}

#[test]
fn a_model_of_another_vocabulary_writes_no_drafts() {
    let other = support::model_path().with_file_name("SmolLM2-135M-Instruct.Q4_1.gguf");
    let options = LoadOptions { drafts: DraftSource::Model(other), ..options() };
    let engine = LlamaEngine::load(&options, |_| {}).unwrap();
    let outcome = run(&engine, request(PREFIX, SUFFIX), &CancellationToken::new());
    assert_eq!((outcome.text.as_str(), outcome.finish.unwrap().drafted_tokens), (ANSWER, 0));
}
