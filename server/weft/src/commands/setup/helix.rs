//! Helix: languages.toml, with its comments kept. A list of servers replaces Helix's own, so a language without one gets Helix's with Weft
//! behind them, from editors/helix/languages.toml.

use anyhow::Result;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

use super::plan::{Plan, read_text};
use super::surroundings::Surroundings;

/// What is made of Helix's defaults.
const OURS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/helix/languages.toml"));

pub(super) fn plan(at: &Surroundings) -> Result<Plan> {
    let path = at.config.join("helix").join("languages.toml");
    let text = read_text(&path)?.unwrap_or_else(|| Ok(String::new()));
    match text.and_then(|text| merged(&text, &at.weft)) {
        Ok(after) => {
            let mut plan = Plan::default();
            plan.write(path, after)?;
            plan.next =
                vec!["`hx --health python` shows the servers of a language; restart Helix.".to_owned()];
            Ok(plan)
        }
        Err(why) => Ok(Plan::by_hand(format!(
            "{} is left as it is: {why}. Add by hand what you need of this:\n\n{OURS}",
            path.display()
        ))),
    }
}

/// The user's file with Weft in it.
///
/// # Errors
/// What is not understood of it, for people.
pub(super) fn merged(text: &str, weft: &str) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| format!("it is not TOML ({})", error.message()))?;
    let ours: DocumentMut = OURS.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut changed = add_server(&mut document, weft)?;
    for language in ours.get("language").and_then(Item::as_array_of_tables).into_iter().flatten() {
        changed |= add_language(&mut document, language)?;
    }
    Ok(if changed { document.to_string() } else { text.to_owned() })
}

fn add_server(document: &mut DocumentMut, weft: &str) -> Result<bool, String> {
    let servers = document.entry("language-server").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let servers = servers.as_table_like_mut().ok_or("its `language-server` is no table")?;
    if servers.contains_key("weft") {
        return Ok(false);
    }
    let mut server = Table::new();
    server.insert("command", value(weft));
    server.insert("args", value(Array::from_iter(["lsp"])));
    servers.insert("weft", Item::Table(server));
    Ok(true)
}

fn add_language(document: &mut DocumentMut, ours: &Table) -> Result<bool, String> {
    let known = document.entry("language").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let known =
        known.as_array_of_tables_mut().ok_or("its languages do not stand in tables `[[language]]`")?;
    let name = ours.get("name").and_then(Item::as_str).unwrap_or_default();
    let Some(language) = known.iter_mut().find(|it| it.get("name").and_then(Item::as_str) == Some(name))
    else {
        let mut added = Table::new();
        for (key, item) in ours
            .get_values()
            .into_iter()
            .filter_map(|(keys, value)| Some((keys.first()?.get().to_owned(), value)))
        {
            added.insert(&key, value(item.clone()));
        }
        known.push(added);
        return Ok(true);
    };
    let Some(list) = ours.get("language-servers").and_then(Item::as_array) else { return Ok(false) };
    let Some(servers) = language.get_mut("language-servers") else {
        language.insert("language-servers", value(list.clone()));
        return Ok(true);
    };
    let servers =
        servers.as_array_mut().ok_or_else(|| format!("the `language-servers` of {name} are no list"))?;
    if servers.iter().any(is_weft) {
        return Ok(false);
    }
    let Some(weft) = list.iter().find(|it| is_weft(it)) else { return Ok(false) };
    put_first(servers, weft.clone());
    Ok(true)
}

fn is_weft(server: &Value) -> bool {
    let name = server.as_inline_table().and_then(|table| TableLike::get(table, "name")?.as_str());
    server.as_str().or(name) == Some("weft")
}

/// Puts a value before the others, on a line of its own where they are: Helix shows the entries of the last server first.
fn put_first(list: &mut Array, mut value: Value) {
    let prefix = list.get(0).and_then(|first| first.decor().prefix()?.as_str().map(str::to_owned));
    value.decor_mut().clear();
    match prefix.as_deref().and_then(|prefix| prefix.rsplit_once('\n')) {
        // A comment that stands above the first one stays with it.
        Some((_, indent)) => value.decor_mut().set_prefix(format!("\n{indent}")),
        None => {
            if let Some(first) = list.get_mut(0) {
                first.decor_mut().set_prefix(" ");
            }
        }
    }
    list.insert_formatted(0, value);
}
