//! `incident`: what belongs together, who looks after it, and closing it.
use super::Door;
use crate::{
    print::incident,
    reply::{Outcome, Reply},
    words::{Paging, word},
};
use assize_domain::{
    alert::Severity,
    id::IncidentId,
    incident::{Classification, IncidentStatus},
    investigation::InvestigationStatus,
    order::Fault,
};
use assize_engine::{
    door::{AssignIncident, ListIncidents, ResolveIncident, ShowIncident},
    view::Incident,
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List {
        /// For example pending_action: those where something waits for a person.
        #[arg(long, value_name = "S", value_parser = investigation_state)]
        investigation_state: Option<InvestigationStatus>,
        /// active, in_progress or resolved
        #[arg(long, value_name = "S", value_parser = word::<IncidentStatus>)]
        status: Vec<IncidentStatus>,
        #[arg(long, value_name = "S", value_parser = word::<Severity>)]
        severity: Vec<Severity>,
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    Show {
        /// Id or number.
        id: String,
    },
    /// Say who looks after it.
    Assign { id: String, to: String },
    Resolve {
        id: String,
        /// true_positive, informational_expected_activity or false_positive
        #[arg(long, value_name = "C", value_parser = word::<Classification>)]
        classification: Classification,
        #[arg(long, value_name = "D")]
        determination: String,
        #[arg(long)]
        comment: Option<String>,
        /// Although actions still wait for a decision.
        #[arg(long)]
        even_so: bool,
    },
}

/// The queue calls the state in which something waits “Pending action”.
fn investigation_state(text: &str) -> Result<InvestigationStatus, String> {
    if text.eq_ignore_ascii_case("pending_action") || text.eq_ignore_ascii_case("pending-action") {
        return Ok(InvestigationStatus::PendingApproval);
    }
    word(text)
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::List { investigation_state, status, severity, text, paging } => {
            let request = ListIncidents {
                investigation_state,
                status,
                severity,
                text,
                limit: paging.limit,
                after: paging.after,
                snapshot: None,
            };
            let page = door.engine.ask(&door.who, request)?;
            Ok(Reply::new(&page, incident::listed(&page)))
        }
        Words::Show { id } => {
            let id = identified(door, id)?;
            Ok(reply(&door.engine.ask(&door.who, ShowIncident { id })?))
        }
        Words::Assign { id, to } => {
            let id = identified(door, id)?;
            Ok(reply(&door.engine.ask(&door.who, AssignIncident { id, to })?))
        }
        Words::Resolve { id, classification, determination, comment, even_so } => {
            let id = identified(door, id)?;
            let request = ResolveIncident { id, classification, determination, comment, even_so };
            Ok(reply(&door.engine.ask(&door.who, request)?))
        }
    }
}

/// People say `12` or `#12`, scripts the id.
pub(crate) fn identified(door: &Door, words: String) -> Result<IncidentId, Fault> {
    let Ok(number) = words.trim_start_matches('#').parse::<u32>() else { return Ok(IncidentId(words)) };
    let mut after = None;
    loop {
        let page = door.engine.ask(
            &door.who,
            ListIncidents {
                investigation_state: None,
                status: Vec::new(),
                severity: Vec::new(),
                text: None,
                limit: 500,
                after,
                snapshot: None,
            },
        )?;
        if let Some(found) = page.incidents.into_iter().find(|i| i.number == number) {
            return Ok(found.id);
        }
        after = page.next;
        if after.is_none() {
            return Ok(IncidentId(words));
        }
    }
}

/// The contract's spelling: `alerts` and `devices` are the lists themselves, their number stands beside them.
fn reply(shown: &Incident) -> Reply {
    let mut document = serde_json::to_value(shown).expect("BUG: every shape of the door is plain JSON");
    if let Some(fields) = document.as_object_mut() {
        for (list, plain, count) in [("alerts_list", "alerts", Some("alert_count")), ("devices_list", "devices", None)]
        {
            if let Some(full) = fields.remove(list) {
                let number = fields.insert(plain.to_owned(), full);
                if let (Some(count), Some(number)) = (count, number) {
                    fields.insert(count.to_owned(), number);
                }
            }
        }
    }
    Reply::new(&document, incident::shown(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queues_own_word_for_waiting_is_understood() {
        for text in ["pending_action", "Pending-Action", "pending_approval"] {
            assert_eq!(investigation_state(text), Ok(InvestigationStatus::PendingApproval), "{text}");
        }
    }
}
