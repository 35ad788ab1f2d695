//! Health.
use assize_engine::door;

requests! {
    run_doctor asks RunDoctor;
}
