//! `cargo xtask bench layout`: what each way to lay a prompt out for the KV cache costs and gains, when a person has typed a
//! few characters since the cache was filled. The choice for each model family rests on it.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::fim;
use super::variants::{Asked, Variant};
use crate::arguments::Arguments;

/// Everything that `--help` says.
pub(super) fn help() -> String {
    "\
Measure the layouts of a prompt on held-out cases: the file is asked about some characters before its hole, these are
typed, and it is asked again. Everything is generated afresh; the seconds are those of the second request.

Usage: cargo xtask bench layout --cases DIR [--typed N] [OPTIONS of bench fim but --variants]

  exact                the family's order, evaluated as it stands from the change on
  exact/moved tail     the same, with the code below the cursor's line moved
  exact/suffix first   the code after the cursor before the code before it
"
    .to_owned()
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    let typed = arguments.value::<usize>("--typed")?.unwrap_or(12);
    fim::run_variants(arguments, variants(typed))
}

fn variants(typed: usize) -> Vec<Variant> {
    let layouts =
        [("exact", "exact"), ("exact/moved tail", "moved_tail"), ("exact/suffix first", "suffix_first")];
    let variant = |(name, layout): (&str, &str)| Variant {
        name: name.to_owned(),
        // An answer that is remembered would be the first request's, in whatever layout.
        asked: Asked::Weft(json!({"layout": layout, "memory": false, "typed": typed})),
    };
    layouts.map(variant).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_is_compared_with_the_exact_one() {
        let variants = variants(12);
        let bases: Vec<Option<&str>> = variants.iter().map(Variant::base).collect();
        assert_eq!(bases, [None, Some("exact"), Some("exact")]);
    }
}
