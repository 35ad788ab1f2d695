//! Devices.
use assize_engine::door;

requests! {
    list_mitigations asks ListMitigations;
    list_devices asks ListDevices;
    show_device asks ShowDevice;
    add_device asks AddDevice;
}
