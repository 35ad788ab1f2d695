//! Orders that a person approved, for hands that are asked without an engine.
use std::error::Error;

use assize_domain::{
    action::{Action, ActionInput, PolicySnapshot, Proposal, Source},
    group::AutomationLevel,
    id::{ActionId, DeviceId, OrderId, VaultId},
    location::LocationClass,
    order::{Conflict, Order, Proof, Receipt, ReceiptOutcome},
    policy::{Outcome, Ruling, permit},
    remedy::ActionType,
    role::{Person, Role},
    target::Target,
    time::Stamp,
    verdict::Verdict,
};

pub(crate) fn now() -> Stamp {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn allowed(kind: ActionType, target: Target) -> Result<Action, Box<dyn Error>> {
    let proposal = Proposal {
        id: ActionId("action".into()),
        approval_id: "approval".into(),
        investigation_id: None,
        incident_id: None,
        evidence_id: None,
        device_id: DeviceId("device".into()),
        kind,
        source: Source::AutomatedInvestigation,
        target,
        policy: PolicySnapshot {
            group: "bench".into(),
            level: AutomationLevel::Full,
            verdict: Verdict::Malicious,
            reasons: vec![],
            class: LocationClass::Temp,
            classified_by: None,
            ruling: Ruling { outcome: Outcome::Act, decided_by_row: 8, trace: vec![] },
            folder_lists: 1,
            rules: vec![],
        },
    };
    Ok(Action::propose(proposal, now()).ok_or("no action comes of it")?.action)
}

pub(crate) fn apply(id: &str, kind: ActionType, target: &Target) -> Result<Order, Box<dyn Error>> {
    let action = allowed(kind, target.clone())?;
    let permit = permit(&action, now()).map_err(|refusal| format!("{refusal:?}"))?;
    Ok(Order::apply(permit, OrderId(id.to_owned())))
}

pub(crate) fn undo(id: &str, kind: ActionType, target: &Target, kept: Vec<VaultId>) -> Result<Order, Box<dyn Error>> {
    let order = OrderId("earlier".into());
    let proof = Proof { kept: kept.clone(), ..Proof::default() };
    let receipt =
        Receipt { order: order.clone(), outcome: ReceiptOutcome::Done { proof }, steps: vec![], finished_at: now() };
    let by = Person { id: "owner".into(), name: "Owner".into(), role: Role::Owner };
    let steps = [
        ActionInput::Start { order },
        ActionInput::Receipt { receipt },
        ActionInput::Undo { by, reason: None, conflict: Conflict::Stop },
    ];
    let mut action = allowed(kind, target.clone())?;
    for step in steps {
        action = action.step(step, now()).map_err(|refusal| format!("{refusal:?}"))?.action;
    }
    let permit = permit(&action, now()).map_err(|refusal| format!("{refusal:?}"))?;
    Ok(Order::undo(permit, OrderId(id.to_owned()), kept, Conflict::Stop))
}

/// What was kept; anything but done is an error.
pub(crate) fn done(receipt: &Receipt) -> Result<Vec<VaultId>, Box<dyn Error>> {
    let ReceiptOutcome::Done { proof } = &receipt.outcome else {
        return Err(format!("not done: {:?}", receipt.outcome).into());
    };
    Ok(proof.kept.clone())
}
