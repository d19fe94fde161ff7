//! How often resolution names what a held-out hole needs: reads cases (one JSON object a line) and the folder in which
//! each has a workspace under its id with the hole deleted, and prints recall by kind of hole. For whoever changes
//! `resolve`; it must not be what resolution is tuned on case by case.
//!
//! usage: resolve_cases CASES.jsonl LAID_OUT_FOLDER [ID]
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use context::resolve::{Resolution, resolve};
use documents::Snapshot;
use index::{Index, Options};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

#[derive(Default)]
struct Row {
    cases: u32,
    by_target: u32,
    by_member: u32,
    by_either: u32,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(cases), Some(laid_out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: resolve_cases CASES.jsonl LAID_OUT_FOLDER [ID]".into());
    };
    let only = arguments.next();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut times = Vec::new();
    for line in std::fs::read_to_string(cases)?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let all_kinds = std::env::var_os("ALL_KINDS").is_some();
        if text("kind") != "cross" && !all_kinds || only.as_ref().is_some_and(|only| *only != text("id")) {
            continue;
        }
        let root = Path::new(&laid_out).join(text("id"));
        let index = Index::new(vec![root.clone()], Options::default());
        index.scan(&AtomicBool::new(false));
        let snapshot = Snapshot::from_file(&root.join(text("file")))?;
        let cursor = case.get("offset").and_then(Value::as_u64).unwrap_or_default() as usize;
        let tree = snapshot.tree();
        // The second time is what a keystroke costs; the first reads files.
        let first = Instant::now();
        resolve(&snapshot, cursor, &index);
        let first = first.elapsed();
        let again = Instant::now();
        let resolution = resolve(&snapshot, cursor, &index);
        let again = again.elapsed();
        drop(tree);
        times.push((again, first, text("id")));
        let wanted: Vec<String> = case
            .get("cross_file_symbols")
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let by_target = wanted.iter().any(|name| target_names(&resolution).any(|it| it == name));
        let by_member = wanted.iter().any(|name| member_names(&resolution).any(|it| it == name));
        let first_use = case.get("first_use_in_file").and_then(Value::as_bool).unwrap_or_default();
        for key in [
            format!("{} {}", text("subkind"), if first_use { "first use" } else { "used before" }),
            if first_use { "all, first use".to_owned() } else { "all, used before".to_owned() },
        ] {
            let row = rows.entry(key).or_default();
            row.cases += 1;
            row.by_target += u32::from(by_target);
            row.by_member += u32::from(by_member);
            row.by_either += u32::from(by_target || by_member);
        }
        if only.is_some() {
            println!("{}", told(&resolution));
        }
        // A complete list that lacks what stands there would forbid the right answer.
        let truth = text("truth");
        let next: String = truth.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
        for receiver in resolution.receivers.iter().filter(|it| it.at_cursor) {
            let there = receiver.members.iter().any(|member| member.name == next);
            println!(
                "{} {}{} {} of {}: {next}",
                if there { "listed" } else { "NOT LISTED" },
                receiver.text,
                receiver.separator,
                if receiver.complete { "complete" } else { "open" },
                receiver.members.len()
            );
        }
        let mark = if by_target || by_member { "+" } else { "-" };
        println!("{mark} {} {} {first_use} {} {wanted:?}", text("id"), text("subkind"), text("file"));
    }
    for (key, row) in rows {
        println!(
            "{key}: {} cases, target {}, member {}, either {}",
            row.cases, row.by_target, row.by_member, row.by_either
        );
    }
    times.sort();
    if let (Some(median), Some(slowest)) = (times.get(times.len() / 2), times.last()) {
        println!(
            "median {:?} (first {:?}), slowest {:?} (first {:?}) in {}",
            median.0, median.1, slowest.0, slowest.1, slowest.2
        );
    }
    let mut firsts: Vec<_> = times.iter().map(|it| it.1).collect();
    firsts.sort();
    println!("first: median {:?}, slowest {:?}", firsts.get(firsts.len() / 2), firsts.last());
    Ok(())
}

fn target_names(resolution: &Resolution) -> impl Iterator<Item = &String> {
    resolution.targets.iter().filter_map(|target| Some(&target.found.symbol()?.name))
}

fn member_names(resolution: &Resolution) -> impl Iterator<Item = &String> {
    resolution
        .receivers
        .iter()
        .filter(|it| it.at_cursor)
        .flat_map(|it| it.members.iter().map(|member| &member.name))
}

fn told(resolution: &Resolution) -> String {
    let mut out = String::new();
    for target in &resolution.targets {
        let name = target.found.symbol().map(|it| it.name.as_str()).unwrap_or_default();
        out += &format!(
            "  {name} in {} ({}, used {})\n",
            target.found.file.relative, target.reason, target.uses_in_file
        );
    }
    for receiver in &resolution.receivers {
        let members: Vec<&str> = receiver.members.iter().map(|it| it.name.as_str()).collect();
        let at = if receiver.at_cursor { "at the cursor " } else { "" };
        out += &format!(
            "  {at}{}{} complete={} {members:?}\n",
            receiver.text, receiver.separator, receiver.complete
        );
    }
    out
}
