//! `@url`: the text of a page. What may be asked for is decided here; who asks is handed in. It must not keep anything of a page.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::mentions::error::MentionError;
use crate::mentions::place::unix;
use crate::mentions::resolved::{Resolved, plain, say_cut};
use crate::mentions::world::{Network, Page, PageRequest, World};

/// What is read of a page, in bytes.
const MOST_BYTES: usize = 2 << 20;
/// What is given of its text, in bytes.
const MOST_TEXT: usize = 64 * 1024;
/// How often a page may send to another one.
const MOST_REDIRECTS: usize = 5;
/// Columns that paragraphs are broken at.
const WIDTH: usize = 100;

/// Asks for a page.
pub(crate) async fn resolve(
    typed: &str,
    address: &str,
    world: &World,
) -> Result<Vec<Resolved>, MentionError> {
    let mention = || typed.to_owned();
    if address.is_empty() {
        let what = "there is no address. Type it behind the colon: @url:https://example.org/page";
        return Err(MentionError::Nothing { mention: mention(), what });
    }
    if world.network == Network::Off {
        return Err(MentionError::NetworkOff { mention: mention() });
    }
    let Some(fetch) = &world.fetch else { return Err(MentionError::NetworkOff { mention: mention() }) };
    let bad = |reason: String| MentionError::BadUrl { mention: mention(), reason };
    let failed = |reason: String| MentionError::Fetch { mention: mention(), reason };
    let mut url = Url::parse(address)
        .map_err(|error| bad(format!("not an address ({error}). It begins with https://")))?;
    for _ in 0..=MOST_REDIRECTS {
        check(&url, world.network).map_err(bad)?;
        let request = PageRequest { url: url.clone(), network: world.network, most_bytes: MOST_BYTES };
        let page = fetch.fetch(request).await.map_err(failed)?;
        if let (300..=399, Some(next)) = (page.status, &page.redirect) {
            url = url
                .join(next)
                .map_err(|error| failed(format!("it sends to an address that is none ({error})")))?;
            continue;
        }
        if !(200..=299).contains(&page.status) {
            return Err(failed(format!("the server answered with status {}", page.status)));
        }
        return text_of(typed, &url, &page).map(|resolved| vec![resolved]).map_err(failed);
    }
    Err(failed(format!("it sends from one address to the next more than {MOST_REDIRECTS} times")))
}

/// Whether an address belongs to the public network: not this machine, a private network, or a range with a special use
/// (IANA's special-purpose registries for IPv4 and IPv6). Addresses of IPv6 that hold one of IPv4 are judged by that.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => inner(high, low),
        // Teredo and the other special uses at the start of 2001::/16, and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, ..] => false,
        // All that was given out for the public network so far.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn check(url: &Url, network: Network) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{}: addresses are not read. Only http and https are", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address has a name or a password in it. Type it without".to_owned());
    }
    let private =
        "leads to this machine or a private network. Allow that in the settings (network), or paste the text";
    let allowed = match url.host() {
        _ if network == Network::Any => true,
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_lowercase();
            let inner = [".localhost", ".local", ".internal", ".home.arpa", ".lan"];
            // A name without a dot is looked up in the own network.
            name.contains('.') && !inner.iter().any(|end| name.ends_with(end))
        }
        None => return Err("the address has no host. It begins with https:// and a name".to_owned()),
    };
    if allowed { Ok(()) } else { Err(format!("{} {private}", url.host_str().unwrap_or_default())) }
}

fn text_of(typed: &str, url: &Url, page: &Page) -> Result<Resolved, String> {
    let content_type = page.content_type.to_lowercase();
    let kind = content_type.split(';').next().unwrap_or("").trim();
    let is_html = matches!(kind, "text/html" | "application/xhtml+xml" | "");
    let is_text = kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || matches!(kind, "application/javascript" | "application/yaml" | "application/toml");
    let text = if is_html {
        html2text::config::plain_no_decorate()
            .string_from_read(page.body.as_slice(), WIDTH)
            .map_err(|error| format!("its HTML has no text that can be read ({error})"))?
    } else if is_text {
        String::from_utf8_lossy(&page.body).into_owned()
    } else {
        return Err(format!("it is no text ({kind})"));
    };
    let text = unix(&text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n").trim().to_owned();
    if text.is_empty() {
        return Err("it has no text; perhaps it is made by scripts".to_owned());
    }
    let mut resolved = plain(typed, url.as_str(), "", text, String::new());
    let attachment = &mut resolved.attachment;
    if attachment.text.len() > MOST_TEXT {
        let end = attachment
            .text
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= MOST_TEXT)
            .last()
            .unwrap_or(0);
        let kept = attachment
            .text
            .get(..end)
            .and_then(|kept| kept.rsplit_once('\n'))
            .map_or("", |(kept, _)| kept)
            .to_owned();
        attachment.text = kept;
        say_cut(attachment, "the page's text beyond 64 KiB was left out");
    }
    if page.truncated {
        say_cut(attachment, "what the page has beyond 2 MiB was not read");
    }
    if attachment.text.contains('\u{fffd}') {
        say_cut(attachment, "some characters are not in UTF-8 and were replaced");
    }
    Ok(resolved)
}
