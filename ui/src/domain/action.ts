/** Actions: their types, states, sources, and what became of the evidence. */
import {
  ArchiveMultipleRegular, ArchiveRegular, ArrowSyncRegular, ArrowUndoRegular, BranchRegular, CalendarClockRegular, CheckmarkCircleRegular,
  CheckmarkRegular, CircleHalfFillRegular, CircleRegular, ClipboardTaskRegular, ClockRegular, DatabaseRegular,
  DismissCircleRegular, DismissSquareRegular, ErrorCircleRegular, HourglassRegular, LockClosedRegular, PauseCircleRegular,
  PlugDisconnectedRegular, RocketRegular, ScanRegular, ServerRegular, ShieldCheckmarkRegular, ShieldRegular,
  SubtractCircleRegular, WarningRegular, WrenchRegular,
} from "@fluentui/react-icons";
import type { ActionStatus, ActionType, HopName, RemediationStatus, Rung, Source, Standing, StuckCause } from "../api/bindings";
import type { Look } from "../look";

/** `object` follows a verb in sentences and buttons: "Undo quarantine". `many`: "Approve 3 quarantines". */
export interface ActionTypeLook extends Look {
  object: string;
  /** On the button by which a person asks for it. */
  run: string;
  /** Whether such an action can be taken back at all. */
  undoable: boolean;
  /** What a hunt would look for around such a target. */
  hunt: string;
}

export const actionTypeLooks: Record<ActionType, ActionTypeLook> = {
  quarantine_file: {
    label: "Quarantine a file", object: "quarantine", run: "Quarantine this file", undoable: true, icon: ArchiveRegular, tone: "neutral",
    explanation: "The file is moved into the vault, sealed, and can be put back bit for bit.",
    hunt: "the same file by its hash, on every device, and what wrote or started it one hour before and after",
  },
  kill_process: {
    label: "Kill a process", object: "ending the process", run: "End this process", undoable: false, icon: DismissSquareRegular, tone: "neutral",
    explanation: "The running program is ended. That cannot be undone.",
    hunt: "the process, its children first, and what started it one hour before and after",
  },
  stop_service: {
    label: "Stop a service", object: "stopping the service", run: "Stop this service", undoable: true, icon: ServerRegular, tone: "neutral",
    explanation: "The service is stopped and no longer starts by itself.",
    hunt: "the program of the service by its path and hash, and the service's name",
  },
  disable_driver: {
    label: "Disable a driver", object: "disabling the driver", run: "Disable this driver", undoable: true, icon: WrenchRegular, tone: "neutral",
    explanation: "The driver no longer loads.", hunt: "the driver by its path and hash",
  },
  remove_scheduled_task: {
    label: "Remove a scheduled task", object: "removal of the task", run: "Remove this task", undoable: true, icon: CalendarClockRegular, tone: "neutral",
    explanation: "The task no longer runs. Its exact line or file is kept, and can be put back.",
    hunt: "what the task starts, by path and hash, and when it ran",
  },
  remove_registry_key: {
    label: "Remove a registry key", object: "removal of the key", run: "Remove this key", undoable: true, icon: DatabaseRegular, tone: "neutral",
    explanation: "The key or value is removed, and kept.", hunt: "the same key and value on every device",
  },
  remove_persistence: {
    label: "Remove persistence", object: "removal of startup item", run: "Remove this startup item", undoable: true, icon: RocketRegular, tone: "neutral",
    explanation: "What arranged to be started at log-in or boot no longer does.",
    hunt: "what the startup item starts, by path and hash",
  },
  isolate_device: {
    label: "Isolate device", object: "isolation", run: "Isolate this device", undoable: true, icon: PlugDisconnectedRegular, tone: "neutral",
    explanation: "The network of the device is cut off, except for what you leave reachable. Nothing on it is changed or lost.", hunt: "the device's connections one hour before and after",
  },
  restrict_code_execution: {
    label: "Restrict code execution", object: "restriction", run: "Restrict program starts", undoable: true, icon: LockClosedRegular, tone: "neutral",
    explanation: "Only programs that belong to the system's packages, or that you allowed, may still start. What runs already goes on.", hunt: "which programs started on the device",
  },
  run_antivirus_scan: {
    label: "Run antivirus scan", object: "scan", run: "Scan this device", undoable: false, icon: ScanRegular, tone: "neutral",
    explanation: "Looks through the files of the device. What it finds becomes evidence; what is done about it follows the automation level.", hunt: "what the scan reported",
  },
  stop_and_quarantine_file: {
    label: "Stop and quarantine a file", object: "stop and quarantine", run: "Stop and quarantine it", undoable: true, icon: ArchiveMultipleRegular, tone: "neutral",
    explanation: "Ends every process that runs from the file, then moves every copy of it into the vault, on every device that has it.",
    hunt: "the same file by its hash, on every device",
  },
  collect_investigation_package: {
    label: "Collect investigation package", object: "collection", run: "Collect the package", undoable: false, icon: ClipboardTaskRegular, tone: "neutral",
    explanation: "Gathers what a person needs to look into the device into one archive: what runs, what starts by itself, the network, users and logs. It changes nothing.", hunt: "all activity on the device",
  },
};

