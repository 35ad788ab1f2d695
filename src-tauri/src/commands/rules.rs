//! Rule files.
use assize_engine::door;

requests! {
    list_rules asks ListRules;
    add_rules asks AddRules;
    remove_rules asks RemoveRules;
}
