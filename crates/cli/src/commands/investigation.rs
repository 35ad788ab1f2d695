//! `investigation`: those that ran or run.
use super::Door;
use crate::{
    print::investigation,
    reply::{Outcome, Reply},
    words::{Paging, word},
};
use assize_domain::{id::InvestigationId, investigation::InvestigationStatus};
use assize_engine::door::{ListInvestigations, ShowInvestigation, StopInvestigation};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List {
        #[arg(long, value_name = "S", value_parser = word::<InvestigationStatus>)]
        status: Vec<InvestigationStatus>,
        #[arg(long, value_name = "D")]
        device: Option<String>,
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    Show {
        id: String,
    },
    /// End it; what it has not begun yet will not happen.
    Stop {
        id: String,
        #[arg(long, value_name = "C")]
        comment: String,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::List { status, device, text, paging } => {
            let device = device.map(|d| door.device(d)).transpose()?;
            let request =
                ListInvestigations { status, device, text, limit: paging.limit, after: paging.after, snapshot: None };
            let page = door.engine.ask(&door.who, request)?;
            Ok(Reply::new(&page, investigation::listed(&page)))
        }
        Words::Show { id } => {
            let shown = door.engine.ask(&door.who, ShowInvestigation { id: InvestigationId(id) })?;
            Ok(Reply::new(&shown, investigation::shown(&shown)))
        }
        Words::Stop { id, comment } => {
            let stopped = door.engine.ask(&door.who, StopInvestigation { id: InvestigationId(id), comment })?;
            Ok(Reply::new(&stopped, investigation::shown(&stopped)))
        }
    }
}
