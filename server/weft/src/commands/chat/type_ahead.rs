//! While an answer comes, keys wait for the next question: they are not echoed into the answer, and Ctrl-D among them still ends the
//! conversation. It must not take Ctrl-C away, which stops the answer.
//!
//! It is kept from the first line to the last, under the line editor's own settings: a terminal that reads by lines, even for the moment
//! between an answer and the next line, makes a zero byte of Ctrl-D, which the line editor does not know.

/// The terminal's settings until this is dropped.
#[derive(Debug)]
pub(super) struct TypeAhead {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl TypeAhead {
    /// Keys are kept as they are, without an echo. Where stdin is no terminal, nothing changes.
    #[cfg(unix)]
    pub(super) fn keep() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(mut settings) = before.clone() {
            // By lines, the terminal itself would take a Ctrl-D for the end of a line that nobody reads.
            settings.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
            _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &settings);
        }
        Self { before }
    }

    /// Windows' console does not echo what nobody reads.
    #[cfg(not(unix))]
    pub(super) fn keep() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for TypeAhead {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Not with a flush: what was typed is the beginning of the next question.
            _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}
