//! What can go wrong between Weft and the hub, in words that say what to do. It must not hold a token.

/// Why the hub could not be asked, or has nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// `HF_ENDPOINT` is no address.
    #[error("{endpoint} is not a web address ({why}); set HF_ENDPOINT to one like https://HOST")]
    BadEndpoint {
        /// What it is set to.
        endpoint: String,
        /// Why it is none.
        why: String,
    },
    /// No connection.
    #[error(
        "the hub cannot be reached ({host}: {reason}). Check the network; behind a proxy set HTTPS_PROXY, for a mirror set \
         HF_ENDPOINT. What is on this machine works without it: `weft models list`"
    )]
    Unreachable {
        /// The host that was asked.
        host: String,
        /// What the connection said.
        reason: String,
    },
    /// The hub shows no such repository; it says the same of one that may not be seen.
    #[error("{}", no_repository(name, page, *with_token))]
    NoRepository {
        /// `OWNER/REPO`.
        name: String,
        /// Its address.
        page: String,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// Another answer than the wanted one.
    #[error("the hub answered {status}; try again later")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// An answer that cannot be read.
    #[error("the hub's answer cannot be used ({problem}). Is HF_ENDPOINT the address of a hub?")]
    Strange {
        /// What is wrong with it.
        problem: String,
    },
    /// No GGUF files.
    #[error(
        "{name} has no model in GGUF, the format that Weft runs. Others have often converted it: `weft models search {}`",
        name.rsplit('/').next().unwrap_or_default()
    )]
    NoModels {
        /// `OWNER/REPO`.
        name: String,
    },
    /// The repository has others.
    #[error("{name} has no {tag}. It has: {}", known.join(", "))]
    NoSuchTag {
        /// `OWNER/REPO`.
        name: String,
        /// What was asked for.
        tag: String,
        /// The quantisations that are there.
        known: Vec<String>,
    },
    /// Even the smallest is too large.
    #[error(
        "no model of {name} fits into this machine: the smallest, {tag}, needs about {} MB of memory and the machine has {} MB for it. \
         Choose a smaller model (`weft models list`), or name the quantisation to fetch it in spite of that",
        needed.div_ceil(1_000_000),
        available.div_ceil(1_000_000)
    )]
    NothingFits {
        /// `OWNER/REPO`.
        name: String,
        /// The smallest quantisation.
        tag: String,
        /// Bytes of memory that it takes at least.
        needed: u64,
        /// Bytes of memory that there are.
        available: u64,
    },
}

fn no_repository(name: &str, page: &str, with_token: bool) -> String {
    let what = format!("{name} is not on the hub, or may not be seen");
    if with_token {
        format!(
            "{what} with the token in HF_TOKEN. Check the name at {page}; a private or gated one needs an account that was given access"
        )
    } else {
        format!(
            "{what} by everybody. Check the name at {page}; for a private or gated one accept its licence there, make a token in the \
             settings of your account, and set HF_TOKEN to it"
        )
    }
}
