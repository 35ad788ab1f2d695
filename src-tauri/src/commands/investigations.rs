//! Investigations: lists, one page, start and stop.
use assize_engine::door;

requests! {
    list_investigations asks ListInvestigations;
    show_investigation asks ShowInvestigation;
    start_investigation asks StartInvestigation;
    stop_investigation asks StopInvestigation;
}
