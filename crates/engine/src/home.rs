//! The first screen: what waits, what was checked, and the owner's first choice.
use crate::{
    Engine,
    directory::Directory,
    door::{ChooseLevel, ShowHome},
    groups, practice, view,
};
use assize_domain::{
    action::{Action, ActionState, ActionStatus},
    group::{DeviceKind, UNGROUPED},
    investigation::Investigation,
    order::Fault,
    role::Person,
};
use assize_store::{ActionQuery, ActionSort, Reader, SortBy, StoreError, Tab};

/// Set once somebody chose a level; until then everything waits for a person (spec 2.1).
pub(crate) const LEVEL_CHOSEN: &str = "level_chosen";

pub(crate) fn show(engine: &Engine, who: &Person, _: ShowHome) -> Result<view::Home, Fault> {
    let rights = rights(engine);
    let practice = practice::state(engine)?;
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let counts = r.counts()?;
        let oldest = r.action_page(&ActionQuery {
            tab: Some(Tab::Pending),
            status: vec![ActionStatus::PendingApproval],
            sort: ActionSort { by: SortBy::Expires, descending: false },
            limit: 1,
            ..ActionQuery::default()
        })?;
        let oldest_pending = oldest.rows.first().map(|row| directory.action(&row.action));
        let this = directory.devices.iter().find(|d| d.kind == DeviceKind::ThisComputer);
        let last = r.last_look()?;
        Ok(view::Home {
            first_run: r.setting(LEVEL_CHOSEN)?.is_none(),
            level: this.map_or_else(|| directory.group_of_id(&"".into()).level, |d| directory.group_of(d).level),
            person: who.name.clone(),
            this_computer: this.map(|d| d.id.clone()),
            rights,
            pending: crate::actions::count(counts.pending),
            running: crate::actions::count(counts.running),
            failed: crate::actions::count(counts.failed),
            history: crate::actions::count(counts.history),
            alerts: crate::actions::count(counts.alerts),
            open_incidents: crate::actions::count(counts.incidents_open),
            oldest_pending,
            last_check_at: last.as_ref().map(|i| i.ended_at.unwrap_or(i.started_at)),
            last_check_text: last.map(|i| format!("{}: {}.", i.name, i.status().label())),
            checking: match engine.progress() {
                Some(now) => Some(now),
                None => looking(r)?.map(|i| format!("{} …", i.name)),
            },
            practice,
            held: crate::caution::held(r)?,
        })
    })
}

/// An investigation that is under way. One of which only an action is left that waits for its device does not look any more.
fn looking(r: &Reader) -> Result<Option<Investigation>, StoreError> {
    for open in r.open_investigations()? {
        let investigation = open.value;
        let left = |a: &Action| matches!(a.state, ActionState::WaitingForDevice { .. });
        if !investigation.rests() && !r.actions_of_investigation(&investigation.id)?.iter().any(left) {
            return Ok(Some(investigation));
        }
    }
    Ok(None)
}

/// What this process may do on this computer, and what it may not and why.
fn rights(engine: &Engine) -> String {
    match engine.this_computer().and_then(|d| engine.link(&d)) {
        Err(fault) => format!("{} {}", fault.message, fault.hint),
        Ok(link) => link.rights(),
    }
}

pub(crate) fn choose_level(engine: &Engine, who: &Person, request: ChooseLevel) -> Result<view::Home, Fault> {
    groups::change_level(engine, who, UNGROUPED, request.level)?;
    show(engine, who, ShowHome {})
}
