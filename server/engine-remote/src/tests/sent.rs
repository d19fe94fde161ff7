//! What each provider is sent: the path, where the key is, the body.

use super::server::{Play, Server};
use super::*;
use expect_test::{Expect, expect};

async fn check(kind: Kind, request: GenerateRequest, key: (&str, &str), expected: Expect) {
    let server = Server::start([Play::status(401, "", "{}")]).await;
    // What is asked for decides, not how the model completes.
    hear(&model(options(kind, server.port), Completion::Native), request).await;
    let sent = server.sent().remove(0);
    assert_eq!(sent.header(key.0), Some(key.1), "{}", sent.head);
    assert_eq!(sent.head.matches(KEY).count(), 1, "{}", sent.head);
    assert!(!sent.path().contains(KEY) && !sent.body.to_string().contains(KEY));
    expected.assert_eq(&format!("{}\n{:#}\n", sent.path(), sent.body));
}

fn bearer() -> String {
    format!("Bearer {KEY}")
}

#[tokio::test]
async fn openai() {
    check(
        Kind::OpenAi,
        chat(),
        ("authorization", &bearer()),
        expect![[r#"
            /v1/chat/completions
            {
              "messages": [
                {
                  "role": "system",
                  "content": "Be brief."
                },
                {
                  "role": "user",
                  "content": "Hello?"
                }
              ],
              "max_tokens": 64,
              "model": "theirs",
              "stream": true,
              "stream_options": {
                "include_usage": true
              }
            }
        "#]],
    )
    .await;
    check(
        Kind::OpenAi,
        text(),
        ("authorization", &bearer()),
        expect![[r#"
            /v1/completions
            {
              "prompt": "<P>return <S>\n<M>",
              "max_tokens": 64,
              "model": "theirs",
              "stream": true,
              "stream_options": {
                "include_usage": true
              },
              "temperature": 0.0,
              "stop": [
                "<P>"
              ]
            }
        "#]],
    )
    .await;
    check(
        Kind::OpenAi,
        fill(),
        ("authorization", &bearer()),
        expect![[r##"
            /v1/completions
            {
              "prompt": "# tax.py\nRATE = 0.2\n\nreturn ",
              "suffix": "\n",
              "max_tokens": 64,
              "model": "theirs",
              "stream": true,
              "stream_options": {
                "include_usage": true
              },
              "temperature": 0.0
            }
        "##]],
    )
    .await;
}

#[tokio::test]
async fn azure() {
    check(
        Kind::Azure,
        chat(),
        ("api-key", KEY),
        expect![[r#"
            /openai/deployments/theirs/chat/completions?api-version=2024-10-21
            {
              "messages": [
                {
                  "role": "system",
                  "content": "Be brief."
                },
                {
                  "role": "user",
                  "content": "Hello?"
                }
              ],
              "max_completion_tokens": 64,
              "model": "theirs",
              "stream": true,
              "stream_options": {
                "include_usage": true
              }
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn anthropic() {
    check(
        Kind::Anthropic,
        chat(),
        ("x-api-key", KEY),
        expect![[r#"
            /v1/messages
            {
              "model": "theirs",
              "max_tokens": 64,
              "messages": [
                {
                  "role": "user",
                  "content": "Hello?"
                }
              ],
              "stream": true,
              "system": "Be brief."
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn gemini() {
    check(
        Kind::Gemini,
        chat(),
        ("x-goog-api-key", KEY),
        expect![[r#"
            /v1beta/models/theirs:streamGenerateContent?alt=sse
            {
              "contents": [
                {
                  "role": "user",
                  "parts": [
                    {
                      "text": "Hello?"
                    }
                  ]
                }
              ],
              "generationConfig": {
                "maxOutputTokens": 64
              },
              "systemInstruction": {
                "parts": [
                  {
                    "text": "Be brief."
                  }
                ]
              }
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn mistral() {
    check(
        Kind::Mistral,
        fill(),
        ("authorization", &bearer()),
        expect![[r##"
            /v1/fim/completions
            {
              "prompt": "# tax.py\nRATE = 0.2\n\nreturn ",
              "suffix": "\n",
              "model": "theirs",
              "max_tokens": 64,
              "stream": true,
              "temperature": 0.0
            }
        "##]],
    )
    .await;
}

#[tokio::test]
async fn deepseek() {
    check(
        Kind::DeepSeek,
        fill(),
        ("authorization", &bearer()),
        expect![[r##"
            /beta/completions
            {
              "prompt": "# tax.py\nRATE = 0.2\n\nreturn ",
              "suffix": "\n",
              "max_tokens": 64,
              "model": "theirs",
              "stream": true,
              "stream_options": {
                "include_usage": true
              },
              "temperature": 0.0
            }
        "##]],
    )
    .await;
}

#[tokio::test]
async fn ollama() {
    check(
        Kind::Ollama,
        fill(),
        ("authorization", &bearer()),
        expect![[r##"
            /api/generate
            {
              "prompt": "# tax.py\nRATE = 0.2\n\nreturn ",
              "suffix": "\n",
              "model": "theirs",
              "stream": true,
              "options": {
                "num_predict": 64,
                "num_ctx": 8192,
                "temperature": 0.0
              }
            }
        "##]],
    )
    .await;
    check(
        Kind::Ollama,
        chat(),
        ("authorization", &bearer()),
        expect![[r#"
            /api/chat
            {
              "messages": [
                {
                  "role": "system",
                  "content": "Be brief."
                },
                {
                  "role": "user",
                  "content": "Hello?"
                }
              ],
              "model": "theirs",
              "stream": true,
              "options": {
                "num_predict": 64,
                "num_ctx": 8192
              }
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn hugging_face() {
    check(
        Kind::HuggingFace,
        text(),
        ("authorization", &bearer()),
        expect![[r#"
        /generate_stream
        {
          "inputs": "<P>return <S>\n<M>",
          "parameters": {
            "max_new_tokens": 64,
            "return_full_text": false,
            "stop": [
              "<P>"
            ]
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn llama_server() {
    check(
        Kind::LlamaServer,
        fill(),
        ("authorization", &bearer()),
        expect![[r#"
            /infill
            {
              "input_prefix": "return ",
              "input_suffix": "\n",
              "input_extra": [
                {
                  "filename": "tax.py",
                  "text": "RATE = 0.2\n"
                }
              ],
              "n_predict": 64,
              "cache_prompt": true,
              "stream": true,
              "temperature": 0.0
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn thoughts_come_in_the_tags_that_models_write() {
    let body = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm\"}}]}\n\n\
                data: {\"choices\":[{\"delta\":{\"reasoning_content\":\".\"}}]}\n\n\
                data: {\"choices\":[{\"delta\":{\"content\":\"Yes.\"}}]}\n\n\
                data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":4}}\n\n\
                data: [DONE]\n\n";
    let server = Server::start([Play::ok(body)]).await;
    let engine = model(options(Kind::DeepSeek, server.port), Completion::Chat);
    let heard = hear(&engine, chat()).await;
    assert_eq!(heard.text, "<think>\nHm.</think>\n\nYes.");
    assert_eq!(heard.prompt.tokens, 7);
    let finish = heard.finish.unwrap();
    assert_eq!((finish.reason, finish.tokens), (engine::FinishReason::Length, 4));
    // Who fills in has no use for them.
    assert_eq!(
        hear(&engine, GenerateRequest { priority: Priority::Interactive, ..chat() }).await.text,
        "Yes."
    );
}

#[tokio::test]
async fn a_stop_ends_the_answer_whether_or_not_the_provider_knows_it() {
    let body =
        "data: {\"choices\":[{\"text\":\"a + b<\"}]}\n\ndata: {\"choices\":[{\"text\":\"P>junk\"}]}\n\n";
    let server = Server::start([Play::Stall(body.to_owned())]).await;
    let engine = model(options(Kind::OpenAi, server.port), Completion::Template("x".into()));
    let heard = hear(&engine, text()).await;
    assert_eq!((heard.text.as_str(), heard.error), ("a + b", None));
}

#[tokio::test]
async fn headers_of_ones_own_go_along_and_do_not_show() {
    let server =
        Server::start([Play::status(400, "", "{\"error\":{\"message\":\"org-secret is unknown\"}}")]).await;
    let headers = vec![("X-Organisation".to_owned(), Secret::new("org-secret"))];
    let engine = model(EngineOptions { headers, ..options(Kind::OpenAi, server.port) }, Completion::Chat);
    let error = hear(&engine, chat()).await.error.unwrap().to_string();
    assert_eq!(server.sent()[0].header("x-organisation"), Some("org-secret"));
    assert!(error.contains("[key] is unknown"), "{error}");
}

#[tokio::test]
async fn the_models_of_an_ollama_and_what_they_can_do() {
    let server = Server::start([
        Play::ok("{\"models\":[{\"name\":\"coder:7b\"},{\"name\":\"embed:latest\"},{\"name\":\"old\"}]}"),
        Play::ok("{\"capabilities\":[\"completion\",\"insert\"]}"),
        Play::ok("{\"capabilities\":[\"embedding\"]}"),
        Play::ok("{\"license\":\"MIT\"}"),
        Play::ok("<html>"),
    ])
    .await;
    let address = format!("http://127.0.0.1:{}/", server.port);
    let models = crate::ollama_models(&address).await.unwrap();
    let found: Vec<(&str, bool, bool)> =
        models.iter().map(|model| (model.name.as_str(), model.completes, model.fills)).collect();
    assert_eq!(found, [("coder:7b", true, true), ("embed:latest", false, false), ("old", true, true)]);
    assert_eq!(server.sent()[1].body, serde_json::json!({ "model": "coder:7b" }));
    let error = crate::ollama_models(&address).await.unwrap_err();
    assert_eq!(error.code(), "unreadable");
}
