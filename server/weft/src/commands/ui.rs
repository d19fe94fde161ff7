//! `weft ui`: finds or starts `weft serve --port`, and opens its chat page in a browser. It must not serve anything itself.

use super::complete::project_of;
use crate::cli::UiArgs;
use crate::local_engine::LocalEngine;
use crate::paths::Paths;
use crate::serve::state_file::ServeFile;
use crate::ui::files;
use anyhow::{Context, Result, bail};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use url::Url;
use url::form_urlencoded::Serializer;

/// "WEFT" on the keys of a telephone: the same at each start, so that it can be remembered.
const PORT: u16 = 9338;

/// Prints the address and opens it.
pub(crate) async fn run(arguments: &UiArgs, paths: &Paths) -> Result<ExitCode> {
    if files::folder().is_none() {
        bail!("{}", files::NOT_BUILT);
    }
    let folder = folder(arguments.folder.as_deref())?;
    let file = match running(paths).await {
        Some(file) => file,
        None => start(paths, arguments.port).await?,
    };
    let address = address(&file, &folder)?;
    say!("{address}");
    if !arguments.no_open
        && let Err(error) = open::that_detached(address.as_str())
    {
        eprintln!("weft: no browser could be opened ({error}): open the address above by hand");
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder that questions are about.
fn folder(named: Option<&Path>) -> Result<PathBuf> {
    let current = std::env::current_dir().context("the current folder is gone; name one")?;
    let Some(named) = named else { return Ok(project_of(&current)) };
    let folder = named.canonicalize().with_context(|| format!("{} cannot be opened", named.display()))?;
    if !folder.is_dir() {
        bail!("{} is no folder; `weft ui` takes the folder that questions are about", named.display());
    }
    Ok(folder)
}

/// What serves the page already.
async fn running(paths: &Paths) -> Option<ServeFile> {
    LocalEngine::running(paths).await?;
    ServeFile::read(&paths.serve_file()).filter(|file| file.api.is_some() && file.page_key.is_some())
}

async fn start(paths: &Paths, port: Option<u16>) -> Result<ServeFile> {
    let is_free = || TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).is_ok();
    let port = port.unwrap_or_else(|| if is_free() { PORT } else { 0 }).to_string();
    LocalEngine::serve(paths, &["--port", &port]).await?;
    let file = running(paths).await;
    file.context("`weft serve` was started, but serves no page; `weft stop` ends it, then try again")
}

/// Key and folder are in the fragment, which no browser sends anywhere.
fn address(file: &ServeFile, folder: &Path) -> Result<Url> {
    let api = file.api.as_deref().context("`weft serve` serves no page")?;
    let mut address = Url::parse(api).context("the address of `weft serve` is not understood")?;
    // Who listens everywhere is called by name here.
    if address.host_str().is_some_and(|host| host == "0.0.0.0" || host == "[::]") {
        address.set_host(Some("127.0.0.1")).context("the address cannot be changed")?;
    }
    let uri =
        Url::from_file_path(folder).map_err(|()| anyhow::anyhow!("{} has no address", folder.display()))?;
    let mut fragment = Serializer::new(String::new());
    fragment.append_pair("key", file.page_key.as_deref().unwrap_or_default());
    fragment.append_pair("folder", uri.as_str());
    address.set_fragment(Some(&fragment.finish()));
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn key_and_folder_are_in_the_fragment() {
        let of = |api: &str, folder: &str| {
            let file = ServeFile::new(1, Some(api.into()), Some("secret".into())).unwrap();
            address(&file, Path::new(folder)).unwrap().to_string()
        };
        assert_eq!(
            of("http://127.0.0.1:9338", "/home/me/a b"),
            "http://127.0.0.1:9338/#key=secret&folder=file%3A%2F%2F%2Fhome%2Fme%2Fa%2520b"
        );
        assert!(of("http://0.0.0.0:80", "/").starts_with("http://127.0.0.1/#key=secret&folder=file"));
    }
}
