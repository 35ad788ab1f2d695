//! The shell's commands: parse, ask the engine, hand the fault on. One command for each request of the door.

macro_rules! requests {
    ($($name:ident asks $request:ident;)*) => {$(
        #[tauri::command]
        #[specta::specta]
        pub(crate) async fn $name(
            desk: tauri::State<'_, crate::desk::Desk>,
            request: door::$request,
        ) -> Result<<door::$request as door::Ask>::Answer, assize_domain::order::Fault> {
            desk.ask(move |engine, person| engine.ask(person, request)).await
        }
    )*};
}

mod actions;
mod alerts;
mod audit;
mod devices;
mod doctor;
mod exports;
mod folders;
mod groups;
mod home;
mod incidents;
mod indicators;
mod investigations;
#[cfg(test)]
mod names;
mod opening;
mod practice;
mod preferences;
mod quarantine;
mod rules;
mod service;
mod verdicts;

use tauri_specta::{Builder, collect_commands, collect_events};

/// Everything that crosses into the page; used by the application and by the test that writes the bindings.
pub(crate) fn all() -> Builder<tauri::Wry> {
    Builder::new()
        // One type for what is sent and what is received: absent and null mean the same here.
        .disable_serde_phases()
        .commands(collect_commands![
            opening::opening,
            opening::open_again,
            preferences::preferences,
            preferences::keep_preferences,
            exports::keep_export,
            home::show_home,
            home::choose_level,
            actions::list_actions,
            actions::show_action,
            actions::plan_action,
            actions::approve_actions,
            actions::reject_actions,
            actions::cancel_actions,
            actions::retry_actions,
            actions::undo_actions,
            actions::allow_after_undo,
            actions::reapply_action,
            actions::plan_rollback,
            actions::roll_back,
            actions::run_action,
            actions::plan_run,
            verdicts::list_verdicts,
            alerts::list_alerts,
            alerts::show_alert,
            alerts::preview_alerts,
            alerts::import_alerts,
            incidents::list_incidents,
            incidents::show_incident,
            incidents::assign_incident,
            incidents::resolve_incident,
            incidents::show_evidence,
            investigations::list_investigations,
            investigations::show_investigation,
            investigations::start_investigation,
            investigations::stop_investigation,
            devices::list_mitigations,
            devices::list_devices,
            devices::show_device,
            devices::add_device,
            groups::list_groups,
            groups::add_group,
            groups::change_group,
            groups::remove_group,
            groups::move_group,
            groups::assign_device,
            folders::list_folders,
            folders::change_folders,
            folders::list_limits,
            folders::change_limits,
            folders::list_protected,
            folders::change_protected,
            practice::make_practice,
            practice::remove_practice,
            indicators::list_indicators,
            indicators::add_indicator,
            indicators::remove_indicator,
            rules::list_rules,
            rules::add_rules,
            rules::remove_rules,
            quarantine::list_quarantine,
            quarantine::verify_quarantine,
            quarantine::pin_quarantined,
            quarantine::restore_quarantined,
            audit::verify_audit,
            audit::export_audit,
            doctor::run_doctor,
            service::service_status,
            service::install_service,
            service::remove_service,
        ])
        .events(collect_events![crate::changes::Changed])
}

#[cfg(test)]
mod tests;
