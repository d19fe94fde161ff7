//! What comes of each fault of a provider: the category, in time, without the key.

use super::server::{Play, Server};
use super::*;

/// A kind, how it completes, and an answer of it in pieces: what begins it, one piece of text, what ends it.
struct Provider {
    kind: Kind,
    completion: Completion,
    request: fn() -> GenerateRequest,
    opening: &'static str,
    piece: &'static str,
    ending: &'static str,
}

const OPENAI_PIECE: &str =
    "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi \"}}]}\n\n";
const OPENAI_END: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn providers() -> Vec<Provider> {
    let openai = |kind| Provider {
        kind,
        completion: Completion::Chat,
        request: chat,
        opening: "",
        piece: OPENAI_PIECE,
        ending: OPENAI_END,
    };
    let mut providers: Vec<Provider> =
        [Kind::OpenAi, Kind::Azure, Kind::Mistral, Kind::DeepSeek, Kind::HuggingFace, Kind::LlamaServer]
            .map(openai)
            .into();
    providers.push(Provider {
        kind: Kind::Anthropic,
        completion: Completion::Chat,
        request: chat,
        opening: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":3}}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n",
        piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi \"}}\n\n",
        ending: "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    });
    providers.push(Provider {
        kind: Kind::Gemini,
        completion: Completion::Chat,
        request: chat,
        opening: "",
        piece: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi \"}],\"role\":\"model\"}}]}\r\n\r\n",
        ending: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2}}\r\n\r\n",
    });
    providers.push(Provider {
        kind: Kind::Ollama,
        completion: Completion::Native,
        request: fill,
        opening: "",
        piece: "{\"model\":\"m\",\"response\":\"hi \",\"done\":false}\n",
        ending: "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":9,\"eval_count\":2}\n",
    });
    providers.push(Provider {
        kind: Kind::LlamaServer,
        completion: Completion::Native,
        request: fill,
        opening: "",
        piece: "data: {\"content\":\"hi \",\"stop\":false}\n\n",
        ending: "data: {\"content\":\"\",\"stop\":true,\"stop_type\":\"eos\",\"tokens_evaluated\":9,\"tokens_predicted\":2}\n\n",
    });
    providers.push(Provider {
        kind: Kind::HuggingFace,
        completion: Completion::Template("qwen2.5-coder".into()),
        request: text,
        opening: "",
        piece: "data:{\"token\":{\"id\":1,\"text\":\"hi \",\"logprob\":-0.5,\"special\":false},\"generated_text\":null}\n\n",
        ending: "data:{\"token\":{\"id\":2,\"text\":\"</s>\",\"logprob\":-0.1,\"special\":true},\"generated_text\":\"hi hi\",\"details\":{\"finish_reason\":\"eos_token\",\"generated_tokens\":2}}\n\n",
    });
    providers
}

impl Provider {
    fn short(&self, port: u16) -> RemoteModel {
        let timeouts = Timeouts { connect: SHORT, first_token: SHORT, between_tokens: SHORT };
        model(EngineOptions { timeouts, ..options(self.kind, port) }, self.completion.clone())
    }

    fn model(&self, port: u16) -> RemoteModel {
        model(options(self.kind, port), self.completion.clone())
    }

    fn begun(&self) -> String {
        format!("{}{}", self.opening, self.piece)
    }

    fn whole(&self) -> String {
        format!("{}{}{}{}", self.opening, self.piece, self.piece, self.ending)
    }
}

#[tokio::test]
async fn a_whole_answer_has_its_text_and_its_end() {
    for provider in providers() {
        let server = Server::start([Play::ok(provider.whole())]).await;
        let heard = hear(&provider.model(server.port), (provider.request)()).await;
        assert_eq!((heard.text.as_str(), &heard.error), ("hi hi ", &None), "{:?}", provider.kind);
        assert!(heard.finish.is_some_and(|finish| finish.tokens == 2), "{:?}", provider.kind);
    }
}