export const actionStatusLooks: Record<ActionStatus, Look> = {
  pending_approval: {
    label: "Pending approval", icon: HourglassRegular, tone: "attention",
    explanation: "It waits for a person. Nothing has been touched.",
  },
  approved: { label: "Approved", icon: CheckmarkRegular, tone: "neutral", explanation: "A person said yes; it is about to start." },
  queued: { label: "Queued", icon: ClockRegular, tone: "neutral", explanation: "It waits for its turn." },
  waiting_for_device: {
    label: "Waiting for device", icon: PauseCircleRegular, tone: "warning",
    explanation: "The device does not answer; it will be tried again.",
  },
  running: { label: "Running", icon: ArrowSyncRegular, tone: "neutral", explanation: "It is being carried out now." },
  completed: { label: "Completed", icon: CheckmarkCircleRegular, tone: "success", explanation: "It was done, and checked on the device." },
  partially_completed: {
    label: "Partially completed", icon: CircleHalfFillRegular, tone: "warning", explanation: "Some parts were done, some were not.",
  },
  failed: { label: "Failed", icon: ErrorCircleRegular, tone: "danger", explanation: "It could not be done. Nothing was lost." },
  skipped: { label: "Skipped", icon: SubtractCircleRegular, tone: "neutral", explanation: "There was nothing to do any more." },
  timed_out: { label: "Timed out", icon: ClockRegular, tone: "danger", explanation: "It did not finish within its time." },
  rejected: { label: "Rejected", icon: DismissCircleRegular, tone: "neutral", explanation: "A person said no. Nothing was touched." },
  expired: {
    label: "Expired", icon: HourglassRegular, tone: "neutral",
    explanation: "Nobody answered in time, which counts as rejected. Nothing was touched.",
  },
  cancelled: { label: "Cancelled", icon: DismissCircleRegular, tone: "neutral", explanation: "It was stopped before it finished." },
  undoing: { label: "Undoing", icon: ArrowSyncRegular, tone: "neutral", explanation: "It is being taken back now." },
  undone: { label: "Undone", icon: ArrowUndoRegular, tone: "neutral", explanation: "It was taken back, and checked on the device." },
  partly_undone: {
    label: "Partly undone", icon: CircleHalfFillRegular, tone: "warning", explanation: "Some parts were taken back, some were not.",
  },
  undo_failed: { label: "Undo failed", icon: ErrorCircleRegular, tone: "danger", explanation: "It could not be taken back. What was kept is still kept." },
};

