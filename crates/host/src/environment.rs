//! A switch that a library reads from this process's environment alone, set before anything else runs.

/// Sets a variable of this process, unless it is set already. Returns false, and changes nothing, when another thread
/// exists: reading the environment there while it changes would be undefined.
#[cfg(target_os = "linux")]
#[must_use]
#[expect(unsafe_code, reason = "the standard library has no other way to set a variable")]
pub fn set_at_start(name: &str, value: &str) -> bool {
    if std::env::var_os(name).is_some() {
        return true;
    }
    if std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count) != 1 {
        return false;
    }
    // SAFETY: this is the only thread of the process, so nobody reads the environment meanwhile; a new thread could only
    // be started by this one.
    unsafe { std::env::set_var(name, value) };
    true
}