#[tokio::test]
async fn a_status_has_its_category() {
    let cases = [
        (401, RemoteCause::Auth),
        (402, RemoteCause::Quota),
        (403, RemoteCause::Auth),
        (404, RemoteCause::BadRequest),
        (307, RemoteCause::BadRequest),
        (429, RemoteCause::Rate),
        (500, RemoteCause::Overload),
        (503, RemoteCause::Overload),
        (529, RemoteCause::Overload),
    ];
    for provider in providers() {
        for (status, expected) in cases {
            let body = format!("{{\"error\":{{\"message\":\"no, {KEY} will not do\"}}}}");
            let headers = "location: http://127.0.0.1:1/\r\nretry-after: 100\r\n";
            let server = Server::start([Play::status(status, headers, &body)]).await;
            let heard = hear(&provider.model(server.port), (provider.request)()).await;
            assert_eq!(heard.cause(), Some(expected), "{:?} {status}", provider.kind);
            assert_eq!(server.sent().len(), 1, "{:?} {status}", provider.kind);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_says_so_and_keeps_what_came() {
    for provider in providers() {
        let half = &provider.piece[..provider.piece.len() / 2];
        for body in [provider.begun(), format!("{}{half}", provider.begun())] {
            let server = Server::start([Play::Cut(body)]).await;
            let heard = hear(&provider.model(server.port), (provider.request)()).await;
            assert_eq!(
                (heard.text.as_str(), heard.cause()),
                ("hi ", Some(RemoteCause::Network)),
                "{:?}",
                provider.kind
            );
        }
    }
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up() {
    // Side by side, since each of them waits.
    let all = providers().into_iter().map(async |provider| {
        let plays = [
            Play::Silence,
            Play::Stall(provider.opening.to_owned()),
            Play::Drip(": ping\n\n"),
            Play::Drip("d"),
        ];
        for play in plays {
            let mut server = Server::start([play.clone()]).await;
            let heard = hear(&provider.short(server.port), (provider.request)()).await;
            // For lines of JSON, what is no JSON is noticed before.
            let expected = match (provider.kind, &play) {
                (Kind::Ollama, Play::Drip(": ping\n\n")) => RemoteCause::Unreadable,
                _ => RemoteCause::Timeout,
            };
            assert_eq!(heard.cause(), Some(expected), "{:?} {play:?}", provider.kind);
            if !matches!(play, Play::Drip(_)) {
                server.closed().await;
            }
        }
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn an_answer_that_stands_still_is_given_up_and_keeps_what_came() {
    let all = providers().into_iter().map(async |provider| {
        let mut server = Server::start([Play::Stall(provider.begun())]).await;
        let heard = hear(&provider.short(server.port), (provider.request)()).await;
        assert_eq!(
            (heard.text.as_str(), heard.cause()),
            ("hi ", Some(RemoteCause::Timeout)),
            "{:?}",
            provider.kind
        );
        server.closed().await;
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn junk_is_no_answer() {
    let junk = ["<html>hello</html>\n\n", "data: {\"a\":\n\n", "data: [1]\n\n", "{\"unknown\":1}\n"];
    for provider in providers() {
        for body in junk {
            let server = Server::start([Play::ok(body)]).await;
            let heard = hear(&provider.model(server.port), (provider.request)()).await;
            let cause = heard.cause();
            // What is no event at all is an answer that never began.
            assert!(
                matches!(cause, Some(RemoteCause::Unreadable | RemoteCause::Network)),
                "{:?} {body:?}: {heard:?}",
                provider.kind
            );
        }
    }
}

#[tokio::test]
async fn an_error_in_the_stream_has_its_category() {
    for provider in providers() {
        let error = "{\"type\":\"overloaded_error\",\"message\":\"too much\"}";
        let event = match provider.kind {
            Kind::Ollama => format!("{{\"error\":{error}}}\n"),
            Kind::Anthropic => format!("event: error\ndata: {{\"type\":\"error\",\"error\":{error}}}\n\n"),
            _ => format!("data: {{\"error\":{error}}}\n\n"),
        };
        let server = Server::start([Play::ok(format!("{}{event}", provider.begun()))]).await;
        let heard = hear(&provider.model(server.port), (provider.request)()).await;
        assert_eq!(
            (heard.text.as_str(), heard.cause()),
            ("hi ", Some(RemoteCause::Overload)),
            "{:?}",
            provider.kind
        );
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_before_the_first_token_and_only_then() {
    for provider in providers() {
        let limited = Play::status(429, "retry-after-ms: 1\r\n", "{}");
        let plays =
            [limited.clone(), Play::status(529, "retry-after-ms: 1\r\n", "{}"), Play::ok(provider.whole())];
        let server = Server::start(plays).await;
        let patient = EngineOptions { retries: 2, ..options(provider.kind, server.port) };
        let heard = hear(&model(patient, provider.completion.clone()), (provider.request)()).await;
        assert_eq!((heard.text.as_str(), heard.error), ("hi hi ", None), "{:?}", provider.kind);
        assert_eq!(server.sent().len(), 3);

        let server = Server::start([Play::Cut(provider.begun()), Play::ok(provider.whole())]).await;
        let patient = EngineOptions { retries: 2, ..options(provider.kind, server.port) };
        let heard = hear(&model(patient, provider.completion.clone()), (provider.request)()).await;
        assert_eq!(
            (heard.text.as_str(), heard.cause()),
            ("hi ", Some(RemoteCause::Network)),
            "{:?}",
            provider.kind
        );
        assert_eq!(server.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_wait_that_is_longer_than_the_time_is_not_waited() {
    let server = Server::start([Play::status(429, "retry-after: 3600\r\n", "{}")]).await;
    let patient = EngineOptions { retries: 5, ..options(Kind::OpenAi, server.port) };
    let heard = hear(&model(patient, Completion::Chat), chat()).await;
    assert_eq!(heard.cause(), Some(RemoteCause::Rate));
    assert!(heard.error.unwrap().to_string().contains("3600 s"));
    assert_eq!(server.sent().len(), 1);
}

#[tokio::test]
async fn nobody_there_and_a_connection_that_closes_are_the_network() {
    let server = Server::start([Play::Close]).await;
    let heard = hear(&model(options(Kind::OpenAi, server.port), Completion::Chat), chat()).await;
    assert_eq!(heard.cause(), Some(RemoteCause::Network));
    // Nobody can listen on port 1 without being root, and no machine has something there.
    let heard = hear(&model(options(Kind::OpenAi, 1), Completion::Chat), chat()).await;
    assert_eq!(heard.cause(), Some(RemoteCause::Network), "{heard:?}");
}

#[tokio::test]
async fn a_cancelled_request_closes_its_connection() {
    for provider in providers() {
        let mut server = Server::start([Play::Stall(provider.begun())]).await;
        let cancel = CancellationToken::new();
        let engine = provider.model(server.port);
        let mut events = engine.generate((provider.request)(), cancel.clone());
        while let Some(event) = events.next().await {
            if matches!(event, Ok(Event::Token { .. })) {
                cancel.cancel();
            }
        }
        server.closed().await;
    }
}

#[tokio::test]
async fn a_missing_key_is_told_before_anything_is_sent() {
    let server = Server::start([Play::ok("")]).await;
    let key: crate::KeySource = Arc::new(|| Err("OPENAI_API_KEY is not set".to_owned()));
    let heard =
        hear(&model(EngineOptions { key, ..options(Kind::OpenAi, server.port) }, Completion::Chat), chat())
            .await;
    assert_eq!(heard.error.unwrap().to_string(), "OPENAI_API_KEY is not set");
    assert!(server.sent().is_empty());
}
