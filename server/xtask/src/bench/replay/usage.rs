//! What processes have used of the CPU, as Linux tells in `/proc`. Elsewhere it is not known.
//!
//! It must not start or end any process.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Linux shows times in hundredths of a second on every architecture (`USER_HZ`, proc_pid_stat(5)).
const TICKS_A_SECOND: f64 = 100.0;

/// The seconds of CPU, in user and kernel mode, that a process has used; `None` if it is gone.
pub(super) fn of_process(pid: u32) -> Option<f64> {
    in_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The process of the engine whose state file is `path`.
pub(super) fn engine_pid(path: &Path) -> Option<u32> {
    let state: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    u32::try_from(state["pid"].as_u64()?).ok()
}

/// What processes used between two looks at them. One that was not there before counts from its start.
pub(super) fn between(before: &[(u32, Option<f64>)], after: &[(u32, Option<f64>)]) -> Option<f64> {
    let mut sum = 0.0;
    for (pid, used) in after {
        let earlier = before.iter().find(|(other, _)| other == pid).and_then(|(_, used)| *used);
        sum += (*used)? - earlier.unwrap_or_default();
    }
    Some(sum)
}

/// The fields `utime` and `stime`. The name before them is in brackets and may hold anything.
fn in_stat(text: &str) -> Option<f64> {
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "12 (a) b) S 1 12 12 0 -1 4194560 1 2 3 4 150 75 9 9 20 0 1 0 100 1 1";
        assert_eq!(in_stat(stat), Some(2.25));
        assert_eq!(in_stat("12 (a"), None);
    }

    #[test]
    fn a_process_that_came_later_counts_whole() {
        assert_eq!(between(&[(1, Some(1.0))], &[(1, Some(3.0)), (2, Some(0.5))]), Some(2.5));
        assert_eq!(between(&[(1, Some(1.0))], &[(1, None)]), None);
        assert_eq!(between(&[], &[]), Some(0.0));
    }
}
