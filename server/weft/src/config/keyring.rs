//! Keys in the keyring of the system: Secret Service on Linux, Keychain on macOS, the Credential Manager of Windows. It must not write a key
//! anywhere else, and no message has one.

use engine_remote::Secret;
use keyring::{Entry, Error};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// What the entries are filed under; the user name of each is that of its engine.
const SERVICE: &str = "weft";
/// A keyring that is locked asks the user for its password, in a window of its own. Somebody who sets a key sits in front of it; an engine
/// that wants one should not stand still for that long.
const PATIENCE_TO_CHANGE: Duration = Duration::from_secs(120);
const PATIENCE_TO_READ: Duration = Duration::from_secs(10);
/// Asking takes some hundredths of a second, which a completion at each pause of typing should not pay each time.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The keys that were read in this process, and when.
static READ: Mutex<BTreeMap<String, (Instant, Secret)>> = Mutex::new(BTreeMap::new());

/// The key of an engine; none where the keyring has none. The error says what to do.
pub(crate) fn get(engine: &str) -> Result<Option<Secret>, String> {
    let remembered = READ.lock().unwrap_or_else(PoisonError::into_inner).get(engine).cloned();
    if let Some((at, key)) = remembered
        && at.elapsed() < REMEMBERED
    {
        return Ok(Some(key));
    }
    let found = within(PATIENCE_TO_READ, engine, |entry| entry.get_password().map(|key| Secret::new(&key)));
    let key = match found {
        Ok(key) => key,
        Err(Failure::Keyring(Error::NoEntry)) => return Ok(None),
        Err(failure) => return Err(explain(engine, &failure)),
    };
    READ.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(engine.to_owned(), (Instant::now(), key.clone()));
    Ok(Some(key))
}

/// Stores a key.
pub(crate) fn set(engine: &str, key: &Secret) -> Result<(), String> {
    let key = key.clone();
    within(PATIENCE_TO_CHANGE, engine, move |entry| entry.set_password(key.expose()))
        .map_err(|failure| explain(engine, &failure))
}

/// Takes a key out. False where there was none.
pub(crate) fn remove(engine: &str) -> Result<bool, String> {
    match within(PATIENCE_TO_CHANGE, engine, |entry| entry.delete_credential()) {
        Ok(()) => Ok(true),
        Err(Failure::Keyring(Error::NoEntry)) => Ok(false),
        Err(failure) => Err(explain(engine, &failure)),
    }
}

enum Failure {
    Keyring(Error),
    Late(Duration),
}

/// Asks on a thread of its own: the keyring may wait for its user for ever, and its library must not run inside an async runtime.
fn within<T: Send + 'static>(
    patience: Duration,
    engine: &str,
    ask: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let engine = engine.to_owned();
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || drop(answer.send(Entry::new(SERVICE, &engine).and_then(ask))));
    match answered.recv_timeout(patience) {
        Ok(result) => result.map_err(Failure::Keyring),
        Err(_) => Err(Failure::Late(patience)),
    }
}

fn explain(engine: &str, failure: &Failure) -> String {
    let what = match failure {
        Failure::Late(patience) => {
            format!("it did not answer within {} s; perhaps it waits for its password", patience.as_secs())
        }
        Failure::Keyring(Error::NoStorageAccess(_)) => "it is locked, and was not unlocked".to_owned(),
        // Why there is none, as far as it is known.
        Failure::Keyring(Error::NoDefaultStore) => match Entry::store_status() {
            Err(Error::PlatformFailure(error) | Error::NoStorageAccess(error)) => innermost(error.as_ref()),
            _ => "there is none".to_owned(),
        },
        Failure::Keyring(Error::PlatformFailure(error)) => innermost(error.as_ref()),
        Failure::Keyring(Error::Ambiguous(_)) => {
            format!("it has several entries `{SERVICE}` for {engine}; remove them in its own program")
        }
        // The others may hold the bytes of what was read.
        Failure::Keyring(Error::BadEncoding(_) | Error::BadDataFormat(..)) => {
            "what it has there is no key".to_owned()
        }
        Failure::Keyring(error) => error.to_string(),
    };
    let needs = if cfg!(target_os = "linux") {
        " It needs a session bus and a Secret Service (GNOME Keyring, KWallet, KeePassXC), which servers, containers and editors over \
         ssh often lack."
    } else {
        ""
    };
    format!(
        "the system's keyring cannot be used for {engine}: {what}.{needs} `weft key set {engine}` keeps the key in a file that only you \
         can read"
    )
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_is_said_with_the_way_out_and_without_the_key() {
        let cases = [
            (Failure::Late(PATIENCE_TO_READ), "10 s"),
            (Failure::Keyring(Error::NoStorageAccess("x".into())), "locked"),
            (Failure::Keyring(Error::PlatformFailure("no bus.".into())), "no bus"),
            (Failure::Keyring(Error::BadEncoding(b"sk-123".to_vec())), "no key"),
        ];
        for (failure, words) in cases {
            let said = explain("cloud", &failure);
            assert!(said.contains(words) && said.contains("`weft key set cloud`"), "{said}");
            assert!(!said.contains("sk-123") && !said.contains(".."), "{said}");
        }
    }
}
