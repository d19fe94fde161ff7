//! Conversations beside completions on the real 0.5B model; `support` says where it comes from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use engine::{
    CancellationToken, EngineError, Event, EventStream, FinishReason, GenerateRequest, Guidance, Priority,
    Sampler, Segment,
};
use engine_llama::{LlamaEngine, LoadOptions};
use futures::{FutureExt, StreamExt};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::{Outcome, options, run};

/// One engine for all tests, used by one test at a time.
fn engine() -> MutexGuard<'static, LlamaEngine> {
    static ENGINE: LazyLock<Mutex<LlamaEngine>> =
        LazyLock::new(|| Mutex::new(LlamaEngine::load(&options(), |_| {}).unwrap()));
    ENGINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tokens of the context for conversations.
const CHAT_TOKENS: u32 = 1024;

fn request(text: &str, priority: Priority) -> GenerateRequest {
    GenerateRequest {
        model: None,
        segments: vec![Segment { text: text.into(), special: true }],
        fill: None,
        messages: Vec::new(),
        begins_with: String::new(),
        guidance: Guidance::default(),
        max_tokens: 200,
        sampler: Sampler::Greedy,
        avoid: Vec::new(),
        grammar: None,
        stops: Vec::new(),
        tail: None,
        priority,
    }
}

fn turn(message: &str) -> String {
    format!("<|im_start|>user\n{message}<|im_end|>\n<|im_start|>assistant\n")
}

fn chat(message: &str) -> GenerateRequest {
    request(&turn(message), Priority::Chat)
}

/// The model can only copy the number, so the answer is the same on every machine.
fn completion(name: &str) -> GenerateRequest {
    let code = format!("{name}_48213 = compute()\nprint({name}_48213)\nsave({name}_");
    let text = format!("<|fim_prefix|>{code}<|fim_suffix|>)\n<|fim_middle|>");
    GenerateRequest { max_tokens: 5, ..request(&text, Priority::Interactive) }
}

const ANSWER: &str = "48213";

fn ask(engine: &LlamaEngine, request: GenerateRequest) -> Outcome {
    run(engine, request, &CancellationToken::new())
}

/// A request that is listened to now and then.
struct Heard {
    events: EventStream,
    outcome: Outcome,
}

impl Heard {
    fn new(engine: &LlamaEngine, request: GenerateRequest, cancel: &CancellationToken) -> Self {
        Self { events: engine.generate(request, cancel), outcome: Outcome::default() }
    }

    /// Waits for one more event. False at the end.
    fn next(&mut self) -> bool {
        let event = futures::executor::block_on(self.events.next());
        let is_some = event.is_some();
        event.into_iter().for_each(|event| self.outcome.add(event));
        is_some
    }

    /// Waits until so many tokens have come.
    fn tokens(&mut self, count: usize) {
        while self.outcome.logprobs.len() < count {
            assert!(self.next(), "it ended: {:?}", self.outcome);
        }
    }

    /// Hears what has come, and says whether it is still at work.
    fn goes_on(&mut self) -> bool {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            self.outcome.add(event);
        }
        self.outcome.finish.is_none() && self.outcome.error.is_none()
    }

    fn end(mut self) -> Outcome {
        while self.next() {}
        self.outcome
    }
}

const COUNT: &str = "Write the numbers from 1 to 40, separated by commas, and nothing else.";
const SPELL: &str = "Write the letters of the alphabet, separated by blanks, and nothing else.";

/// The beginning of an answer to [`COUNT`].
fn counts(answer: &Outcome) -> bool {
    answer.text.replace(' ', "").starts_with("1,2,3,4,")
}

/// A chat of which only the beginning is wanted.
fn short(message: &str) -> GenerateRequest {
    GenerateRequest { max_tokens: 12, ..chat(message) }
}

#[test]
fn completions_are_answered_in_the_middle_of_a_chat_and_nobodys_text_changes() {
    let engine = engine();
    let alone = ask(&engine, chat(COUNT));
    assert!(counts(&alone), "{alone:?}");
    assert_eq!(alone.reason, Some(FinishReason::EndOfText), "it ends with its <|im_end|>");
    let mut talk = Heard::new(&engine, chat(COUNT), &CancellationToken::new());
    for (at, name) in ["alpha", "beta", "gamma", "alpha"].into_iter().enumerate() {
        talk.tokens(3 + 4 * at);
        let typed = ask(&engine, completion(name));
        assert_eq!((typed.text.as_str(), typed.error), (ANSWER, None), "{name}");
        assert!(talk.goes_on(), "the completion did not wait for the chat");
    }
    let beside = talk.end();
    assert_eq!((beside.text.as_str(), beside.error), (alone.text.as_str(), None));
    let (alone, beside) = (alone.finish.unwrap(), beside.finish.unwrap());
    assert_eq!(alone.tokens, beside.tokens);
    assert!(alone.yielded_ms < beside.yielded_ms, "{alone:?} {beside:?}");
}

