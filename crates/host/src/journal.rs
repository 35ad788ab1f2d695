//! What was intended, written and synced before it is done.
