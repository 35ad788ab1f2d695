//! Indicators.
use assize_engine::door;

requests! {
    list_indicators asks ListIndicators;
    add_indicator asks AddIndicator;
    remove_indicator asks RemoveIndicator;
}
