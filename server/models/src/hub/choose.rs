//! Which of a repository's models to take. It must not look at the machine: it is told what fits.

use super::{HubError, HubModel, HubRepository};

/// What a model of so many bytes of weights takes in memory at least: its context and buffers are a tenth and half a gigabyte besides.
pub(crate) fn least_memory(weights_bytes: u64) -> u64 {
    weights_bytes.saturating_add(weights_bytes / 10).saturating_add(400_000_000)
}

/// The model that `tag` names, by its quantisation or its file; without one the first in the order of preference that fits into `memory`
/// bytes, or the first at all where nothing is known of the memory.
///
/// # Errors
/// When there is no such model, or none fits.
pub fn choose<'a>(
    repository: &'a HubRepository,
    tag: Option<&str>,
    memory: Option<u64>,
) -> Result<&'a HubModel, HubError> {
    let name = repository.name.repository();
    let models = &repository.models;
    if let Some(tag) = tag {
        let is_meant = |model: &&HubModel| {
            let path = model.files.first().map_or("", |file| file.path.as_str());
            let file = path.rsplit('/').next().unwrap_or_default();
            [model.tag.as_str(), path, file].iter().any(|known| known.eq_ignore_ascii_case(tag))
        };
        return models.iter().find(is_meant).ok_or_else(|| HubError::NoSuchTag {
            name,
            tag: tag.to_owned(),
            known: models.iter().map(|model| model.tag.clone()).collect(),
        });
    }
    let fits = |model: &&HubModel| memory.is_none_or(|memory| least_memory(model.bytes()) <= memory);
    if let Some(model) = models.iter().find(fits) {
        return Ok(model);
    }
    match models.iter().min_by_key(|model| model.bytes()) {
        Some(smallest) => Err(HubError::NothingFits {
            name,
            tag: smallest.tag.clone(),
            needed: least_memory(smallest.bytes()),
            available: memory.unwrap_or_default(),
        }),
        None => Err(HubError::NoModels { name }),
    }
}
