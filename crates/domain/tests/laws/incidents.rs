//! Incidents, spec 4.3: the rows that exist now.
use crate::given::{NOW, person};
use assize_domain::{
    alert::Severity,
    id::IncidentId,
    incident::{Classification, Incident, IncidentInput, IncidentRefusal, IncidentState, IncidentStatus, Resolution},
    role::Role,
};
use proptest::prelude::*;

fn incident(state: IncidentState) -> Incident {
    Incident {
        id: IncidentId::from("i"),
        number: 1,
        name: "n".into(),
        severity: Severity::High,
        assigned_to: None,
        tags: vec![],
        created_at: NOW,
        updated_at: NOW,
        state,
    }
}

fn resolve(waiting: u32, even_so: bool) -> IncidentInput {
    IncidentInput::Resolve {
        by: person(Role::Analyst),
        classification: Classification::TruePositive,
        determination: "Malware".into(),
        comment: None,
        waiting,
        even_so,
    }
}

fn input() -> impl Strategy<Value = IncidentInput> {
    let by = proptest::sample::select(vec![Role::Owner, Role::Approver, Role::Responder, Role::Analyst, Role::Viewer]);
    (0..4, by, 0u32..2, any::<bool>()).prop_map(|(which, role, waiting, even_so)| match which {
        0 => IncidentInput::Assign { by: person(role), to: "bob".into() },
        1 => IncidentInput::Resolve {
            by: person(role),
            classification: Classification::FalsePositive,
            determination: "Other".into(),
            comment: None,
            waiting,
            even_so,
        },
        2 => IncidentInput::AutoResolve { reason: "all remediated".into() },
        _ => IncidentInput::Reopen { by: person(role), reason: "came back".into() },
    })
}

/// From, event, to, as spec 4.3 has them (N4 only while nobody set a status).
const LISTED: &[(IncidentStatus, &str, IncidentStatus)] = &[
    (IncidentStatus::Active, "N2", IncidentStatus::InProgress),
    (IncidentStatus::InProgress, "N2", IncidentStatus::InProgress),
    (IncidentStatus::Active, "N3", IncidentStatus::Resolved),
    (IncidentStatus::InProgress, "N3", IncidentStatus::Resolved),
    (IncidentStatus::Active, "N4", IncidentStatus::Resolved),
    (IncidentStatus::Resolved, "N5", IncidentStatus::InProgress),
];

proptest! {
    /// Only the rows of the table, whoever asks.
    #[test]
    fn an_incident_takes_only_listed_steps(inputs in proptest::collection::vec(input(), 1..12)) {
        let mut current = incident(IncidentState::Active);
        for input in inputs {
            let viewer = matches!(
                &input,
                IncidentInput::Assign { by, .. } | IncidentInput::Resolve { by, .. } | IncidentInput::Reopen { by, .. }
                    if by.role == Role::Viewer
            );
            match current.clone().step(input, NOW) {
                Ok(next) => {
                    prop_assert!(!viewer, "a viewer changes nothing");
                    let step = (current.status(), next.event, next.incident.status());
                    prop_assert!(LISTED.contains(&step), "{step:?}");
                    current = next.incident;
                }
                Err(refusal) => prop_assert_eq!(
                    viewer, matches!(refusal, IncidentRefusal::NotPermitted { .. }), "{:?}", refusal
                ),
            }
        }
    }
}

/// M105: automatic closing says why; what a person took on is left to them.
#[test]
fn automation_closes_only_what_nobody_took_on_and_says_why() {
    let closed = incident(IncidentState::Active)
        .step(IncidentInput::AutoResolve { reason: "2 of 2 remediated".into() }, NOW)
        .unwrap()
        .incident;
    let IncidentState::Resolved { why, by, .. } = closed.state else { panic!("closed") };
    assert_eq!((why, by.as_str()), (Resolution::Automatic { reason: "2 of 2 remediated".into() }, "automation"));
    let taken = incident(IncidentState::InProgress).step(IncidentInput::AutoResolve { reason: String::new() }, NOW);
    assert!(taken.is_err());
}

#[test]
fn resolving_over_waiting_actions_must_be_meant() {
    let refused = incident(IncidentState::Active).step(resolve(2, false), NOW);
    assert_eq!(refused.unwrap_err(), IncidentRefusal::ActionsWait { waiting: 2 });
    assert!(incident(IncidentState::Active).step(resolve(2, true), NOW).is_ok());
    assert!(incident(IncidentState::Active).step(resolve(0, false), NOW).is_ok());
}
