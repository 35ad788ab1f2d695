//! The practice range.
use assize_engine::door;

requests! {
    make_practice asks MakePractice;
    remove_practice asks RemovePractice;
}
