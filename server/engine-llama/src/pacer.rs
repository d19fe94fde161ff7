//! Decodes with as many threads as the machine has to spare: the policy of `threads`, with a clock and llama.cpp.
//! It must not know what the tokens are for.

use crate::Threads;
use crate::context::{Context, DecodeError, Outputs, Sequence};
use crate::load::Load;
use crate::threads::{Kind, Policy};
use llama_cpp_2::token::LlamaToken;
use std::time::Instant;

/// Sees to the threads of an engine's contexts, which compute in turn.
pub(crate) struct Pacer {
    policy: Policy,
    load: Option<Load>,
}

impl Pacer {
    pub(crate) fn new(threads: Threads) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let load = matches!(threads, Threads::Adaptive).then(Load::new);
        Self { policy: Policy::new(threads, cores), load }
    }

    /// See [`Context::decode`]; a batch that takes too long is begun again with fewer threads.
    pub(crate) fn decode(
        &mut self,
        context: &mut Context,
        tokens: &[LlamaToken],
        sequence: Sequence,
        start: usize,
        outputs: Outputs,
    ) -> Result<(), DecodeError> {
        let kind = Kind::of(tokens.len(), start);
        loop {
            if let Some(others) = self.load.as_mut().and_then(Load::others) {
                self.policy.others_use(others);
            }
            let begun = Instant::now();
            let threads = self.policy.threads(kind, begun);
            let deadline = self.policy.patience(kind, threads).map(|patience| begun + patience);
            context.set_threads(threads);
            match context.decode(tokens, sequence, start, outputs, deadline) {
                Err(DecodeError::TooSlow) => {
                    self.policy.too_slow(threads, Instant::now());
                    context.forget_from(sequence, start);
                    tracing::debug!(threads, "a batch took too long and is begun again with fewer threads");
                }
                Ok(()) => {
                    self.policy.took(kind, threads, begun.elapsed(), Instant::now());
                    return Ok(());
                }
                other => return other,
            }
        }
    }
}
