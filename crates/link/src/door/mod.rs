//! The door socket: the engine in another process, for windows and command lines. What may be asked there is the engine's
//! own closed list; here it is carried, with the person the kernel names, and news is pushed to whoever waits for it.
mod client;
mod serve;

pub use client::{Client, NoService};
pub use serve::{Desk, serve};

use serde::{Deserialize, Serialize};

/// Where it is unless somebody says otherwise.
pub const SOCKET: &str = "/run/assize/door.sock";

/// Rule files are the longest thing a person sends.
const LONGEST_QUESTION: usize = 128 * 1024 * 1024;

/// What goes through the door. `Q` is the engine's list of requests, `T` its list of things that are handed out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Call<Q, T> {
    Ask(Q),
    /// Bytes that the caller writes with rights of its own.
    Take(T),
    /// Answered as soon as there is a record newer than this, or when the time is up.
    Watch {
        since: u64,
        at_most_ms: u32,
    },
    /// What a running investigation does right now.
    Progress,
}
