/** The words of devices and their groups. */
export const words = {
  title: "Devices",
  none: "No devices.",
  addDevice: "Add a staged device",
  addDeviceText: "A staged device is the file tree below a folder: a mounted disk, or a copy. Its processes are those whose program lies below that folder.",
  addGroup: "Add group",
  change: "Change level",
  reason: "Why? This is kept in the audit trail.",
  needsReason: "This level needs a reason.",
  removeGroup: "Remove group",
  removeText: "Its devices go to the next group whose rules fit, at the latest to the default group. No decision of the past changes.",
  lastGroup: "Takes every device that no rule fits. Always last.",
  past: "A change counts from now on: past decisions stay as they were, and what waits goes on waiting.",
};
export const deviceKinds: Record<string, string> = { this_computer: "This computer", staged: "Staged device", practice: "Practice range" };
