//! llama.cpp's log lines go to tracing. It must not change what they say.
//!
//! Own code because a cancelled decode is no failure, but llama.cpp logs it as several errors: those are let
//! out at the debug level only, so that the log keeps what matters. So is what no user can do anything about.

use llama_cpp_sys_2 as sys;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

static ABORTED: AtomicBool = AtomicBool::new(false);
/// llama.cpp writes some lines in pieces; what has no line end yet waits here.
static BEGUN: Mutex<String> = Mutex::new(String::new());

/// What llama.cpp warns of at each load of Qwen's models and mends by itself: a text of their vocabulary that looks like a control token.
const HARMLESS: &str = "control-looking token";

/// Says whether the decode at hand was told to stop.
pub(crate) fn set_aborted(aborted: bool) {
    ABORTED.store(aborted, Ordering::Relaxed);
}

/// Takes over the log of llama.cpp and of ggml.
pub(crate) fn to_tracing() {
    // SAFETY: the callback is a static function and takes no data.
    unsafe {
        sys::llama_log_set(Some(log), std::ptr::null_mut());
        sys::ggml_log_set(Some(log), std::ptr::null_mut());
    }
}

extern "C" fn log(level: sys::ggml_log_level, text: *const c_char, _data: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp hands over a zero-terminated string that lives for the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    begun.push_str(&text);
    if !begun.ends_with('\n') {
        return;
    }
    let line = std::mem::take(&mut *begun);
    drop(begun);
    let line = line.trim_end();
    match level {
        _ if ABORTED.load(Ordering::Relaxed) || line.contains(HARMLESS) => tracing::debug!("{line}"),
        sys::GGML_LOG_LEVEL_ERROR => tracing::error!("{line}"),
        sys::GGML_LOG_LEVEL_WARN => tracing::warn!("{line}"),
        sys::GGML_LOG_LEVEL_INFO => tracing::info!("{line}"),
        _ => tracing::debug!("{line}"),
    }
}
