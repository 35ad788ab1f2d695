/** Which actions fit which thing, and the request that asks for one. */
import type { ActionType, Capability, EntityType, RunAction } from "../../api/bindings";

/** What can be done to a thing of this type, the usual first. */
const onThings: Record<EntityType, readonly ActionType[]> = {
  file: ["stop_and_quarantine_file", "quarantine_file"],
  process: ["kill_process", "stop_and_quarantine_file"],
  service: ["stop_service"],
  scheduled_task: ["remove_scheduled_task"],
  driver: ["disable_driver"],
  registry: ["remove_registry_key"],
  startup_item: ["remove_persistence"],
  user: [], ip: [], url: [], domain: [], device: [],
};

/** What can be done to a whole device. */
export const onDevices: readonly ActionType[] = ["isolate_device", "restrict_code_execution", "run_antivirus_scan", "collect_investigation_package"];

export const fitting = (type: EntityType): readonly ActionType[] => onThings[type];

/** What a device cannot do is explained, with the steps by hand; nothing fails late. */
export const unable = (kind: ActionType, capabilities: readonly Capability[] | undefined): string | undefined => {
  const found = capabilities?.find((c) => c.type === kind);
  return found === undefined || found.possible ? undefined : (found.reason ?? "This device cannot do that.");
};

/** What a person may choose about one action. */
export interface Options {
  scope: "full" | "selective" | "quick";
  /** Addresses that stay reachable, as they were typed. */
  allow: string;
  /** None: until somebody takes it back. */
  seconds: number | undefined;
}

export const usualOptions = (kind: ActionType): Options => ({ scope: kind === "run_antivirus_scan" ? "quick" : "full", allow: "", seconds: undefined });

export const addresses = (typed: string): string[] => typed.split(/[\s,;]+/).filter((each) => each !== "");

export function requestFor(kind: ActionType, device: string, evidence: string | null, options: Options, comment: string): RunAction {
  const isolation = kind === "isolate_device";
  const lasts = isolation || kind === "restrict_code_execution";
  return {
    kind, device, evidence, comment, file: null, sha256: null, pid: null, service: null, command_line: false,
    scope: isolation || kind === "run_antivirus_scan" ? options.scope : null,
    allow: isolation && options.scope === "selective" ? addresses(options.allow) : [],
    for_seconds: lasts ? (options.seconds ?? null) : null,
  };
}

const HOUR = 3600;
/** For how long an isolation or a restriction may be asked for. */
export const spans: readonly { id: string; seconds: number | undefined; label: string }[] = [
  { id: "hand", seconds: undefined, label: "Until somebody takes it back" },
  { id: "1h", seconds: HOUR, label: "For 1 hour" },
  { id: "4h", seconds: 4 * HOUR, label: "For 4 hours" },
  { id: "1d", seconds: 24 * HOUR, label: "For 1 day" },
  { id: "7d", seconds: 7 * 24 * HOUR, label: "For 7 days" },
];
