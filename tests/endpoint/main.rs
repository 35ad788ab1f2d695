//! The real operating system, as root, in a throw-away world (`assize_tests::world`).

mod world;
