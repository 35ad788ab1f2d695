//! The core and temp folders that decide under the two location levels.
use assize_engine::door;

requests! {
    list_folders asks ListFolders;
    change_folders asks ChangeFolders;
}
