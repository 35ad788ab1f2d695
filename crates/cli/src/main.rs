//! assizectl
fn main() {}
