//! Properties that hold whatever comes in, over the crates put together.
