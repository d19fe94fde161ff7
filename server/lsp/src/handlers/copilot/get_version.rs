//! `getVersion`: Weft's.

use crate::ext::copilot::VersionAnswer;

pub(crate) fn handle() -> VersionAnswer {
    let version = env!("CARGO_PKG_VERSION");
    VersionAnswer { version, build_type: "prod", runtime_version: format!("weft/{version}") }
}
