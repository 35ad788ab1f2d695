//! Each marked line reaches out of the rules and must be refused there; the others must pass.
#![forbid(unsafe_code)]

pub fn pure(now: u64) -> u64 {
    now + 1
}

pub fn reads_the_clock() -> bool {
    let at = std::time::SystemTime::now(); // breach
    at.elapsed().is_ok()
}

pub fn measures() -> u128 {
    let start = std::time::Instant::now(); // breach
    start.elapsed().as_millis()
}

pub fn opens(path: &str) -> bool {
    std::fs::File::open(path).is_ok() // breach
}

pub fn reads(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok() // breach
}

pub fn looks(path: &std::path::Path) -> bool {
    path.exists() // breach
}

pub fn connects(to: &str) -> bool {
    std::net::TcpStream::connect(to).is_ok() // breach
}

pub fn asks_the_environment() -> Option<String> {
    std::env::var("HOME").ok() // breach
}

pub fn starts(program: &str) -> bool {
    std::process::Command::new(program).status().is_ok() // breach
}

pub fn runs() {
    let _ = std::thread::spawn(|| ()).join(); // breach
}
