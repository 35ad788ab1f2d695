//! Errors of the engine: whatever goes wrong becomes one `{code, message, hint}` at the door.
use assize_domain::{
    action::{ActionStatus, Refusal},
    incident::IncidentRefusal,
    investigation::InvestigationRefusal,
    order::Fault,
};
use assize_store::StoreError;

/// What stops a transaction: the store, or a refusal that is already in words.
#[derive(Debug)]
pub(crate) enum Stop {
    Store(StoreError),
    Fault(Fault),
}

impl From<StoreError> for Stop {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

impl From<Fault> for Stop {
    fn from(f: Fault) -> Self {
        Self::Fault(f)
    }
}

impl From<Stop> for Fault {
    fn from(s: Stop) -> Self {
        match s {
            Stop::Fault(f) => f,
            Stop::Store(e) => from_store(&e),
        }
    }
}

pub(crate) fn from_store(e: &StoreError) -> Fault {
    let (code, hint) = match e {
        StoreError::Newer { .. } => ("database_newer", "Open it with the newer version of Assize."),
        StoreError::Full => {
            ("disk_full", "Nothing was lost. Make room on the disk that holds the data folder, then try again.")
        }
        StoreError::Busy => ("database_busy", "Another process is writing. Try again."),
        StoreError::Damaged(_) => {
            ("database_damaged", "Nothing was changed. Copy the data folder before anything else.")
        }
        StoreError::Taken { .. } => ("name_taken", "Choose another name."),
        StoreError::Cursor => ("list_moved", "Load the list again."),
        StoreError::Conflict => {
            ("changed_meanwhile", "Somebody else changed it a moment ago. Look again, then decide.")
        }
        StoreError::NotFound { .. } => ("not_found", "Look at the list for the right id."),
        StoreError::Io(_) => ("data_folder", "Check that the data folder exists and is yours."),
        StoreError::Sql(_) => ("database", "Nothing was changed. Run the health check for details."),
    };
    Fault::new(code, as_sentence(&e.to_string()), hint)
}

/// What a program says to a program begins small and ends nowhere; a person reads sentences.
fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let rest = letters.as_str().trim_end_matches('.');
    first.into_iter().flatten().chain(rest.chars()).chain(['.']).collect()
}

pub(crate) fn not_found(what: &str, id: &str) -> Fault {
    Fault::new("not_found", format!("There is no {what} “{id}”."), "Look at the list for the right id.")
}

pub(crate) fn bad_input(message: impl Into<String>, hint: &str) -> Fault {
    Fault::new("bad_input", message, hint)
}

/// A refusal in words a person can act on.
pub(crate) fn from_refusal(r: &Refusal) -> Fault {
    match r {
        Refusal::NotInThisState { status } => {
            Fault::new("not_now", sentence(*status), "Look at the action as it is now.")
        }
        Refusal::AlreadyDecided { by, at } => {
            Fault::new("already_decided", format!("{by} already decided this at {at}."), "Nothing more is needed.")
        }
        Refusal::Expired { expired_at } => Fault::new(
            "expired",
            format!("The time to decide ran out at {expired_at}, which counts as rejected."),
            "Start a new investigation if it still matters.",
        ),
        Refusal::NotPermitted { who, .. } => Fault::new(
            "no_permission",
            format!("The role of {who} does not allow this."),
            "Ask somebody whose role allows it.",
        ),
        Refusal::CannotUndo { why } => Fault::new("cannot_undo", why.clone(), "Nothing was touched."),
        Refusal::WaitTooLong => Fault::new("wait_too_long", r.to_string(), "Choose an earlier date."),
    }
}

fn sentence(status: ActionStatus) -> String {
    format!("This cannot be done now: the action is {}.", status.code().replace('_', " "))
}

pub(crate) fn from_investigation(r: &InvestigationRefusal) -> Fault {
    let code = match r {
        InvestigationRefusal::NotInThisState { .. } | InvestigationRefusal::NothingNew => "not_now",
        InvestigationRefusal::NotPermitted { .. } => "no_permission",
    };
    Fault::new(code, format!("{r}."), "Look at the investigation as it is now.")
}

pub(crate) fn from_incident(r: &IncidentRefusal) -> Fault {
    let (code, hint) = match r {
        IncidentRefusal::NotInThisState { .. } => ("not_now", "Look at the incident as it is now."),
        IncidentRefusal::ActionsWait { .. } => {
            ("actions_wait", "Decide them first, or say that it shall be resolved even so.")
        }
        IncidentRefusal::NotPermitted { .. } => ("no_permission", "Ask somebody whose role allows it."),
    };
    Fault::new(code, format!("{r}."), hint)
}
