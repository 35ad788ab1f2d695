//! Users, groups and homes as the device knows them.
