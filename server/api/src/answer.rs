//! A model's answer as it comes: thoughts, text, tool calls, and how it ended.
//! It must not know a dialect.

use crate::generation::{Generation, Piece};
use crate::problem::Problem;
use crate::tool_calls::{Said, ToolSplitter};
use engine::FinishReason;
use futures::{Stream, stream};
use prompt::chat::{self, ThinkSplitter, ToolCall};
use std::collections::VecDeque;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Thinking(String),
    Text(String),
    Call(ToolCall),
    /// The last one.
    End(Ending),
}

/// How an answer ended, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ending {
    pub(crate) reason: Reason,
    pub(crate) usage: Usage,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Stop,
    Length,
    ToolCalls,
}

/// Tokens and milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: u32,
    pub(crate) cached_tokens: u32,
    pub(crate) answer_tokens: u32,
    pub(crate) load_ms: f64,
    pub(crate) prompt_ms: f64,
    pub(crate) generate_ms: f64,
    /// From the request to the last token.
    pub(crate) total_ms: f64,
}

/// An answer that is being written. Dropping it stops the engine.
pub(crate) struct Answer {
    generation: Generation,
    thoughts: Option<ThinkSplitter>,
    tools: Option<ToolSplitter>,
    /// What is known and not yet told.
    parts: VecDeque<Part>,
    called: bool,
    ended: bool,
}

/// An answer that is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Whole {
    pub(crate) thinking: String,
    pub(crate) text: String,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) ending: Ending,
}

impl Answer {
    /// A text in which nothing is looked for.
    pub(crate) fn text(generation: Generation) -> Self {
        Self { generation, thoughts: None, tools: None, parts: VecDeque::new(), called: false, ended: false }
    }

    /// One of a conversation.
    pub(crate) fn of_chat(
        generation: Generation,
        thoughts: ThinkSplitter,
        tools: Option<ToolSplitter>,
    ) -> Self {
        Self { thoughts: Some(thoughts), tools, ..Self::text(generation) }
    }

    /// What the prompt cost, before any of the answer.
    pub(crate) fn usage(&self) -> Usage {
        let prompt = &self.generation.prompt;
        Usage {
            prompt_tokens: prompt.tokens,
            cached_tokens: prompt.cached_tokens,
            load_ms: prompt.load_ms,
            prompt_ms: prompt.prompt_ms,
            ..Usage::default()
        }
    }

    /// The next piece; none after the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Part, Problem>> {
        loop {
            if let Some(part) = self.parts.pop_front() {
                return Some(Ok(part));
            }
            if self.ended {
                return None;
            }
            match self.generation.next().await {
                Ok(Piece::Text(text)) => self.take(&text),
                Ok(Piece::End(finish)) => {
                    self.ended = true;
                    self.flush();
                    let usage = Usage {
                        answer_tokens: finish.tokens,
                        generate_ms: finish.generate_ms,
                        total_ms: self.generation.elapsed().as_secs_f64() * 1000.0,
                        ..self.usage()
                    };
                    let reason = match finish.reason {
                        _ if self.called => Reason::ToolCalls,
                        FinishReason::Length => Reason::Length,
                        FinishReason::EndOfText | FinishReason::Stop => Reason::Stop,
                    };
                    self.parts.push_back(Part::End(Ending { reason, usage }));
                }
                Err(problem) => {
                    self.ended = true;
                    return Some(Err(problem));
                }
            }
        }
    }

    /// All pieces as a stream.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Part, Problem>> + Send {
        stream::unfold(self, |mut answer| async move { answer.next().await.map(|part| (part, answer)) })
    }

    /// Waits for all of it.
    pub(crate) async fn whole(mut self) -> Result<Whole, Problem> {
        let (mut thinking, mut text, mut calls) = (String::new(), String::new(), Vec::new());
        let mut ending = Ending { reason: Reason::Stop, usage: self.usage() };
        while let Some(part) = self.next().await {
            match part? {
                Part::Thinking(piece) => thinking.push_str(&piece),
                Part::Text(piece) => text.push_str(&piece),
                Part::Call(call) => calls.push(call),
                Part::End(end) => ending = end,
            }
        }
        Ok(Whole { thinking, text, calls, ending })
    }

    fn take(&mut self, text: &str) {
        match &mut self.thoughts {
            None => self.take_text(text.to_owned()),
            Some(thoughts) => {
                let parts = thoughts.push(text);
                self.take_parts(parts);
            }
        }
    }

    fn take_parts(&mut self, parts: Vec<chat::Part>) {
        for part in parts {
            match part {
                chat::Part::Thinking(text) => self.parts.push_back(Part::Thinking(text)),
                chat::Part::Text(text) => self.take_text(text),
            }
        }
    }

    fn take_text(&mut self, text: String) {
        match &mut self.tools {
            None => self.parts.push_back(Part::Text(text)),
            Some(tools) => {
                let said = tools.push(&text);
                self.take_said(said);
            }
        }
    }

    fn take_said(&mut self, said: Vec<Said>) {
        for said in said {
            self.parts.push_back(match said {
                Said::Text(text) => Part::Text(text),
                Said::Call(call) => {
                    self.called = true;
                    Part::Call(call)
                }
            });
        }
    }

    fn flush(&mut self) {
        if let Some(thoughts) = &mut self.thoughts {
            let parts = thoughts.finish();
            self.take_parts(parts);
        }
        if let Some(tools) = &mut self.tools {
            let said = tools.finish();
            self.take_said(said);
        }
    }
}
