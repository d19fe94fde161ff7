//! The local API beside the engine's own port: where it listens, and who may ask.
//! It must not answer anything: the crate `api` does.

use super::api_host::ApiHost;
use super::engine::HostEngine;
use super::state_file::random_key;
use crate::cli::ServeArgs;
use crate::paths::Paths;
use crate::settings::CommandLine;
use crate::ui::{self, Ui};
use anyhow::{Context, Result, anyhow};
use api::{Access, Names};
use axum::Router;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

/// What the user wants of the API.
#[derive(Clone)]
pub(crate) struct ApiOptions {
    address: SocketAddr,
    access: Access,
}

impl ApiOptions {
    /// From the command line; nothing without a port.
    pub(crate) fn of(arguments: &ServeArgs) -> Result<Option<Self>> {
        let Some(port) = arguments.port else { return Ok(None) };
        let host = arguments.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let access = Access {
            page_key: Some(random_key()?),
            key: arguments.api_key.clone(),
            names: if host.is_loopback() { Names::Loopback } else { Names::Addresses },
            hosts: arguments.allow_host.clone(),
            origins: arguments.allow_origin.clone(),
        };
        access.check().map_err(|problem| anyhow!(problem))?;
        Ok(Some(Self { address: SocketAddr::new(host, port), access }))
    }

    /// Opens the port.
    pub(crate) async fn listen(&self) -> Result<TcpListener> {
        TcpListener::bind(self.address).await.with_context(|| {
            format!(
                "{} cannot be opened: another program may listen there (Ollama's port is 11434, llama-server's 8080 or 8012); \
                 choose another --port",
                self.address
            )
        })
    }

    /// What the chat page bears.
    pub(crate) fn page_key(&self) -> Option<String> {
        self.access.page_key.clone()
    }

    /// The API over the models of this process, Weft's own calls for Wefts elsewhere, and the chat page.
    pub(crate) fn router(
        &self,
        engine: &HostEngine,
        own: Router,
        paths: &Paths,
        command_line: CommandLine,
    ) -> Result<Router> {
        let host = ApiHost { host: engine.host.clone(), activity: engine.activity.clone() };
        let version = env!("CARGO_PKG_VERSION");
        let (access, paths, engine) = (self.access.clone(), paths.clone(), engine.clone());
        let page = ui::router(Ui { access, paths, engine: engine.clone(), command_line });
        api::router(Arc::new(engine), Arc::new(host), self.access.clone(), version, own, page)
            .map_err(|problem| anyhow!(problem))
    }
}