#[test]
fn a_prompt_makes_way_and_is_finished() {
    let engine = engine();
    let long = format!("{} How many apples are there? {COUNT}", "There is one apple. ".repeat(80));
    let warm = GenerateRequest { max_tokens: 0, ..chat(&long) };
    let mut talk = Heard::new(&engine, warm, &CancellationToken::new());
    for name in ["delta", "epsilon", "zeta"] {
        assert_eq!(ask(&engine, completion(name)).text, ANSWER);
    }
    assert!(talk.goes_on(), "the completions did not wait for the prompt");
    let warmed = talk.end();
    assert_eq!((warmed.reason, warmed.text.as_str()), (Some(FinishReason::Length), ""));
    assert!(warmed.prompt.cached_tokens < 20 && warmed.prompt.yielded_ms > 0.0, "{:?}", warmed.prompt);
    let answer = ask(&engine, GenerateRequest { max_tokens: 12, ..chat(&long) });
    assert_eq!(answer.prompt.cached_tokens + 1, answer.prompt.tokens, "{:?}", answer.prompt);
}

#[test]
fn the_next_turn_evaluates_only_the_new_message_and_completions_keep_theirs() {
    let engine = engine();
    ask(&engine, completion("theta"));
    let first = ask(&engine, chat("Write the numbers from 1 to 9, separated by commas."));
    assert_eq!(first.reason, Some(FinishReason::EndOfText), "{first:?}");
    let again = ask(&engine, completion("theta"));
    assert_eq!(again.prompt.cached_tokens + 1, again.prompt.tokens, "{:?}", again.prompt);
    let next = turn("And backwards?");
    let history = format!("{}{}", turn("Write the numbers from 1 to 9, separated by commas."), first.text);
    let second = ask(&engine, request(&format!("{history}<|im_end|>\n{next}"), Priority::Chat));
    let known = first.prompt.tokens + first.finish.unwrap().tokens;
    assert_eq!(second.prompt.cached_tokens, known, "{:?}", second.prompt);
    assert_eq!(second.prompt.tokens - known, 13, "the new message and what is around it");
    assert_eq!(second.error, None);
    // Asked once more from the beginning: nothing but the last token of the prompt, and the first answer again.
    let regenerated = ask(&engine, chat("Write the numbers from 1 to 9, separated by commas."));
    assert_eq!(regenerated.prompt.cached_tokens + 1, regenerated.prompt.tokens);
    assert_eq!(regenerated.text, first.text);
}

#[test]
fn a_cancelled_chat_ends_in_its_prompt_in_its_answer_and_in_the_queue() {
    let engine = engine();
    let long = "Every word of this is read before anything is said. ".repeat(60);
    let cancel = CancellationToken::new();
    let mut prompt = Heard::new(&engine, chat(&long), &cancel);
    cancel.cancel();
    assert!(prompt.next());
    assert_eq!(prompt.outcome.error, Some(EngineError::Cancelled));

    let [answering, queued] = [CancellationToken::new(), CancellationToken::new()];
    // So long an answer that a second one has no room beside it.
    let whole = |message: &str| GenerateRequest { max_tokens: CHAT_TOKENS - 100, ..chat(message) };
    let mut first = Heard::new(&engine, whole(COUNT), &answering);
    first.tokens(2);
    let second = Heard::new(&engine, whole(SPELL), &queued);
    queued.cancel();
    assert_eq!(second.end().error, Some(EngineError::Cancelled));
    assert!(first.goes_on(), "who waits behind it need not wait to be told");
    answering.cancel();
    assert_eq!(first.end().error, Some(EngineError::Cancelled));
    assert!(counts(&ask(&engine, short(COUNT))));
}

#[test]
fn two_chats_take_turns() {
    let engine = engine();
    let alone = [COUNT, SPELL].map(|message| ask(&engine, chat(message)).text);
    let mut first = Heard::new(&engine, chat(COUNT), &CancellationToken::new());
    first.tokens(2);
    let mut second = Heard::new(&engine, chat(SPELL), &CancellationToken::new());
    second.tokens(2);
    assert!(first.goes_on(), "the second did not wait for the first");
    let typed = ask(&engine, completion("kappa"));
    assert_eq!(typed.text, ANSWER);
    let [first, second] = [first.end(), second.end()];
    assert_eq!([first.text, second.text], alone);
}

