//! A fresh look at one device: every copy of the content, who runs or holds it, and what starts it.
use super::{is_vouched, trusted};
use crate::{Engine, examine::device_policy};
use assize_domain::{
    entity::{Entity, EntityType, Relation},
    group::Device,
    id::{EvidenceId, IncidentId, InvestigationId},
    investigation::Scope,
    judgement::Observed,
    location::{Location, locate},
    order::Fault,
    question::Question,
    remedy::{ActionType, remedy_for},
    target::Target,
    text::{DevicePath, visible},
    verdict::Reason,
};
use assize_store::Sighting;
use std::collections::{BTreeMap, BTreeSet};

/// One thing to do on a device.
pub(super) struct Leaf {
    pub(super) kind: ActionType,
    pub(super) target: Target,
    pub(super) reasons: Vec<Reason>,
    pub(super) location: Location,
    pub(super) evidence: Option<Evidence>,
    /// Why it is not done.
    pub(super) refused: Option<Fault>,
}

/// The evidence that a part answers.
#[derive(Clone)]
pub(super) struct Evidence {
    pub(super) id: EvidenceId,
    pub(super) investigation: InvestigationId,
    pub(super) incident: Option<IncidentId>,
}

#[derive(Default)]
pub(super) struct Found {
    pub(super) leaves: Vec<Leaf>,
    /// What a person should know beside it.
    pub(super) notes: Vec<String>,
}

impl Engine {
    pub(super) fn find(
        &self,
        device: &Device,
        sha256: &str,
        named: Option<&DevicePath>,
        sightings: &[Sighting],
    ) -> Result<Found, Fault> {
        let (policy, folders) =
            self.read(|r| Ok((device_policy(r, device, self.now())?, crate::folder_lists::in_force(r)?)))?;
        let link = self.link(device)?;
        link.policy(&policy)?;
        let own: Vec<&Sighting> = sightings.iter().filter(|s| s.device_id == device.id).collect();
        let paths: BTreeSet<DevicePath> = own.iter().map(|s| s.path.clone()).chain(named.cloned()).collect();
        let question = Question {
            content: Some(sha256.to_owned()),
            ..Question::new(InvestigationId(self.new_id()), Scope::Paths { paths: paths.into_iter().collect() })
        };
        let observed = link.ask(&question, &mut |_| {})?.observed;
        let mut found = sort(&observed, sha256);
        for leaf in &mut found.leaves {
            if let Some(entity) = leaf.entity(&observed) {
                leaf.location = locate(entity, device.os, &folders);
            }
            if leaf.refused.is_none()
                && let Err(why) = link.capability(leaf.kind)
            {
                leaf.refused = Some(Fault::new("no_executor", why, "Do it by hand as described."));
            }
            if let Target::File { path, .. } = &leaf.target {
                let seen = own.iter().find(|s| s.path == *path).and_then(|s| s.evidence_id.clone());
                leaf.evidence = seen.map(|id| self.evidence_of(id)).transpose()?.flatten();
            }
        }
        Ok(found)
    }

    fn evidence_of(&self, id: EvidenceId) -> Result<Option<Evidence>, Fault> {
        self.read(|r| {
            let row = r.evidence(&id)?;
            let is_file = row.entity.kind() == EntityType::File;
            Ok(is_file.then_some(Evidence { id, investigation: row.investigation_id, incident: row.incident_id }))
        })
    }
}

impl Leaf {
    fn entity<'a>(&self, observed: &'a [Observed]) -> Option<&'a Entity> {
        observed.iter().map(|o| &o.entity).find(|e| Target::of(e).as_ref() == Some(&self.target))
    }
}

/// From everything that was seen: what is to be done, and what is left alone and why.
fn sort(observed: &[Observed], sha256: &str) -> Found {
    let mut found = Found::default();
    let by_key: BTreeMap<u32, &Observed> = observed.iter().map(|o| (o.key, o)).collect();
    let mut copies = BTreeSet::new();
    for o in observed {
        let Entity::File { file } = &o.entity else { continue };
        if file.sha256.as_deref() != Some(sha256) {
            continue;
        }
        let vouched = o.findings.iter().find(|f| is_vouched(f)).map(|f| trusted(&f.text));
        if vouched.is_none() {
            copies.insert(o.key);
        }
        found.leaves.extend(leaf(o, ActionType::QuarantineFile, vouched));
    }
    for o in observed {
        let to_copy = |relation: Relation| o.links.iter().any(|l| l.relation == relation && copies.contains(&l.to));
        match &o.entity {
            Entity::Process { process } => {
                let on_disk = o.links.iter().any(|l| l.relation == Relation::Runs);
                let runs = to_copy(Relation::Runs)
                    || to_copy(Relation::RunsScript)
                    // Its file is gone or lies in another view of the tree: the running content itself tells.
                    || (!on_disk && process.image_sha256.as_deref() == Some(sha256));
                if runs {
                    found.leaves.extend(leaf(o, ActionType::KillProcess, None));
                } else if to_copy(Relation::Holds) {
                    // A program of the system that merely has it open (an editor, a backup) is not the threat's own.
                    let image = o.links.iter().find(|l| l.relation == Relation::Runs).and_then(|l| by_key.get(&l.to));
                    if image.is_some_and(|i| i.findings.iter().any(is_vouched)) {
                        found.notes.push(format!(
                            "{} has it open and was not ended: it is a program of the system.",
                            visible(&o.entity.title())
                        ));
                    } else {
                        found.leaves.extend(leaf(o, ActionType::KillProcess, None));
                    }
                }
            }
            Entity::Service { .. }
            | Entity::ScheduledTask { .. }
            | Entity::StartupItem { .. }
            | Entity::Driver { .. }
            | Entity::Registry { .. } => {
                if to_copy(Relation::Starts)
                    && let Some(kind) = remedy_for(o.entity.kind())
                {
                    let vouched = o.findings.iter().find(|f| is_vouched(f)).map(|f| trusted(&f.text));
                    found.leaves.extend(leaf(o, kind, vouched));
                }
            }
            Entity::File { .. }
            | Entity::User { .. }
            | Entity::Ip { .. }
            | Entity::Url { .. }
            | Entity::Domain { .. }
            | Entity::Device { .. } => {}
        }
    }
    found
}

fn leaf(o: &Observed, kind: ActionType, refused: Option<Fault>) -> Option<Leaf> {
    Some(Leaf {
        kind,
        target: Target::of(&o.entity)?,
        reasons: o.findings.clone(),
        location: Location::NOWHERE,
        evidence: None,
        refused,
    })
}
