//! The first screen and its one choice.
use assize_engine::door;

requests! {
    show_home asks ShowHome;
    choose_level asks ChooseLevel;
}
