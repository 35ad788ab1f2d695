//! Hands: each verb with plan, snapshot, apply, verify, undo.
