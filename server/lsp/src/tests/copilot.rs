//! Copilot's protocol over the pipe: what its clients rely on and the standard does not have.

use super::{Client, URI};
use engine::{EngineError, Script};
use serde_json::{Value, json};

impl Client {
    /// A client of Copilot's, which could count in UTF-8 and does not.
    async fn of_copilot(
        script: impl Fn(&engine::GenerateRequest) -> Script + Send + Sync + 'static,
    ) -> (Self, Value) {
        let mut client = Self::connect(script);
        let params = json!({
            "capabilities": {"general": {"positionEncodings": ["utf-8", "utf-16"]}},
            "initializationOptions": {
                "editorInfo": {"name": "Neovim", "version": "0.11.5"},
                "editorPluginInfo": {"name": "copilot.lua", "version": "1.507.0"},
            },
        });
        let id = client.request("initialize", params).await;
        let answer = client.answer(id).await["result"].take();
        client.notify("initialized", Value::Null).await;
        (client, answer)
    }

    async fn result(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params).await;
        let answer = self.answer(id).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    async fn feedback(&mut self) -> Value {
        self.result("weft/why", Value::Null).await["feedback"].take()
    }
}

fn doc(line: u32, character: u32) -> Value {
    json!({"doc": {"uri": URI, "version": 1, "position": {"line": line, "character": character}}, "_": true})
}

#[tokio::test]
async fn only_a_client_of_copilots_is_told_of_its_commands_and_counts_in_utf_16() {
    let (mut client, initialized) = Client::of_copilot(|_| Script::Text("1'".into())).await;
    let capabilities = &initialized["capabilities"];
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    let commands = capabilities["executeCommandProvider"]["commands"].as_array().unwrap();
    assert!(commands.contains(&json!("github.copilot.didAcceptCompletionItem")), "{commands:?}");
    // Its menu is for mentions: suggestions are ghost text.
    assert_eq!(capabilities["completionProvider"]["triggerCharacters"], json!(["@", "/"]));
    client.open("y = '😀").await;
    let id = client.complete(0, 7, 2).await;
    let item = client.answer(id).await["result"]["items"][0].take();
    assert_eq!(item["command"]["command"], "github.copilot.didAcceptCompletionItem", "{item}");

    let mut other = Client::start(&["utf-8"], |_| Script::Text("1".into())).await;
    other.open("x = ").await;
    let id = other.complete(0, 4, 2).await;
    assert!(other.answer(id).await["result"]["items"][0].get("command").is_none());
}

