//! A llama.cpp context: batches in, logits out, sequences of the KV cache.
//!
//! The safe crate hides its pointers, and what Weft needs is behind them: the abort callback, to cancel within
//! a decode step. So the context is made on the -sys crate here. Nothing outside this file calls llama.cpp's C functions on a context,
//! but for `embed`, whose contexts have other outputs.

use crate::KvPrecision;
use crate::slots::SLOTS;
use crate::waiting::Waiting;
use engine::{CancellationToken, Priority};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use std::ffi::c_void;
use std::num::NonZeroU32;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Tokens evaluated in one call, and so the most work between two looks at the cancellation flag where a
/// device does not honour the abort callback (GPUs do not).
pub(crate) const BATCH_TOKENS: u32 = 64;

/// Why a batch was not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The abort callback said stop: the work is not wanted any more. The batch's tokens must be taken out of the cache.
    Aborted,
    /// The abort callback said stop, because the batch took longer than it was given.
    TooSlow,
    /// llama.cpp's return code; 1 means that the KV cache has no room.
    Code(i32),
}

/// For which tokens of a batch logits are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// The last one.
    Last,
    /// All of them; each costs a pass over the whole vocabulary.
    All,
}

/// A sequence of a context's KV cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence(i32);

impl Sequence {
    /// The one of a slot's head.
    pub(crate) fn head(slot: usize) -> Self {
        Self(i32::try_from(slot * 2).unwrap_or(0))
    }

    /// The one of a slot's tail.
    pub(crate) fn tail(slot: usize) -> Self {
        Self(i32::try_from(slot * 2 + 1).unwrap_or(1))
    }
}

/// A context and the model that it reads, which other contexts may read too. The context is freed before the model.
pub(crate) struct Context {
    raw: NonNull<sys::llama_context>,
    batch: Batch,
    // Boxed: llama.cpp keeps its address.
    abort: Box<Abort>,
    vocab_size: usize,
    /// The index in the batch of the token whose logits are read; -1 for the last one that has some.
    output: i32,
    model: Arc<LlamaModel>,
}

// SAFETY: a llama_context is not bound to the thread that made it; all access goes through `&mut self`.
unsafe impl Send for Context {}

/// When a running decode is to stop.
#[derive(Clone, Default)]
pub(crate) struct StopWhen {
    /// The work is not wanted any more.
    pub(crate) cancelled: Option<CancellationToken>,
    /// Somebody waits who comes before work of this priority.
    pub(crate) waited_for: Option<(Arc<Waiting>, Priority)>,
}

impl StopWhen {
    /// Whether it is to stop now.
    pub(crate) fn is_now(&self) -> bool {
        self.cancelled.as_ref().is_some_and(CancellationToken::is_cancelled)
            || self.waited_for.as_ref().is_some_and(|(waiting, priority)| waiting.before(*priority))
    }
}

#[derive(Default)]
struct Abort(Mutex<(StopWhen, Option<Instant>)>);

impl Context {
    /// Makes a context of so many tokens, or says that llama.cpp refused (too little memory, as a rule).
    pub(crate) fn new(model: Arc<LlamaModel>, tokens: NonZeroU32, kv: KvPrecision) -> Option<Self> {
        let abort = Box::<Abort>::default();
        // SAFETY: fills a plain struct.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = tokens.get();
        params.n_batch = BATCH_TOKENS;
        params.n_ubatch = BATCH_TOKENS;
        // A head and a tail for each slot, all in one buffer, so that they can share cells.
        params.n_seq_max = u32::try_from(SLOTS * 2).unwrap_or(u32::MAX);
        params.kv_unified = true;
        if kv == KvPrecision::Eight {
            params.type_k = sys::GGML_TYPE_Q8_0;
            params.type_v = sys::GGML_TYPE_Q8_0;
        }
        params.abort_callback = Some(should_abort);
        params.abort_callback_data = std::ptr::from_ref::<Abort>(&abort).cast_mut().cast::<c_void>();
        let vocab_size = usize::try_from(model.n_vocab()).ok()?;
        // SAFETY: the model lives as long as the context (it is a later field of the same struct), the abort
        // state is boxed and lives as long too.
        let raw = unsafe { sys::llama_init_from_model(raw_model(&model), params) };
        Some(Self { raw: NonNull::new(raw)?, batch: Batch::new(), abort, vocab_size, output: -1, model })
    }

