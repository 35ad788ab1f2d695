//! Eyes: what is there.
