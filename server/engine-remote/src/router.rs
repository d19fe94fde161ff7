//! From a model's name to the engine that has it. It must not read the configuration: it is handed what came of it, anew for each request, so
//! that a change counts at once.

use engine::{CancellationToken, Engine, EngineError, EventStream, GenerateRequest, ModelInfo};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::collections::HashMap;
use std::sync::Arc;

/// Where requests go.
#[derive(Clone, Default)]
pub struct Routes {
    /// Models by the names that the user gave them.
    pub models: HashMap<String, Route>,
    /// Makes a route for `ENGINE/MODEL`, where the user has such an engine.
    pub open: Option<OpenRoute>,
    /// The model where a request names none; none for the local engine's own.
    pub autocomplete: Option<String>,
}

/// Makes a route for a name that no model has.
pub type OpenRoute = Arc<dyn Fn(&str) -> Option<Route> + Send + Sync>;

/// One model.
#[derive(Clone)]
pub struct Route {
    /// The engine that has it; none for the local one.
    pub engine: Option<Arc<dyn Engine>>,
    /// What that engine calls it; none for its default.
    pub model: Option<String>,
    /// The models to ask one after the other where it fails.
    pub fallback: Vec<String>,
}

/// An engine made of others.
pub struct Router {
    local: Arc<dyn Engine>,
    routes: Box<dyn Fn() -> Arc<Routes> + Send + Sync>,
}

impl Router {
    /// Sends what no route is for to `local`. `routes` is called at each request and must return at once.
    pub fn new(local: Arc<dyn Engine>, routes: impl Fn() -> Arc<Routes> + Send + Sync + 'static) -> Self {
        Self { local, routes: Box::new(routes) }
    }

    fn route(&self, name: Option<&str>) -> (Arc<dyn Engine>, Option<String>) {
        let routes = (self.routes)();
        let name = routes.named(name);
        let Some(name) = name else { return (self.local.clone(), None) };
        match routes.find(name) {
            Some(route) => (route.engine.unwrap_or_else(|| self.local.clone()), route.model),
            None => (self.local.clone(), Some(name.to_owned())),
        }
    }
}

impl Routes {
    /// The name of the model that `name` stands for.
    fn named<'a>(&'a self, name: Option<&'a str>) -> Option<&'a str> {
        name.or(self.autocomplete.as_deref())
    }

    /// Whether a name leads to an engine.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<Route> {
        let known = self.models.get(name).cloned();
        known.or_else(|| self.open.as_ref().and_then(|open| open(name)))
    }

    /// The model to ask after `name` has failed: the chain of the model that it belongs to, wherever in it `name` stands.
    fn after(&self, name: Option<&str>) -> Option<String> {
        let name = self.named(name)?;
        if let Some(first) = self.models.get(name).and_then(|route| route.fallback.first()) {
            return Some(first.clone());
        }
        let mut chains = self.models.values().map(|route| &route.fallback);
        chains.find_map(|chain| {
            let at = chain.iter().position(|link| link == name)?;
            chain.get(at + 1).cloned()
        })
    }
}

impl Engine for Router {
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        let (engine, model) = self.route(model);
        async move { engine.model_info(model.as_deref()).await }.boxed()
    }

    fn prepare(&self, model: Option<&str>) -> EventStream {
        let (engine, model) = self.route(model);
        engine.prepare(model.as_deref())
    }

    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EngineError>> {
        let (engine, routed) = self.route(Some(model));
        let model = routed.unwrap_or_else(|| model.to_owned());
        async move { engine.embed(&model, texts).await }.boxed()
    }

    fn fallback(&self, model: Option<&str>) -> Option<String> {
        (self.routes)().after(model)
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let (engine, model) = self.route(request.model.as_deref());
        let events = engine.generate(GenerateRequest { model, ..request }, cancel);
        // The engine lives as long as its answer.
        stream::unfold((events, engine), |(mut events, engine)| async move {
            let event = events.next().await?;
            Some((event, (events, engine)))
        })
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{FakeEngine, Script};

    fn engine(name: &str) -> Arc<FakeEngine> {
        let info = ModelInfo { name: name.to_owned(), ..ModelInfo::default() };
        Arc::new(FakeEngine::new(info, |_| Script::Text("x".into())))
    }

    async fn asked(router: &Router, name: Option<&str>) -> String {
        router.model_info(name).await.unwrap().name
    }

    #[tokio::test]
    async fn names_lead_to_engines() {
        let (cloud, open) = (engine("cloud"), engine("open"));
        let route = |engine: Arc<FakeEngine>, fallback: &[&str]| Route {
            engine: Some(engine),
            model: Some("m".into()),
            fallback: fallback.iter().map(|name| (*name).to_owned()).collect(),
        };
        let models = [("claude".to_owned(), route(cloud.clone(), &["gpt", "small"]))];
        let opened = route(open, &[]);
        let routes = Arc::new(Routes {
            models: models.into(),
            open: Some(Arc::new(move |name| name.starts_with("cloud/").then(|| opened.clone()))),
            autocomplete: Some("claude".into()),
        });
        let router = Router::new(engine("local"), move || routes.clone());
        assert_eq!(asked(&router, None).await, "cloud");
        assert_eq!(asked(&router, Some("small")).await, "local");
        assert_eq!(asked(&router, Some("claude")).await, "cloud");
        assert_eq!(asked(&router, Some("cloud/other")).await, "open");
        assert_eq!(router.fallback(None).as_deref(), Some("gpt"));
        assert_eq!(router.fallback(Some("gpt")).as_deref(), Some("small"));
        assert_eq!(router.fallback(Some("small")), None);
        assert_eq!(router.fallback(Some("cloud/other")), None);
    }
}