#[tokio::test]
async fn get_completions_replaces_the_line_up_to_the_cursor() {
    let (mut client, _) = Client::of_copilot(|_| Script::Text("1'".into())).await;
    client.open("x = 1\ny = '😀").await;
    let answer = client.result("getCompletions", doc(1, 7)).await;
    let found = &answer["completions"][0];
    assert_eq!((&found["text"], &found["displayText"]), (&json!("y = '😀1'"), &json!("1'")), "{found}");
    let range = json!({"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 7}});
    assert_eq!((&found["range"], &found["docVersion"]), (&range, &json!(1)));
    assert_eq!(found["position"], json!({"line": 1, "character": 7}));
}

#[tokio::test]
async fn a_document_may_come_with_the_request() {
    let (mut client, _) = Client::of_copilot(|_| Script::Text("1".into())).await;
    let mut params = doc(0, 4);
    params["doc"]["uri"] = json!("buffer:7");
    params["doc"]["languageId"] = json!("python");
    params["doc"]["source"] = json!("z = ");
    let answer = client.result("getCompletions", params.clone()).await;
    assert_eq!(answer["completions"][0]["text"], "z = 1");
    params["doc"]["source"].take();
    assert_eq!(client.result("getCompletions", params).await, json!({"completions": []}));
}

#[tokio::test]
async fn what_becomes_of_suggestions_is_counted() {
    let (mut client, _) = Client::of_copilot(|_| Script::Text("one + two".into())).await;
    client.open("x = ").await;
    let id = client.complete(0, 4, 2).await;
    let item = client.answer(id).await["result"]["items"][0].take();
    client.notify("textDocument/didShowCompletion", json!({"item": item})).await;
    let part = json!({"item": {"command": item["command"]}, "acceptedLength": 3});
    client.notify("textDocument/didPartiallyAcceptCompletion", part).await;
    let command = json!({"command": item["command"]["command"], "arguments": item["command"]["arguments"]});
    assert_eq!(client.result("workspace/executeCommand", command).await, json!(true));
    let expected = json!({"offered": 1, "shown": 1, "rejected": 0, "partlyAccepted": 1, "accepted": 1});
    assert_eq!(client.feedback().await, expected);

    let found = client.result("getCompletions", doc(0, 4)).await["completions"][0].take();
    assert_eq!(client.result("notifyShown", json!({"uuid": found["uuid"]})).await, "OK");
    client.result("notifyAccepted", json!({"uuid": found["uuid"], "acceptedLength": 7})).await;
    client.result("notifyAccepted", json!({"uuid": found["uuid"], "acceptedLength": 13})).await;
    client.result("notifyRejected", json!({"uuids": [found["uuid"], "unknown"]})).await;
    let expected = json!({"offered": 2, "shown": 2, "rejected": 0, "partlyAccepted": 2, "accepted": 2});
    assert_eq!(client.feedback().await, expected);
}

#[tokio::test]
async fn the_local_model_is_signed_in_whatever_the_parameters_look_like() {
    let (mut client, _) = Client::of_copilot(|_| Script::Hang).await;
    for parameters in [Value::Null, json!({}), json!([]), json!({"dummy": "x"}), json!([{"_": true}])] {
        let status = client.result("checkStatus", parameters.clone()).await;
        assert_eq!(status, json!({"status": "OK", "user": "the local model"}));
        assert_eq!(client.result("signInInitiate", parameters.clone()).await["status"], "AlreadySignedIn");
        assert_eq!(client.result("signIn", parameters).await["status"], "AlreadySignedIn");
    }
    assert_eq!(client.result("signOut", json!({})).await, json!({"status": "NotSignedIn"}));
    assert_eq!(client.result("getVersion", json!({})).await["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(client.result("textDocument/copilotInlineEdit", json!({})).await, json!({"edits": []}));
    let status = client.result("checkFileStatus", json!({"uri": URI})).await;
    assert_eq!(status, json!({"status": "included"}));
}

#[tokio::test]
async fn the_status_says_busy_and_what_is_wrong_and_only_what_is_new() {
    let (mut client, _) =
        Client::of_copilot(|_| Script::Fail(EngineError::Refused { reason: "there is no model".into() }))
            .await;
    client.open("x = ").await;
    for _ in 0..2 {
        let id = client.complete(0, 4, 2).await;
        client.answer(id).await;
    }
    let mut seen = Vec::new();
    for _ in 0..6 {
        let status = client.notification("didChangeStatus").await;
        seen.push((status["kind"].as_str().unwrap().to_owned(), status["busy"].as_bool().unwrap()));
        assert_eq!(
            status["message"].as_str().unwrap().contains("there is no model"),
            status["kind"] == "Error"
        );
    }
    let seen: Vec<(&str, bool)> = seen.iter().map(|(kind, busy)| (kind.as_str(), *busy)).collect();
    let first = [("Normal", false), ("Normal", true), ("Error", true), ("Error", false)];
    assert_eq!(seen, [&first[..], &[("Error", true), ("Error", false)]].concat());
    assert_eq!(client.notification("statusNotification").await, json!({"status": "Normal", "message": ""}));
    assert_eq!(client.notification("statusNotification").await["status"], "InProgress");
}

#[tokio::test]
async fn a_client_that_introduces_itself_late_is_told_the_status() {
    let mut client = Client::start(&[], |_| Script::Text("1".into())).await;
    let info = json!({"editorInfo": {"name": "vscode", "version": "4200"}});
    assert_eq!(client.result("setEditorInfo", info).await, "OK");
    let normal = json!({"busy": false, "kind": "Normal", "message": ""});
    assert_eq!(client.notification("didChangeStatus").await, normal);
    client.open("x = ").await;
    let id = client.complete(0, 4, 2).await;
    assert!(client.answer(id).await["result"]["items"][0]["command"].is_object());
}

#[tokio::test]
async fn a_panel_gets_each_suggestion_and_the_end() {
    let (mut client, _) = Client::of_copilot(|_| Script::Text("1".into())).await;
    client.open("x = ").await;
    let mut params = doc(0, 4);
    params["panelId"] = json!("panel-1");
    let count = client.result("getPanelCompletions", params).await["solutionCountTarget"].as_u64().unwrap();
    assert!(count >= 1);
    for _ in 0..count {
        let solution = client.notification("PanelSolution").await;
        assert_eq!((&solution["panelId"], &solution["completionText"]), (&json!("panel-1"), &json!("1")));
    }
    let done = client.notification("PanelSolutionsDone").await;
    assert_eq!(done, json!({"panelId": "panel-1", "status": "OK"}));
}

#[tokio::test]
async fn the_models_are_those_of_this_machine_and_one_can_be_chosen() {
    let (mut client, _) = Client::of_copilot(|_| Script::Text("1".into())).await;
    let models = client.result("copilot/models", json!({})).await;
    assert_eq!((&models[0]["id"], &models[0]["default"]), (&json!("qwen"), &json!(false)));
    for name in ["gpt-of-another", "qwen"] {
        let settings = json!({"github": {"copilot": {"selectedCompletionModel": name}}});
        client.notify("workspace/didChangeConfiguration", json!({"settings": settings})).await;
    }
    assert_eq!(client.result("copilot/models", json!({})).await[0]["default"], true);
    assert_eq!(client.result("checkStatus", json!({})).await["user"], "the local model qwen");
}
