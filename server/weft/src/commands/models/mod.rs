//! `weft models`: one file a command; fetching is in `pull`. It must not decide where a model comes from: its name does.

mod import;
mod list;
mod search;
mod show;

use super::{megabytes, pull};
use crate::cli::ModelsCommand;
use crate::paths::Paths;
use crate::serve::not_here;
use anyhow::{Context, Result, bail};
use models::catalogue;
use std::process::ExitCode;

pub(crate) async fn run(command: ModelsCommand, paths: &Paths) -> Result<ExitCode> {
    let store = paths.store();
    match command {
        ModelsCommand::Pull { name, json } => pull::run(name.as_deref(), json, &store).await,
        ModelsCommand::List { json } => list::run(&store, json),
        ModelsCommand::Show { name, json } => show::run(&name, json, paths).await,
        ModelsCommand::Search { words, limit, json } => {
            search::run(&words.join(" "), limit.into(), json).await
        }
        ModelsCommand::Import { what, name, in_place, from } => {
            import::run(&what, name.as_deref(), in_place, from.as_deref(), paths)
        }
        ModelsCommand::Path { name } => {
            let model = store.find(&name)?.with_context(|| missing(&name))?;
            say!("{}", model.path.display());
            Ok(ExitCode::SUCCESS)
        }
        ModelsCommand::Cp { name, other } => {
            let copy = store.copy(&name, &other)?;
            say!("{} is now a name of {name} too", copy.name);
            Ok(ExitCode::SUCCESS)
        }
        ModelsCommand::Rm { name } => match store.remove(&name)? {
            Some(0) => {
                say!("removed {name}. Its bytes have another name, so nothing is freed");
                Ok(ExitCode::SUCCESS)
            }
            Some(bytes) => {
                say!("removed {name}: {} are free again", megabytes(bytes));
                Ok(ExitCode::SUCCESS)
            }
            None => bail!(missing(&name)),
        },
    }
}

fn missing(name: &str) -> String {
    match not_here(name) {
        engine::EngineError::ModelUnknown { .. } => unknown(name),
        error => error.to_string(),
    }
}

pub(super) fn unknown(name: &str) -> String {
    let names: Vec<&str> = catalogue().names().collect();
    format!(
        "there is no model called {name}. Weft knows: {}. Any other is named by its repository: hf:OWNER/REPO (`weft models search` \
         finds them)",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_formats_that_the_catalogue_names_are_known() {
        let families = || prompt::FAMILIES.iter().map(|family| family.id);
        for entry in &models::catalogue().hub {
            if let Some(fim) = &entry.fim {
                assert!(families().any(|family| family == fim), "{}: {fim}", entry.name);
            }
        }
    }
}
