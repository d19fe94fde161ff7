//! Formats for models whose file has no chat template. Must not be used where there is one.

/// ChatML, as OpenAI published it and Qwen's models use it, with nothing added.
pub(super) const CHATML: &str = "{%- for message in messages %}\
     {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}\
     {%- endfor %}\
     {{- '<|im_start|>assistant\\n' }}";

/// Headings, as instruction data sets such as Alpaca's have them.
pub(super) const PLAIN: &str = "{%- for message in messages %}\
     {{- '### ' + (message['role'] | capitalize) + ':\\n' + message['content'] + '\\n\\n' }}\
     {%- endfor %}\
     {{- '### Assistant:\\n' }}";

/// A base model goes on with the next heading.
pub(super) const PLAIN_STOPS: [&str; 2] = ["\n### User:", "\n### System:"];
