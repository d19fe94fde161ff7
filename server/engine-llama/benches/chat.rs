//! What a completion costs alone and during a chat, measured in turn on the same loaded model:
//! `cargo bench --profile dev -p engine-llama --bench chat -- MODEL.gguf [ROUNDS]`. It must not be used as a test: it measures time.
//!
//! Each round has two halves of twelve keystrokes with the pauses of somebody who types, one half alone and one while a chat
//! writes; which comes first changes. A request is what a keystroke in the middle of a file of some 600 tokens sends.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use engine::{CancellationToken, Event, EventStream, GenerateRequest, Guidance, Priority, Sampler, Segment};
use engine_llama::{LlamaEngine, LoadOptions, Threads};
use futures::StreamExt;
use futures::executor::block_on;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

const KEYS: usize = 12;
const PAUSE: Duration = Duration::from_millis(300);
const TYPED: &str = "    smallest = min(measured_values)\n    largest = max(measured_values)\n    span = largest - smallest\n    \
    average = sum(measured_values) / len(measured_values)\n    deviations = [value - average for value in measured_values]\n";

fn main() {
    // Cargo adds a `--bench` of its own.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(path) = arguments.next() else {
        println!("usage: cargo bench --profile dev -p engine-llama --bench chat -- MODEL.gguf [ROUNDS]");
        return;
    };
    let rounds: usize = arguments.next().map_or(6, |rounds| rounds.parse().unwrap());
    let tokens = |count| NonZeroU32::new(count).unwrap();
    let options = LoadOptions {
        path: path.into(),
        name: "measured".into(),
        context_tokens: tokens(4096),
        chat_context_tokens: tokens(8192),
        keep_chat: Duration::from_secs(900),
        threads: Threads::Adaptive,
        drafts: true,
        most_gpu_layers: None,
        settle_after: Duration::from_secs(5),
    };
    let engine = LlamaEngine::load(&options, |_| {}).unwrap();
    println!("loaded: {}", resident());
    // The prompts are evaluated once before anything is measured.
    complete(&engine, 0);
    println!("after a completion: {}", resident());
    let mut talk = begin_chat(&engine);
    println!("with a chat: {}", resident());
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (mut chat_tokens, mut chat_time) = (0, Duration::ZERO);
    for round in 0..rounds {
        for half in 0..2 {
            let during = (round + half) % 2 == 0;
            if during && talk.is_none() {
                talk = begin_chat(&engine);
            } else if !during {
                talk = None;
            }
            let begun = Instant::now();
            for key in 0..KEYS {
                std::thread::sleep(PAUSE);
                let at = (round * KEYS + key) * 2 % TYPED.len();
                let took = complete(&engine, at);
                if during { beside.push(took) } else { alone.push(took) }
            }
            if let Some(talk) = &mut talk {
                chat_time += begun.elapsed();
                chat_tokens += heard(talk);
            }
        }
    }
    let [alone, beside] = [alone, beside].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times
    });
    let at = |times: &[f64], part: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let index = ((times.len() - 1) as f64 * part).round() as usize;
        times[index]
    };
    for (name, part) in [("p50", 0.5), ("p90", 0.9)] {
        let (alone, beside) = (at(&alone, part), at(&beside, part));
        println!("{name}: alone {alone:.0} ms, during a chat {beside:.0} ms, ratio {:.2}", beside / alone);
    }
    println!("the chat beside it: {:.1} tokens/s", f64::from(chat_tokens) / chat_time.as_secs_f64());
}

/// Milliseconds that one completion takes, with `at` bytes typed.
fn complete(engine: &LlamaEngine, at: usize) -> f64 {
    let begun = Instant::now();
    let segment = |text: String, special| Segment { text, special };
    let function = |name: usize| {
        format!(
            "def measure_{name}(instrument, count):\n    values = [instrument.read({name}) for _ in range(count)]\n    return values\n\n\n"
        )
    };
    let before: String = (0..12).map(function).collect();
    let after: String = (20..24).map(function).collect();
    let typed = format!("{before}def summary(measured_values):\n{}", &TYPED[..at]);
    let request = GenerateRequest {
        segments: vec![
            segment("<|fim_prefix|>".into(), true),
            segment(typed, false),
            segment("<|fim_suffix|>".into(), true),
            segment("\n".into(), false),
            segment(after, false),
            segment("<|fim_middle|>".into(), true),
        ],
        tail: Some(4),
        max_tokens: 12,
        ..request(Priority::Interactive)
    };
    let events: Vec<_> = block_on(engine.generate(request, &CancellationToken::new()).collect());
    assert!(matches!(events.last(), Some(Ok(Event::Finished(_)))), "{:?}", events.last());
    begun.elapsed().as_secs_f64() * 1000.0
}

/// A chat with a long answer, which has begun.
fn begin_chat(engine: &LlamaEngine) -> Option<EventStream> {
    let question = "Explain in great detail how a compiler works, with many examples, at least 3000 words.";
    let text = format!("<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n");
    let sampler =
        Sampler::Temperature { temperature: 0.7, top_p: 0.9, top_k: 40, repeat_penalty: 1.05, seed: Some(1) };
    let segments = vec![Segment { text, special: true }];
    let request = GenerateRequest { segments, sampler, max_tokens: 6000, ..request(Priority::Chat) };
    let mut events = engine.generate(request, &CancellationToken::new());
    while !matches!(block_on(events.next())?, Ok(Event::Token { .. })) {}
    Some(events)
}

/// Tokens that have come since the last look.
fn heard(talk: &mut EventStream) -> u32 {
    let mut tokens = 0;
    while let Some(Some(event)) = futures::FutureExt::now_or_never(talk.next()) {
        assert!(matches!(event, Ok(Event::Token { .. })), "the chat ended too early: {event:?}");
        tokens += 1;
    }
    tokens
}

fn request(priority: Priority) -> GenerateRequest {
    GenerateRequest {
        model: None,
        segments: Vec::new(),
        fill: None,
        messages: Vec::new(),
        begins_with: String::new(),
        guidance: Guidance::default(),
        max_tokens: 0,
        sampler: Sampler::Greedy,
        avoid: Vec::new(),
        grammar: None,
        stops: Vec::new(),
        tail: None,
        priority,
    }
}

/// The memory of this process, where the system says it in /proc.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}
