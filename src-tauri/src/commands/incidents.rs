//! Incidents and the evidence in them.
use assize_engine::door;

requests! {
    list_incidents asks ListIncidents;
    show_incident asks ShowIncident;
    assign_incident asks AssignIncident;
    resolve_incident asks ResolveIncident;
    show_evidence asks ShowEvidence;
}
