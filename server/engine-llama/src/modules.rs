//! Where a build that is handed out finds llama.cpp's modules: one for each kind of processor and card, of which llama.cpp loads those that
//! the machine can run and takes the best. It must not choose among them.

use crate::devices::{Device, UnusedModule};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder beside the program that has them.
const FOLDER: &str = "backends";

/// Loads them, from beside the program, else from where the build left them. Without any there is nothing to compute with, which the
/// loading of a model then says.
pub(crate) fn load() {
    match beside_program() {
        Some(folder) => llama_cpp_2::llama_backend::load_backends_from_path(&folder),
        None => llama_cpp_2::llama_backend::load_backends(),
    }
}

/// None where there is no such folder, or where its path is not in UTF-8, which llama.cpp wants.
fn beside_program() -> Option<PathBuf> {
    let folder = std::env::current_exe().ok()?.parent()?.join(FOLDER);
    (folder.is_dir() && folder.to_str().is_some_and(|path| !path.contains('\0'))).then_some(folder)
}

/// The modules for cards that none of `devices` comes from, each with the reason why, as the system's loader gives it.
pub(crate) fn unused(devices: &[Device]) -> Vec<UnusedModule> {
    let Some(entries) = beside_program().and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .filter_map(|path| {
            let file = path.file_name()?.to_str()?.to_owned();
            let devices_begin_with = card_of(&file)?;
            let is_used = devices.iter().any(|device| device.name.starts_with(devices_begin_with));
            (!is_used).then(|| UnusedModule { reason: why_not(&path), file })
        })
        .collect()
}

/// How the names of the devices begin that a module for cards gives; none for a processor's module.
fn card_of(file: &str) -> Option<&'static str> {
    let (_, kind) = file.split_once("ggml-")?;
    let kinds = [("cuda", "CUDA"), ("hip", "ROCm"), ("vulkan", "Vulkan"), ("metal", "Metal")];
    kinds.into_iter().find(|(name, _)| kind.starts_with(name)).map(|(_, device)| device)
}

/// Loads it once more: llama.cpp keeps to itself what the loader told it.
fn why_not(path: &Path) -> String {
    // SAFETY: the library is a part of this program, which llama.cpp has tried to load already, and nothing is called in it.
    match unsafe { libloading::Library::new(path) } {
        Ok(_) => "it found no card".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_for_cards_or_for_a_processor() {
        let of =
            ["libggml-cuda.so", "ggml-vulkan.dll", "libggml-hip.so", "libggml-cpu-haswell.so", "notes.txt"];
        assert_eq!(of.map(card_of), [Some("CUDA"), Some("Vulkan"), Some("ROCm"), None, None]);
    }
}
