//! What went along with a question is handed out as it was sent, and nothing else is.

use assist::chat::store::{NewMessage, Store};
use assist::mentions::Attachment;
use engine::Script;
use serde_json::{Value, json};

use super::Client;
use crate::ChatFiles;

/// A client of a server with this file of conversations.
async fn client(database: &std::path::Path) -> Client {
    let chat = ChatFiles { store: Some(database.to_owned()), ..ChatFiles::default() };
    let mut client = Client::connect_with(chat, |_| Script::Text(String::new()));
    let id = client.request("initialize", json!({"capabilities": {}})).await;
    client.answer(id).await;
    client.notify("initialized", json!({})).await;
    client
}

async fn asked(client: &mut Client, params: Value) -> Value {
    let id = client.request("weft/chat/attachment", params).await;
    client.answer(id).await
}

#[tokio::test]
async fn an_attachment_is_what_was_sent_whatever_became_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cart.py");
    std::fs::write(&file, "SECRET = 'written after the question'\n").unwrap();
    let database = folder.path().join("data/chat.db");
    let store = Store::open(&database).unwrap();
    let cart = Attachment {
        mention: "@cart.py:3-9".into(),
        title: "cart.py, lines 3 to 9".into(),
        path: Some("src/cart.py".into()),
        file: Some(file.clone()),
        lines: Some(2..9),
        language: "python".into(),
        text: "class Cart:\n    ...\n".into(),
        cut: "2 of 6 functions".into(),
    };
    let terminal = Attachment {
        mention: "@terminal".into(),
        title: "the terminal".into(),
        path: None,
        file: None,
        lines: None,
        language: String::new(),
        text: "$ ls".into(),
        cut: String::new(),
    };
    let ask = |text: &str, attachments: &[Attachment]| NewMessage {
        text: text.into(),
        attachments: attachments.to_vec(),
    };
    let session = store.create_session(None).unwrap();
    let first = store.add_question(session, &ask("Why?", &[cart.clone(), terminal])).unwrap();
    let answer = store.begin_answer(session).unwrap();
    let other = store.create_session(None).unwrap();
    let plain = store.add_question(other, &ask("And this?", &[])).unwrap();

    let mut client = client(&database).await;
    let of = |session: i64, message: i64, index: usize| json!({"sessionId": session.to_string(), "messageId": message.to_string(), "index": index});
    let mut sent = asked(&mut client, of(session.0, first.0, 0)).await["result"].take();
    assert!(sent["uri"].take().as_str().unwrap().ends_with("/cart.py"));
    assert!(sent["tokens"].take().as_u64().unwrap() > 0);
    assert_eq!(
        sent,
        json!({
            "mention": "@cart.py:3-9", "title": "cart.py, lines 3 to 9", "uri": null, "lines": [2, 9], "tokens": null,
            "cut": "2 of 6 functions", "path": "src/cart.py", "language": "python", "text": "class Cart:\n    ...\n",
        })
    );
    let sent = asked(&mut client, of(session.0, first.0, 1)).await["result"].take();
    assert_eq!((&sent["text"], &sent["language"]), (&json!("$ ls"), &json!("")));
    assert!(sent.get("uri").is_none() && sent.get("path").is_none() && sent.get("lines").is_none(), "{sent}");

    // What is no part of what was sent in that session: each says why, and hands nothing out.
    for (params, why) in [
        (of(session.0, first.0, 2), "there are 2, counted from 0"),
        (of(session.0, answer.0, 0), "there are 0"),
        (of(other.0, plain.0, 0), "there are 0"),
        (of(other.0, first.0, 0), "there is no such message"),
        (of(session.0, 999, 0), "there is no such message"),
        (of(999, first.0, 0), "there is no such message"),
        (json!({"sessionId": "../x", "messageId": "1", "index": 0}), "`../x` is the id of no conversation"),
        (json!({"sessionId": "1", "messageId": file, "index": 0}), "is the id of no message"),
    ] {
        let refused = asked(&mut client, params.clone()).await;
        assert!(refused.get("result").is_none(), "{params}: {refused}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{params}: {message}");
    }

    store.replace_question(session, first, &ask("Why now?", &[])).unwrap();
    let refused = asked(&mut client, of(session.0, first.0, 0)).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("no such message"), "{refused}");
    store.delete_session(session).unwrap();
    let refused = asked(&mut client, of(session.0, first.0, 0)).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("no such message"), "{refused}");
}
