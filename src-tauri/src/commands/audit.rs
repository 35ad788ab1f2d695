//! The audit trail.
use assize_engine::door;

requests! {
    verify_audit asks VerifyAudit;
    export_audit asks ExportAudit;
}
