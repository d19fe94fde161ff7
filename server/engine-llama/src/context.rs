//! A llama.cpp context: batches in, logits out, sequences of the KV cache.
//!
//! The safe crate hides its pointers, and what Weft needs is behind them: the abort callback, to cancel within
//! a decode step. So the context is made on the -sys crate here. Nothing outside this file calls llama.cpp's C functions on a context.

use crate::LoadOptions;
use engine::CancellationToken;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Tokens evaluated in one call, and so the most work between two looks at the cancellation flag where a
/// device does not honour the abort callback (GPUs do not).
pub(crate) const BATCH_TOKENS: u32 = 128;

/// Why a batch was not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The abort callback said stop. The batch's tokens must be taken out of the cache.
    Aborted,
    /// llama.cpp's return code; 1 means that the KV cache has no room.
    Code(i32),
}

/// A context and the model that it reads. The context is freed before the model.
pub(crate) struct Context {
    raw: NonNull<sys::llama_context>,
    batch: Batch,
    // Boxed: llama.cpp keeps its address.
    abort: Box<Abort>,
    vocab_size: usize,
    _model: LlamaModel,
}

// SAFETY: a llama_context is not bound to the thread that made it; all access goes through `&mut self`.
unsafe impl Send for Context {}

#[derive(Default)]
struct Abort(Mutex<Option<CancellationToken>>);

impl Context {
    /// Makes a context, or says that llama.cpp refused (too little memory, as a rule).
    pub(crate) fn new(model: LlamaModel, options: &LoadOptions) -> Option<Self> {
        let abort = Box::<Abort>::default();
        // SAFETY: fills a plain struct.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = options.context_tokens.get();
        params.n_batch = BATCH_TOKENS;
        params.n_ubatch = BATCH_TOKENS;
        params.n_seq_max = 1;
        params.n_threads = options.threads.generate.cast_signed();
        params.n_threads_batch = options.threads.prompt.cast_signed();
        params.abort_callback = Some(should_abort);
        params.abort_callback_data = std::ptr::from_ref::<Abort>(&abort).cast_mut().cast::<c_void>();
        let vocab_size = usize::try_from(model.n_vocab()).ok()?;
        // SAFETY: the model lives as long as the context (it is a later field of the same struct), the abort
        // state is boxed and lives as long too.
        let raw = unsafe { sys::llama_init_from_model(raw_model(&model), params) };
        Some(Self { raw: NonNull::new(raw)?, batch: Batch::new(), abort, vocab_size, _model: model })
    }

    /// Evaluates `tokens` (at most [`BATCH_TOKENS`]) at positions from `start` of sequence 0. The logits of
    /// the last one can be read afterwards.
    pub(crate) fn decode(&mut self, tokens: &[LlamaToken], start: usize) -> Result<(), DecodeError> {
        self.batch.fill(tokens, start);
        crate::log::set_aborted(false);
        // SAFETY: the batch's arrays hold `n_tokens` entries.
        match unsafe { sys::llama_decode(self.raw.as_ptr(), self.batch.raw) } {
            0 => Ok(()),
            2 => Err(DecodeError::Aborted),
            code => Err(DecodeError::Code(code)),
        }
    }

    /// The logits of the last token of the last batch, one a token of the vocabulary.
    pub(crate) fn logits(&self) -> &[f32] {
        // SAFETY: -1 is the last output; llama.cpp keeps the array until the next decode, which needs `&mut`.
        unsafe {
            let data = sys::llama_get_logits_ith(self.raw.as_ptr(), -1);
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data, self.vocab_size) }
        }
    }

    /// Takes everything from position `from` out of sequence 0. False when the model's memory cannot forget
    /// a part (recurrent models): then the whole must be cleared.
    pub(crate) fn forget_from(&mut self, from: usize) -> bool {
        let Ok(from) = i32::try_from(from) else { return false };
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_seq_rm(sys::llama_get_memory(self.raw.as_ptr()), 0, from, -1) }
    }

    /// Empties the KV cache.
    pub(crate) fn clear(&mut self) {
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_memory_clear(sys::llama_get_memory(self.raw.as_ptr()), false) };
    }

    /// Tokens that the context holds.
    pub(crate) fn capacity(&self) -> usize {
        // SAFETY: plain call on a live context.
        unsafe { sys::llama_n_ctx(self.raw.as_ptr()) as usize }
    }

    /// The token whose cancellation stops a running decode.
    pub(crate) fn abort_on(&self, cancel: Option<CancellationToken>) {
        *self.abort.0.lock().unwrap_or_else(PoisonError::into_inner) = cancel;
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
    let cancel = abort.0.lock().unwrap_or_else(PoisonError::into_inner);
    let cancelled = cancel.as_ref().is_some_and(CancellationToken::is_cancelled);
    if cancelled {
        crate::log::set_aborted(true);
    }
    cancelled
}

/// The C model behind the safe one.
fn raw_model(model: &LlamaModel) -> *mut sys::llama_model {
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

    fn fill(&mut self, tokens: &[LlamaToken], start: usize) {
        let count = tokens.len().min(BATCH_TOKENS as usize);
        for (index, token) in tokens.iter().take(count).enumerate() {
            // A context has less than 2^31 positions.
            let position = i32::try_from(start + index).unwrap_or(i32::MAX);
            // SAFETY: `index` is below BATCH_TOKENS, the size of every array.
            unsafe {
                *self.raw.token.add(index) = token.0;
                *self.raw.pos.add(index) = position;
                *self.raw.n_seq_id.add(index) = 1;
                **self.raw.seq_id.add(index) = 0;
                *self.raw.logits.add(index) = i8::from(index + 1 == count);
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
