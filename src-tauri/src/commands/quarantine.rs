//! What lies in the vault.
use assize_engine::door;

requests! {
    list_quarantine asks ListQuarantine;
    verify_quarantine asks VerifyQuarantine;
    pin_quarantined asks PinQuarantined;
    restore_quarantined asks RestoreQuarantined;
}
