//! A conversation as a Markdown file, for people. Must not lose or change what was said.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{MessageState, Role, Session, StoredMessage};

/// Writes a conversation as Markdown. Times are given in `zone`.
#[must_use]
pub fn to_markdown(session: &Session, messages: &[StoredMessage], zone: &TimeZone) -> String {
    let title = if session.title.is_empty() { "Conversation" } else { &session.title };
    let mut out = format!("# {title}\n\n{}", time(session.created, zone));
    if let Some(root) = &session.root {
        out.push_str(&format!(", in `{root}`"));
    }
    out.push('\n');
    for message in messages {
        let who = match message.role {
            Role::User => "You",
            Role::Assistant => "Weft",
        };
        out.push_str(&format!("\n## {who}\n\n"));
        if !message.thinking.is_empty() {
            out.push_str(&format!(
                "<details><summary>Thoughts</summary>\n\n{}\n\n</details>\n\n",
                message.thinking.trim()
            ));
        }
        out.push_str(message.text.trim_end());
        out.push('\n');
        for attachment in &message.attachments {
            let cut =
                if attachment.cut.is_empty() { String::new() } else { format!(" ({})", attachment.cut) };
            out.push_str(&format!("\n- `{}`: {}{cut}", attachment.mention, attachment.title));
        }
        if !message.attachments.is_empty() {
            out.push('\n');
        }
        let note = match (message.state, &message.failure) {
            (MessageState::Failed, Some(failure)) => format!("(failed: {failure})"),
            (MessageState::Failed, None) => "(failed)".to_owned(),
            (MessageState::Stopped, _) => "(stopped)".to_owned(),
            (MessageState::Streaming, _) => "(being written)".to_owned(),
            (MessageState::Done, _) => continue,
        };
        out.push_str(&format!("\n*{note}*\n"));
    }
    out
}

fn time(milliseconds: i64, zone: &TimeZone) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
