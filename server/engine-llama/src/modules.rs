//! Where a build that is handed out finds llama.cpp's modules: one for each kind of processor and card, of which llama.cpp loads those that
//! the machine can run and takes the best. It must not choose among them.

use std::path::PathBuf;

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
