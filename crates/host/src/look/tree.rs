//! Reading a device's tree as the device itself would see it.
