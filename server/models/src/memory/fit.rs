//! What of a model the memory can hold: as it is asked for, else reduced step by step in an order that is always the same, else not at
//! all. It must not look at the machine.

use std::fmt;

use super::{KvType, MemoryNeed, Shape};

/// The contexts that are asked for, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// For completions.
    pub completion_tokens: u64,
    /// For conversations.
    pub chat_tokens: u64,
}

/// The memory that there is, in bytes; `None` where the machine does not say, or has none of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryOf {
    /// The machine's own.
    pub ram: Option<u64>,
    /// The graphics card's, if this build can compute there.
    pub gpu: Option<u64>,
}

/// Less context than this is of no use: it is not reduced further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastContext;

impl LeastContext {
    /// Tokens for completions.
    pub const COMPLETION: u64 = 1024;
    /// Tokens for conversations.
    pub const CHAT: u64 = 2048;
}

/// How a model fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Tokens of context for completions.
    pub completion_tokens: u64,
    /// Tokens of context for conversations.
    pub chat_tokens: u64,
    /// How the KV cache is kept.
    pub kv: KvType,
    /// Layers on the graphics card; the output counts as one, so all of them are [`Shape::layers`] + 1. 0 without a card.
    pub gpu_layers: u64,
    /// The memory that it takes so.
    pub need: MemoryNeed,
    /// How much of that is the graphics card's, in bytes.
    pub gpu_bytes: u64,
    /// What was reduced, in the order in which it was; empty where it fits as asked for.
    pub reduced: Vec<Reduction>,
}

/// One step down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// Less context for conversations.
    ChatContext {
        /// Tokens asked for.
        from: u64,
        /// Tokens now.
        to: u64,
    },
    /// Less context for completions.
    CompletionContext {
        /// Tokens asked for.
        from: u64,
        /// Tokens now.
        to: u64,
    },
    /// The KV cache in eight bits.
    Kv,
    /// Layers on the processor.
    Layers {
        /// Layers on the graphics card.
        gpu: u64,
        /// All of them.
        all: u64,
    },
}

impl fmt::Display for Reduction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reduction::ChatContext { from, to } => {
                write!(formatter, "chats have {to} tokens of context, not {from}")
            }
            Reduction::CompletionContext { from, to } => {
                write!(formatter, "completions have {to} tokens of context, not {from}")
            }
            Reduction::Kv => write!(formatter, "the KV cache is kept in eight bits"),
            Reduction::Layers { gpu: 0, .. } => {
                write!(formatter, "the processor computes, not the graphics card")
            }
            Reduction::Layers { gpu, all } => {
                write!(
                    formatter,
                    "{gpu} of {all} layers are on the graphics card, the others on the processor"
                )
            }
        }
    }
}

/// It does not fit, however much is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// Bytes that it needs at least.
    pub needed: u64,
    /// Bytes that there are.
    pub available: u64,
}

/// Fits a model into memory. The order of reduction: the context of chats (halved down to [`LeastContext::CHAT`]), that of completions
/// (down to [`LeastContext::COMPLETION`]), the KV cache in eight bits with as much context as then fits, and, with a graphics card, layers on the
/// processor.
///
/// # Errors
/// When it does not fit with all of that.
pub fn fit(shape: &Shape, wanted: Wanted, memory: MemoryOf) -> Result<Fit, TooLarge> {
    let trained = shape.trained_tokens.unwrap_or(u64::MAX);
    let wanted = Wanted {
        completion_tokens: wanted.completion_tokens.min(trained),
        chat_tokens: wanted.chat_tokens.min(trained),
    };
    let all = shape.layers.saturating_add(1);
    let limit = memory.gpu.or(memory.ram);
    let steps = [KvType::F16, KvType::Q8]
        .into_iter()
        .flat_map(|kv| contexts(wanted).into_iter().map(move |it| (it, kv)));
    let mut last = None;
    for (contexts, kv) in steps {
        let need = shape.need(contexts.completion_tokens.saturating_add(contexts.chat_tokens), 2, kv);
        let on_gpu = memory.gpu.is_some();
        let fit = Fit {
            completion_tokens: contexts.completion_tokens,
            chat_tokens: contexts.chat_tokens,
            kv,
            gpu_layers: if on_gpu { all } else { 0 },
            need,
            gpu_bytes: if on_gpu { need.total_bytes() } else { 0 },
            reduced: reductions(wanted, contexts, kv),
        };
        if limit.is_none_or(|limit| need.total_bytes() <= limit) {
            return Ok(fit);
        }
        last = Some(fit);
    }
    // Nothing but layers is left to reduce.
    let Some(mut least) = last else { return Err(TooLarge { needed: 0, available: 0 }) };
    let needed = least.need.total_bytes();
    if let Some(gpu) = memory.gpu {
        let each = least.need.weights_bytes.saturating_add(least.need.kv_cache_bytes) / all.max(1);
        let room = gpu.saturating_sub(least.need.compute_bytes);
        let layers = room.checked_div(each).unwrap_or(0).min(shape.layers);
        if layers == 0 {
            // Nothing need be reduced for a card that is of no use.
            let mut fit = fit(shape, wanted, MemoryOf { gpu: None, ..memory })?;
            fit.reduced.push(Reduction::Layers { gpu: 0, all });
            return Ok(fit);
        }
        let on_gpu = each.saturating_mul(layers);
        if memory.ram.is_none_or(|ram| needed.saturating_sub(on_gpu) <= ram) {
            least.gpu_layers = layers;
            least.gpu_bytes = on_gpu.saturating_add(least.need.compute_bytes);
            least.reduced.push(Reduction::Layers { gpu: layers, all });
            return Ok(least);
        }
    }
    let available = [memory.ram, memory.gpu].into_iter().flatten().fold(0, u64::saturating_add);
    Err(TooLarge { needed, available })
}

/// The contexts to try, from those asked for to the least.
fn contexts(wanted: Wanted) -> Vec<Wanted> {
    let mut tried = vec![wanted];
    let mut now = wanted;
    loop {
        // What was asked for may be less than what is reduced to.
        if now.chat_tokens > LeastContext::CHAT {
            now.chat_tokens = (now.chat_tokens / 2).max(LeastContext::CHAT);
        } else if now.completion_tokens > LeastContext::COMPLETION {
            now.completion_tokens = (now.completion_tokens / 2).max(LeastContext::COMPLETION);
        } else {
            return tried;
        }
        tried.push(now);
    }
}

fn reductions(wanted: Wanted, now: Wanted, kv: KvType) -> Vec<Reduction> {
    let mut reduced = Vec::new();
    if now.chat_tokens < wanted.chat_tokens {
        reduced.push(Reduction::ChatContext { from: wanted.chat_tokens, to: now.chat_tokens });
    }
    if now.completion_tokens < wanted.completion_tokens {
        reduced
            .push(Reduction::CompletionContext { from: wanted.completion_tokens, to: now.completion_tokens });
    }
    if kv == KvType::Q8 {
        reduced.push(Reduction::Kv);
    }
    reduced
}
