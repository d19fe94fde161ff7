//! What a conversation becomes, and what of it is left out. Must not need a model: a token is four bytes here.

use super::*;
use expect_test::expect;

fn measure(text: &str) -> usize {
    text.len().div_ceil(4)
}

fn turn(id: i64, question: &str, answer: &str) -> Turn {
    Turn { id, question: question.into(), answer: answer.into(), ..Turn::default() }
}

fn shown(messages: &[Message]) -> String {
    let line = |message: &Message| {
        let text = message.text.replace(SYSTEM, "SYSTEM");
        let thinking =
            message.thinking.as_deref().map(|it| format!(" (thoughts: {it:?})")).unwrap_or_default();
        format!("{:?}{thinking}: {text:?}\n", message.role)
    };
    messages.iter().map(line).collect()
}

#[test]
fn rules_stand_in_the_system_and_attachments_before_the_question() {
    let rule = Rule {
        path: "AGENTS.md".into(),
        why: "applies".into(),
        text: "Be kind.\n".into(),
        cut: "much".into(),
    };
    let mut first = turn(1, "What is this?", "A cart.");
    first.context = "```python cart.py\nclass Cart: ...\n```\n".into();
    first.thinking = "Hm.".into();
    let conversation = Conversation {
        about: "The workspace is shop.".into(),
        rules: vec![rule],
        turns: vec![first, turn(3, "No answer to this", ""), turn(5, "And now?", "")],
        compaction: Compaction::default(),
    };
    let built = build(&conversation, Room { context_tokens: 4096, answer_tokens: 1024 }, &measure).unwrap();
    expect![[r#"
        System: "SYSTEM\n\nThe workspace is shop.\n\nRules of the user, from AGENTS.md:\nBe kind."
        User: "```python cart.py\nclass Cart: ...\n```\n\nWhat is this?"
        Assistant (thoughts: "Hm."): "A cart."
        User: "No answer to this\n\nAnd now?"
    "#]]
    .assert_eq(&shown(&built.messages));
    expect![[r#"Header { rules: [AppliedRule { path: "AGENTS.md", why: "applies", cut: "much" }], messages_left_out: 0, attachments_left_out: 0, notices: [] }"#]].assert_eq(&format!("{:?}", built.header));
    assert_eq!(built.header.compacted(), None);
}

#[test]
fn there_must_be_a_question_that_fits() {
    let room = Room { context_tokens: 512, answer_tokens: 256 };
    assert_eq!(build(&Conversation::default(), room, &measure), Err(PromptError::NoQuestion));
    let turns = vec![turn(1, "First?", "One."), turn(2, &"long ".repeat(400), "")];
    let error = build(&Conversation { turns, ..Conversation::default() }, room, &measure).unwrap_err();
    expect!["the question with what is attached has about 610 tokens, and there is room for 256. Mention less, such as a part of a file (@file:10-40), or shorten the rules"].assert_eq(&error.to_string());
}

/// A conversation of twelve turns, each built as it comes.
#[test]
fn a_prompt_only_grows_until_it_overflows_and_then_has_room_again() {
    let room = Room { context_tokens: 1400, answer_tokens: 400 };
    let mut conversation = Conversation::default();
    let mut before: Vec<Message> = Vec::new();
    let mut out = String::new();
    for id in 1..=12 {
        let context = if id % 3 == 1 { "code ".repeat(100) } else { String::new() };
        conversation.turns.push(Turn { id, question: format!("Question {id}?"), context, ..Turn::default() });
        let built = build(&conversation, room, &measure).unwrap();
        let tokens = total(&built.messages, &measure);
        assert!(tokens <= room.prompt_tokens(), "{tokens}");
        assert!(built.messages.last().unwrap().text.ends_with(&format!("Question {id}?")));
        let grows = built.messages.starts_with(&before);
        out.push_str(&format!("{id}: {tokens} tokens, grows {grows}, {:?}\n", built.header.compacted()));
        assert!(grows || tokens <= room.prompt_tokens() * 7 / 10, "room again: {tokens}");
        before = built.messages;
        conversation.compaction = built.compaction;
        conversation.turns.last_mut().unwrap().answer = "An answer of some length. ".repeat(20);
        before.push(Message::assistant(conversation.turns.last().unwrap().answer.clone()));
    }
    expect![[r#"
        1: 226 tokens, grows true, None
        2: 375 tokens, grows true, None
        3: 524 tokens, grows true, None
        4: 798 tokens, grows true, None
        5: 947 tokens, grows true, None
        6: 570 tokens, grows false, Some("4 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        7: 844 tokens, grows true, Some("4 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        8: 993 tokens, grows true, Some("4 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        9: 570 tokens, grows false, Some("10 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        10: 845 tokens, grows true, Some("10 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        11: 994 tokens, grows true, Some("10 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
        12: 570 tokens, grows false, Some("16 earlier messages and 1 earlier question's attachments left out to fit into the model's context")
    "#]].assert_eq(&out);
}

#[test]
fn an_edit_takes_back_what_was_left_out_with_the_turns() {
    let compaction = Compaction { turns_through: Some(2), attachments_through: Some(3) };
    let turns = vec![turn(1, "a", "b"), turn(2, "c", "d"), turn(5, "e", "")];
    let room = Room { context_tokens: 4096, answer_tokens: 1024 };
    let conversation = Conversation { turns, compaction: compaction.clone(), ..Conversation::default() };
    let built = build(&conversation, room, &measure).unwrap();
    assert_eq!(built.compaction, compaction);
    expect![[r#"
        System: "SYSTEM\n\nThe beginning of the conversation is left out."
        User: "e"
        4 earlier messages left out to fit into the model's context"#]]
    .assert_eq(&(shown(&built.messages) + &built.header.compacted().unwrap()));
    let edited = Conversation { turns: vec![turn(7, "new", "")], ..conversation };
    assert_eq!(build(&edited, room, &measure).unwrap().compaction, Compaction::default());
}