#[test]
fn a_chat_that_has_no_room_beside_another_comes_after_it() {
    let engine = engine();
    let large = |message: &str| GenerateRequest { max_tokens: CHAT_TOKENS / 2, ..chat(message) };
    let mut first = Heard::new(&engine, large(COUNT), &CancellationToken::new());
    first.tokens(1);
    let mut second = Heard::new(&engine, large(SPELL), &CancellationToken::new());
    assert!(second.next());
    assert!(!first.goes_on(), "it was over when the second began");
    assert_eq!(first.outcome.error, None);
    assert_eq!(second.end().error, None);
}

#[test]
fn many_conversations_are_answered_though_not_all_can_be_kept() {
    let engine = engine();
    for number in 0..12 {
        let filler = format!("Item {number} is not needed here. ").repeat(12);
        let answer = ask(&engine, short(&format!("{filler} {COUNT}")));
        assert!(counts(&answer), "{number}: {answer:?}");
    }
}

#[test]
fn a_prompt_that_does_not_fit_is_refused_with_both_numbers() {
    let engine = engine();
    let answer = ask(&engine, chat(&"This is too long to be read. ".repeat(200)));
    let Some(EngineError::ContextOverflow { tokens, limit }) = answer.error else { panic!("{answer:?}") };
    assert!(tokens > limit && limit == CHAT_TOKENS - 200, "{tokens} of {limit}");
    let empty = ask(&engine, request("", Priority::Chat));
    assert!(matches!(empty.error, Some(EngineError::Refused { .. })), "{empty:?}");
}

#[test]
fn a_seed_gives_the_same_answer_again() {
    let engine = engine();
    let tale = |seed: Option<u64>| {
        let sampler =
            Sampler::Temperature { temperature: 1.0, top_p: 0.95, top_k: 40, repeat_penalty: 1.05, seed };
        let request = GenerateRequest { sampler, max_tokens: 24, ..chat("Tell me a short story of a fox.") };
        ask(&engine, request)
    };
    // From then on all but the last token of the prompt is in the cache.
    tale(Some(1));
    let [first, second, other] = [7, 7, 8].map(|seed| tale(Some(seed)));
    assert_eq!((&first.text, first.logprobs.len()), (&second.text, 24));
    assert_ne!(first.text, other.text);
    assert_ne!(tale(None).text, tale(None).text);
    let nonsense =
        Sampler::Temperature { temperature: 1.0, top_p: 0.0, top_k: 0, repeat_penalty: 1.0, seed: None };
    let refused = ask(&engine, GenerateRequest { sampler: nonsense, ..chat(COUNT) });
    assert_eq!(refused.prompt.tokens, 0, "before any work");
    assert!(matches!(refused.error, Some(EngineError::Refused { .. })), "{refused:?}");
}

#[test]
fn characters_come_whole_and_the_beginning_is_not_told_again() {
    let engine = engine();
    let line = "größe \u{1f980}\u{1f9a6} 人件費 48213";
    let message = format!("Repeat this line exactly, and nothing else:\n{line}");
    let whole = ask(&engine, chat(&message));
    assert!(whole.text.contains(line), "{whole:?}");
    let begun = GenerateRequest { begins_with: "größe \u{1f980}".into(), ..chat(&message) };
    let rest = ask(&engine, begun);
    assert!(rest.text.starts_with("\u{1f9a6} 人件費 48213"), "{rest:?}");
}

#[test]
fn beside_a_chat_prompts_are_evaluated_ahead_and_answers_ahead_are_given_up() {
    let engine = engine();
    let mut talk = Heard::new(&engine, chat("Tell me a long story of a fox."), &CancellationToken::new());
    talk.tokens(1);
    let answer = GenerateRequest { priority: Priority::Ahead, ..completion("lambda") };
    assert_eq!(ask(&engine, answer).error, Some(EngineError::Cancelled));
    // More than one batch, so that it comes in pieces.
    let code = "value = compute(value)\n".repeat(30);
    let text = format!("<|fim_prefix|>{code}<|fim_suffix|>)\n<|fim_middle|>");
    let ahead = GenerateRequest { max_tokens: 0, ..request(&text, Priority::Ahead) };
    let warmed = ask(&engine, ahead);
    assert_eq!((warmed.reason, warmed.error), (Some(FinishReason::Length), None));
    assert!(talk.goes_on(), "it did not wait for the chat");
    let asked = ask(&engine, GenerateRequest { max_tokens: 1, ..request(&text, Priority::Interactive) });
    assert_eq!(asked.prompt.cached_tokens + 1, asked.prompt.tokens, "{:?}", asked.prompt);
    assert_eq!(talk.end().error, None);
}

