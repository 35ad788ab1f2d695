//! Device groups and their automation levels.
use assize_engine::door;

requests! {
    list_groups asks ListGroups;
    add_group asks AddGroup;
    change_group asks ChangeGroup;
    remove_group asks RemoveGroup;
    move_group asks MoveGroup;
    assign_device asks AssignDevice;
}
