//! Opening what a path names, component by component, without following links.