#[test]
fn the_memory_is_given_back_after_a_while_without_a_chat() {
    let engine = LlamaEngine::load(&LoadOptions { keep_chat: Duration::ZERO, ..options() }, |_| {}).unwrap();
    let request = || GenerateRequest { max_tokens: 2, ..chat("Say yes.") };
    for _ in 0..2 {
        let answer = ask(&engine, request());
        assert_eq!((answer.prompt.cached_tokens, answer.error), (0, None));
    }
}

#[test]
fn what_is_at_work_ahead_makes_way_for_a_chat() {
    let engine = engine();
    let numbers = "<|fim_prefix|>numbers = [1, 2, 3, 4, 5, <|fim_suffix|>\n<|fim_middle|>";
    let endless = GenerateRequest { max_tokens: 800, ..request(numbers, Priority::Ahead) };
    let mut ahead = engine.generate(endless, &CancellationToken::new());
    while !matches!(futures::executor::block_on(ahead.next()), Some(Ok(Event::Token { .. }))) {}
    assert!(counts(&ask(&engine, short(COUNT))));
    let last = futures::executor::block_on(ahead.collect::<Vec<_>>()).pop();
    assert_eq!(last, Some(Err(EngineError::Cancelled)), "it was not finished before");
}

#[test]
fn an_answer_with_a_grammar_is_what_the_schema_describes() {
    let engine = engine();
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 12}, "mood": {"enum": ["merry", "grim"]}},
        "required": ["name", "mood"],
        "additionalProperties": false,
    });
    let samplers = [
        Sampler::Greedy,
        Sampler::Temperature { temperature: 2.0, top_p: 1.0, top_k: 0, repeat_penalty: 1.2, seed: Some(3) },
    ];
    for (priority, sampler) in
        [(Priority::Chat, samplers[0]), (Priority::Chat, samplers[1]), (Priority::Interactive, samplers[0])]
    {
        let question = turn("Tell me a story of a fox.");
        let grammar = Some(engine::Grammar::JsonSchema(schema.clone()));
        let answer = ask(&engine, GenerateRequest { grammar, sampler, ..request(&question, priority) });
        assert_eq!(
            (answer.reason, answer.error),
            (Some(engine::FinishReason::EndOfText), None),
            "{}",
            answer.text
        );
        let read: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert!(
            read["name"].is_string() && ["merry", "grim"].contains(&read["mood"].as_str().unwrap()),
            "{read}"
        );
    }
    let nonsense = Some(engine::Grammar::JsonSchema(serde_json::json!({"type": "nonsense"})));
    let refused = ask(&engine, GenerateRequest { grammar: nonsense, ..chat(COUNT) });
    assert!(matches!(refused.error, Some(EngineError::Refused { .. })), "{refused:?}");
}

#[test]
fn texts_of_one_meaning_have_vectors_of_one_direction() {
    let engine = engine();
    let embed = |texts: &[&str]| {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(engine.embed(texts))
    };
    let embedded = embed(&["A cat sleeps.", "A kitten is asleep.", "SELECT name FROM users;"]).unwrap();
    let near = |one: usize, other: usize| -> f32 {
        embedded.vectors[one].iter().zip(&embedded.vectors[other]).map(|(a, b)| a * b).sum()
    };
    assert!(
        (near(0, 0) - 1.0).abs() < 1e-4 && near(0, 1) > near(0, 2) + 0.1,
        "{} {}",
        near(0, 1),
        near(0, 2)
    );
    assert!(embedded.tokens > 10);
    // More than a batch, and the vector of a text does not hang on what came before it.
    let long = "A cat sleeps. ".repeat(40);
    let alone = embed(&[&long]).unwrap();
    let after = embed(&["SELECT name FROM users;", &long]).unwrap();
    assert_eq!(alone.vectors[0], after.vectors[1]);
    assert!(matches!(embed(&[""]), Err(EngineError::Refused { .. })));
    assert!(matches!(embed(&[&"cat ".repeat(3000)]), Err(EngineError::ContextOverflow { .. })));
}
