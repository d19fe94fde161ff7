//! What guesses of the next tokens gain: the same prompts from real code, with guesses and without, by turns.
//! It asserts no time: it prints ratios.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use engine::{CancellationToken, Event, Finish, GenerateRequest, Guidance, Priority, Sampler, Segment};
use engine_llama::{LlamaEngine, LoadOptions, Threads};
use futures::StreamExt;
use futures::executor::block_on;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes before and after each place that are in its prompt.
const BEFORE: usize = 2400;
const AFTER: usize = 800;
/// Lines between two places of a file.
const EVERY: usize = 37;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(model), Some(folder)) = (arguments.next(), arguments.next()) else {
        println!(
            "usage: cargo bench --profile dev -p engine-llama --bench drafts -- MODEL.gguf FOLDER [PLACES] [TOKENS]"
        );
        return;
    };
    let most: usize = arguments.next().map_or(40, |most| most.parse().unwrap());
    let tokens: u32 = arguments.next().map_or(48, |tokens| tokens.parse().unwrap());
    let load = |drafts| LlamaEngine::load(&options(Path::new(&model), drafts), |_| {}).unwrap();
    let (with, without) = (load(true), load(false));
    let mut places = places(Path::new(&folder));
    let step = (places.len() / most).max(1);
    places = places.into_iter().step_by(step).take(most).collect();
    let (mut ratios, mut same) = (Vec::new(), 0);
    let (mut drafted, mut accepted, mut generated, mut time) = (0, 0, 0, [0.0, 0.0]);
    for (number, (prefix, suffix)) in places.iter().enumerate() {
        let mut answers = [&with, &without].map(|_| None);
        // Who is first would have the colder processor each time.
        for turn in 0..2 {
            let which = (turn + number) % 2;
            let engine = [&with, &without][which];
            answers[which] = Some(answer(engine, prefix, suffix, tokens));
        }
        let [Some((text, guessed)), Some((plain, finish))] = answers else { unreachable!() };
        same += usize::from(text == plain);
        ratios.push(guessed.generate_ms / finish.generate_ms);
        drafted += guessed.drafted_tokens;
        accepted += guessed.accepted_tokens;
        generated += guessed.tokens;
        time[0] += guessed.generate_ms;
        time[1] += finish.generate_ms;
    }
    ratios.sort_by(f64::total_cmp);
    let at = |part: usize| ratios.get(ratios.len() * part / 100).copied().unwrap_or_default();
    println!("{} places, {generated} tokens; the same text {same} times", places.len());
    println!("guessed {drafted}, right {accepted}");
    println!(
        "time of generation with guesses / without: {:.2} in all; p10 {:.2}, p50 {:.2}, p90 {:.2}",
        time[0] / time[1],
        at(10),
        at(50),
        at(90)
    );
}

fn options(model: &Path, drafts: bool) -> LoadOptions {
    let tokens = NonZeroU32::new(4096).unwrap();
    LoadOptions {
        path: model.to_owned(),
        name: "measured".into(),
        context_tokens: tokens,
        chat_context_tokens: tokens,
        keep_chat: Duration::ZERO,
        threads: Threads::Adaptive,
        drafts,
        most_gpu_layers: None,
        settle_after: Duration::from_secs(600),
    }
}

/// The text of an answer and what it cost.
fn answer(engine: &LlamaEngine, prefix: &str, suffix: &str, tokens: u32) -> (String, Finish) {
    let segment = |text: &str, special| Segment { text: text.to_owned(), special };
    let request = GenerateRequest {
        fill: None,
        messages: Vec::new(),
        model: None,
        segments: vec![
            segment("<|fim_prefix|>", true),
            segment(prefix, false),
            segment("<|fim_suffix|>", true),
            segment(suffix, false),
            segment("<|fim_middle|>", true),
        ],
        begins_with: String::new(),
        guidance: Guidance::default(),
        max_tokens: tokens,
        sampler: Sampler::Greedy,
        avoid: Vec::new(),
        stops: Vec::new(),
        grammar: None,
        tail: None,
        priority: Priority::Interactive,
    };
    let events: Vec<_> = block_on(engine.generate(request, &CancellationToken::new()).collect());
    let mut text = String::new();
    for event in events {
        match event.unwrap() {
            Event::Token { text: more, .. } => text.push_str(&more),
            Event::Finished(finish) => return (text, finish),
            _ => {}
        }
    }
    panic!("the answer has no end")
}

/// Holes in the code of a folder: at the indentation of some lines, to the end of the line.
fn places(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut places = Vec::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let mut at = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let begin = at + line.len() - line.trim_start().len();
            at += line.len();
            if number % EVERY != EVERY - 1 || line.trim().len() < 12 {
                continue;
            }
            let end = at - 1;
            let from =
                (begin.saturating_sub(BEFORE)..begin).find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let to = (end + AFTER).min(text.len());
            let to = (to..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
            places.push((text[from..begin].to_owned(), text[end..to].to_owned()));
        }
    }
    places
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let code = path
            .extension()
            .is_some_and(|end| ["py", "rs", "ts", "go", "java"].iter().any(|code| end == *code));
        if path.is_dir() {
            collect(&path, files);
        } else if code {
            files.push(path);
        }
    }
}
