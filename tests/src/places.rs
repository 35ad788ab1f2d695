//! Where the built programs and the collected test data are.

use std::path::{Path, PathBuf};

/// The checkout.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout is where it was built")
}

/// The folder of the programs from the same build as the running test.
pub fn programs() -> PathBuf {
    std::env::var_os("ASSIZE_PROGRAMS").map_or_else(built_beside, PathBuf::from)
}

/// A program of ours.
pub fn program(name: &str) -> PathBuf {
    let file = programs().join(name);
    assert!(file.is_file(), "{} is not built: cargo build -p assize -p assize-cli", file.display());
    file
}

/// target/debug, above target/debug/deps/desktop-1234.
pub(crate) fn built_beside() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    test.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

/// The target folder, for what a test leaves behind for people to look at.
pub fn target() -> PathBuf {
    built_beside().parent().map(Path::to_owned).unwrap_or_default()
}

/// A folder of the collected test data; `None` where the collection is not on this machine.
pub fn collection(folder: &str) -> Option<PathBuf> {
    let top = std::env::var_os("ASSIZE_TEST_DATA").map(PathBuf::from);
    let top = top.unwrap_or_else(|| checkout().join("../shared/data"));
    Some(top.join(folder)).filter(|path| path.exists())
}