    /// The model, for a further context.
    pub(crate) fn model(&self) -> Arc<LlamaModel> {
        self.model.clone()
    }

    /// Evaluates `tokens` (at most [`BATCH_TOKENS`]) at positions from `start` of a sequence. The logits of
    /// the last one can be read afterwards, or those of all. With a deadline it gives up when that has passed.
    pub(crate) fn decode(
        &mut self,
        tokens: &[LlamaToken],
        sequence: Sequence,
        start: usize,
        outputs: Outputs,
        deadline: Option<Instant>,
    ) -> Result<(), DecodeError> {
        self.batch.fill(tokens, sequence, start, outputs);
        self.output = -1;
        self.abort.0.lock().unwrap_or_else(PoisonError::into_inner).1 = deadline;
        crate::log::set_aborted(false);
        // SAFETY: the batch's arrays hold `n_tokens` entries.
        let code = unsafe { sys::llama_decode(self.raw.as_ptr(), self.batch.raw) };
        let (stop, deadline) =
            std::mem::take(&mut *self.abort.0.lock().unwrap_or_else(PoisonError::into_inner));
        let wanted = !stop.is_now();
        self.stop_when(stop);
        match code {
            0 => Ok(()),
            2 if wanted && deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                Err(DecodeError::TooSlow)
            }
            2 => Err(DecodeError::Aborted),
            code => Err(DecodeError::Code(code)),
        }
    }

    /// Sets the threads that the next batches are computed with.
    pub(crate) fn set_threads(&mut self, threads: u32) {
        let threads = threads.max(1).cast_signed();
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_set_n_threads(self.raw.as_ptr(), threads, threads) };
    }

    /// Which of the last batch's tokens [`Self::logits`] speaks of, where they were computed for all; the last one until this
    /// is called.
    pub(crate) fn read_output(&mut self, index: usize) {
        self.output = i32::try_from(index).unwrap_or(-1);
    }

    /// The logits of a token of the last batch, one a token of the vocabulary.
    pub(crate) fn logits(&self) -> &[f32] {
        // SAFETY: -1 is the last output, and for an index without one llama.cpp gives null; it keeps the array until the next
        // decode, which needs `&mut`.
        unsafe {
            let data = sys::llama_get_logits_ith(self.raw.as_ptr(), self.output);
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data, self.vocab_size) }
        }
    }

    /// Takes everything from position `from` out of a sequence. False when the model's memory cannot forget
    /// a part (recurrent models): then the whole must be cleared.
    pub(crate) fn forget_from(&mut self, sequence: Sequence, from: usize) -> bool {
        let Ok(from) = i32::try_from(from) else { return false };
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_seq_rm(self.memory(), sequence.0, from, -1) }
    }

    /// Takes everything before position `end` out of a sequence.
    pub(crate) fn forget_before(&mut self, sequence: Sequence, end: usize) -> bool {
        let Ok(end) = i32::try_from(end) else { return false };
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_seq_rm(self.memory(), sequence.0, 0, end) }
    }

    /// Makes the cells of some positions of one sequence cells of another one too. Copies nothing.
    pub(crate) fn share(&mut self, from: Sequence, to: Sequence, positions: &Range<usize>) {
        let position = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
        let (start, end) = (position(positions.start), position(positions.end));
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_seq_cp(self.memory(), from.0, to.0, start, end) };
    }

    /// Moves the cells of a sequence from position `from` on to position `to`. No cell may be another sequence's too.
    pub(crate) fn shift(&mut self, sequence: Sequence, from: usize, to: usize) {
        let (Ok(from), Ok(to)) = (i32::try_from(from), i32::try_from(to)) else { return };
        if from != to {
            // SAFETY: plain call on a live context.
            unsafe { sys::llama_memory_seq_add(self.memory(), sequence.0, from, -1, to - from) };
        }
    }

    /// Whether what was evaluated can be moved to other positions, and shared. Recurrent models have one state for all.
    pub(crate) fn can_move(&self) -> bool {
        // SAFETY: plain calls on a live context and its model.
        unsafe {
            let model = sys::llama_get_model(self.raw.as_ptr());
            let one_state = sys::llama_model_is_recurrent(model) || sys::llama_model_is_hybrid(model);
            !one_state && sys::llama_memory_can_shift(self.memory())
        }
    }

    /// Empties the KV cache.
    pub(crate) fn clear(&mut self) {
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_clear(self.memory(), false) };
    }

    /// Tokens of the vocabulary.
    pub(crate) fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Tokens that the context holds.
    pub(crate) fn capacity(&self) -> usize {
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_n_ctx(self.raw.as_ptr()) as usize }
    }

    /// When the decodes from now on are to stop before their end.
    pub(crate) fn stop_when(&self, stop: StopWhen) {
        *self.abort.0.lock().unwrap_or_else(PoisonError::into_inner) = (stop, None);
    }

    fn memory(&self) -> sys::llama_memory_t {
        // SAFETY: plain call on a live context; the memory lives as long as the context.
        unsafe { sys::llama_get_memory(self.raw.as_ptr()) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made in `new`, freed once.
        unsafe { sys::llama_free(self.raw.as_ptr()) };
    }
}

