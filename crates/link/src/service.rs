//! What the service manager is told (ready, alive, stopping) and what it says: when to end.
use crate::socket::Stop;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
    sync::Arc,
    time::Duration,
};

/// One line to the service manager, where there is one.
pub fn tell(line: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|n| !n.is_empty()) else { return };
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(hidden) => SocketAddr::from_abstract_name(hidden),
        None => SocketAddr::from_pathname(&name),
    };
    // It waits for what it does not hear, and then acts as its unit says.
    let _ = address.and_then(|to| UnixDatagram::unbound()?.send_to_addr(line.as_bytes(), &to));
}

/// How often the service manager wants a sign of life, if it wants any from this process.
fn watched() -> Option<Duration> {
    let for_us = env::var("WATCHDOG_PID").map_or(true, |pid| pid == std::process::id().to_string());
    let limit: u64 = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (for_us && limit > 0).then(|| Duration::from_micros(limit) / 2)
}

/// Says that the service is ready, then gives signs of life as long as callers are waited for, until it is told to end
/// (SIGTERM, or SIGINT from a terminal). Then nothing new begins, and what has begun comes to its end.
pub fn until_told_to_end(stop: &Arc<Stop>, status: &str) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    tell(&format!("READY=1\nSTATUS={status}"));
    if let Some(every) = watched() {
        let watched = Arc::clone(stop);
        std::thread::Builder::new().name("watchdog".into()).spawn(move || give_signs(&watched, every))?;
    }
    signals.forever().next();
    tell("STOPPING=1");
    stop.set();
    // Longer than this nothing takes but copying a very large file; what is cut off then is put right at the next start.
    stop.wait_for_work(Duration::from_secs(60));
    Ok(())
}

fn give_signs(stop: &Stop, every: Duration) {
    let mut seen = None;
    let mut still = Duration::ZERO;
    while !stop.is_set() {
        let beats = stop.beats();
        still = if seen == Some(beats) { still + every } else { Duration::ZERO };
        seen = Some(beats);
        // The heart beats every five seconds.
        if still < Duration::from_secs(20) {
            tell("WATCHDOG=1");
        }
        std::thread::sleep(every);
    }
}
