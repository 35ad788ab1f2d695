//! What a level is bounded by: the core and temp folders, how much may run by itself, what is never acted on.
use assize_engine::door;

requests! {
    list_folders asks ListFolders;
    change_folders asks ChangeFolders;
    list_limits asks ListLimits;
    change_limits asks ChangeLimits;
    list_protected asks ListProtected;
    change_protected asks ChangeProtected;
}
