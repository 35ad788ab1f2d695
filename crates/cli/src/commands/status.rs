//! `status`: how things stand, as the window's first screen tells it.
use super::Door;
use crate::{
    print::{Text, time},
    reply::{Outcome, Reply},
};
use assize_engine::{door::ShowHome, view::Home};

pub(crate) fn run(door: &Door) -> Outcome {
    Ok(shown(&door.engine.ask(&door.who, ShowHome {})?))
}

pub(super) fn shown(home: &Home) -> Reply {
    let first = home.first_run.then_some(
        "Nobody has chosen an automation level yet: everything waits for a person. Choose with assizectl level choose.",
    );
    let text = Text::default()
        .lines(first)
        .field("level", home.level.label().to_owned())
        .field("waiting", home.pending.to_string())
        .lines(home.held.iter().map(|h| h.text.as_str()))
        .field("running", home.running.to_string())
        .field("failed", home.failed.to_string())
        .field("done", home.history.to_string())
        .field("incidents", format!("{} open", home.open_incidents))
        .field("last check", home.last_check_at.map_or_else(|| "never".to_owned(), time))
        .field("", home.last_check_text.clone())
        .field("now", home.checking.clone())
        .field("practice", home.practice.as_ref().map(|p| p.folder.clone()))
        .field("rights", home.rights.clone());
    Reply::new(home, text)
}
