//! Every verdict, with or without an action.
use assize_engine::door;

requests! {
    list_verdicts asks ListVerdicts;
}