/// Called by llama.cpp's CPU backend between the nodes of a graph.
extern "C" fn should_abort(data: *mut c_void) -> bool {
    // SAFETY: `data` is the `Abort` that the context owns.
    let abort = unsafe { &*data.cast::<Abort>() };
    let held = abort.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (stop, deadline) = &*held;
    let stop = stop.is_now() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    if stop {
        crate::log::set_aborted(true);
    }
    stop
}

/// The C model behind the safe one.
pub(crate) fn raw_model(model: &LlamaModel) -> *mut sys::llama_model {
    // The safe type is one pointer and nothing else (the version is pinned, the size is checked here), so the
    // pointer is all of its bytes.
    const { assert!(size_of::<LlamaModel>() == size_of::<*mut sys::llama_model>()) };
    // SAFETY: see above; the pointer is only read.
    unsafe { *std::ptr::from_ref(model).cast::<*mut sys::llama_model>() }
}

struct Batch {
    raw: sys::llama_batch,
}

impl Batch {
    fn new() -> Self {
        // SAFETY: allocates arrays of BATCH_TOKENS entries with room for one sequence id each.
        Self { raw: unsafe { sys::llama_batch_init(BATCH_TOKENS.cast_signed(), 0, 1) } }
    }

    fn fill(&mut self, tokens: &[LlamaToken], sequence: Sequence, start: usize, outputs: Outputs) {
        let count = tokens.len().min(BATCH_TOKENS as usize);
        for (index, token) in tokens.iter().take(count).enumerate() {
            // A context has less than 2^31 positions.
            let position = i32::try_from(start + index).unwrap_or(i32::MAX);
            // SAFETY: `index` is below BATCH_TOKENS, the size of every array.
            unsafe {
                *self.raw.token.add(index) = token.0;
                *self.raw.pos.add(index) = position;
                *self.raw.n_seq_id.add(index) = 1;
                **self.raw.seq_id.add(index) = sequence.0;
                *self.raw.logits.add(index) = i8::from(outputs == Outputs::All || index + 1 == count);
            }
        }
        self.raw.n_tokens = i32::try_from(count).unwrap_or(0);
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // SAFETY: made by llama_batch_init, freed once.
        unsafe { sys::llama_batch_free(self.raw) };
    }
}