export const remediationLooks: Record<RemediationStatus, Look> = {
  none: { label: "No action", icon: CircleRegular, tone: "neutral", explanation: "Nothing is to be done about it." },
  pending_approval: { label: "Pending approval", icon: HourglassRegular, tone: "attention", explanation: "An action about it waits for a person." },
  running: { label: "Running", icon: ArrowSyncRegular, tone: "neutral", explanation: "An action about it is under way." },
  remediated: { label: "Remediated", icon: ShieldCheckmarkRegular, tone: "success", explanation: "It was treated, and checked on the device." },
  partially_remediated: { label: "Partially remediated", icon: CircleHalfFillRegular, tone: "warning", explanation: "Some of it was treated." },
  prevented: { label: "Prevented", icon: ShieldRegular, tone: "success", explanation: "It was stopped before it could do anything." },
  not_found: { label: "Not found", icon: SubtractCircleRegular, tone: "neutral", explanation: "It was no longer there." },
  declined: { label: "Declined", icon: DismissCircleRegular, tone: "neutral", explanation: "A person decided to leave it, or nobody answered in time." },
  unremediated: { label: "Unremediated", icon: WarningRegular, tone: "warning", explanation: "It is there again: the action was taken back." },
  failed: { label: "Failed", icon: ErrorCircleRegular, tone: "danger", explanation: "The action about it failed." },
};

/** `short`: for a column. */
export const sourceLooks: Record<Source, Look & { short: string }> = {
  automated_investigation: { label: "Automated investigation", short: "Automation", icon: BranchRegular, tone: "neutral", explanation: "An investigation proposed it." },
  manual_response: { label: "Manual response", short: "By hand", icon: WrenchRegular, tone: "neutral", explanation: "A person asked for it in the window." },
  antivirus: { label: "Antivirus", short: "Antivirus", icon: ShieldRegular, tone: "neutral", explanation: "An antivirus program did it." },
  command_line: { label: "Command line", short: "Command line", icon: ClipboardTaskRegular, tone: "neutral", explanation: "A person asked for it on the command line." },
};

/** A person asked for it. */
export const byHand: ReadonlySet<Source> = new Set<Source>(["manual_response", "command_line"]);

/** States in which a waiting or running action may still be called off. */
export const cancellable: ReadonlySet<ActionStatus> = new Set<ActionStatus>(["approved", "queued", "waiting_for_device", "running"]);
export const retryable: ReadonlySet<ActionStatus> = new Set<ActionStatus>(["failed", "timed_out"]);

/** Whether it is about the whole device, and not about one thing on it. */
export const aboutDevice: ReadonlySet<ActionType> = new Set<ActionType>(["isolate_device", "restrict_code_execution", "run_antivirus_scan", "collect_investigation_package"]);

/** It changes nothing on the device. */
export const onlyLooks: ReadonlySet<ActionType> = new Set<ActionType>(["run_antivirus_scan", "collect_investigation_package"]);

/** Whether it stays in force until it is taken back, and may be asked for a time only. */
export const lasting: ReadonlySet<ActionType> = new Set<ActionType>(["isolate_device", "restrict_code_execution"]);

/** How far the order of an action has come. */
export const hopLabels: Record<HopName, string> = {
  queued: "Due", delivered: "Handed to the device", accepted: "Written down there", started: "Begun", finished: "Ended", verified: "Checked afterwards",
};

export const stuckLabels: Record<StuckCause, string> = {
  device_away: "The device is not there.", not_taken_up: "It was not taken up.", no_answer: "No answer came.", overdue: "It takes longer than usual.",
};

/** When it is looked at again whether it held. */
export const rungLabels: Record<Rung, string> = {
  at_once: "At once", after_restart: "After a restart", after_day: "After a day", after_week: "After a week",
};

export const standingLooks: Record<Standing, Look> = {
  succeeded: { label: "Done", icon: CheckmarkCircleRegular, tone: "success", explanation: "It is done there, or nothing had to be done." },
  failed: { label: "Failed", icon: ErrorCircleRegular, tone: "danger", explanation: "It could not be done there." },
  pending: { label: "Under way", icon: ClockRegular, tone: "neutral", explanation: "It is being done there, or waits for the device." },
};

/** How an action was decided, as the engine spells it. */
const decisions: Record<string, string> = {
  auto: "Automatic", approve: "Approved", manual: "Manual", reject: "Rejected", expired: "Expired",
};
export const decisionLabel = (code: string | null): string => (code === null ? "–" : (decisions[code] ?? code));
