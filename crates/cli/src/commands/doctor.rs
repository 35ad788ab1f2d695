//! `doctor`: what works here, what does not, and why. A limit of this machine is an answer, not a failure.
use super::Door;
use crate::{
    print::Text,
    reply::{Outcome, Reply},
};
use assize_engine::door::RunDoctor;

pub(crate) fn run(door: &Door) -> Outcome {
    let health = door.engine.ask(&door.who, RunDoctor {})?;
    let rows = health.checks.iter().map(|c| {
        let hint = c.hint.as_ref().map(|h| format!(" {h}")).unwrap_or_default();
        [if c.ok { "yes" } else { "no" }.to_owned(), c.name.clone(), format!("{}{hint}", c.detail)]
    });
    Ok(Reply::new(&health, Text::default().table(["OK", "WHAT", "DETAIL"], rows.collect(), "Nothing was checked.")))
}
