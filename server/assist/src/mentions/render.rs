//! Attachments as the block of text that stands before the user's question. It must not choose or cut anything.

use crate::mentions::attachment::Attachment;

/// Each attachment under a heading, in a fence that is longer than any run of its kind in the text, so that no content ends it.
/// Empty without attachments; otherwise it ends with a line end.
pub fn render(attachments: &[Attachment]) -> String {
    attachments.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// One attachment as [`render`] writes it.
pub(crate) fn one(attachment: &Attachment) -> String {
    let fence = "`".repeat(longest_run(&attachment.text).max(2) + 1);
    let language: String = attachment
        .language
        .chars()
        .filter(|one| one.is_ascii_alphanumeric() || "+-_#.".contains(*one))
        .collect();
    let cut = match attachment.cut.as_str() {
        "" => String::new(),
        cut => format!("Not shown: {}\n", line(cut)),
    };
    let end = if attachment.text.is_empty() || attachment.text.ends_with('\n') { "" } else { "\n" };
    format!("### {}\n{cut}{fence}{language}\n{}{end}{fence}\n", line(&attachment.title), attachment.text)
}

/// A file's name may hold anything, a heading only one line.
fn line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for one in text.chars() {
        run = if one == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
