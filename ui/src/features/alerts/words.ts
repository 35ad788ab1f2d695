/** The words of alerts and of importing them. */
import type { Format } from "../../api/bindings";

export const words = {
  title: "Alerts",
  none: "There are no alerts.",
  noneFits: "No alert fits these filters.",
  noneHint: "A check that finds something makes one, and alerts of other products can be imported.",
  noDevice: "No device here",
  import: "Import alerts",
  pick: "Choose a file",
  pickHint: "Alerts of other products, as they export them. Nothing is stored before you have seen what it becomes.",
  auto: "Told by the file",
  everyDevice: "Whatever device each alert names",
  preview: "What it becomes",
  mapped: "Understood fields",
  keptRaw: "Kept as they came",
  imported: "Imported",
  known: "known before and folded",
  skipped: "started no investigation",
  failed: "Records that could not be read",
  original: "Original",
  nameless: "It names nothing that can be looked for.",
};

export const formatLabels: Record<Format, string> = {
  wazuh: "Wazuh",
  msgraph: "Microsoft Graph security",
  ecs: "Elastic Common Schema",
  eve: "Suricata EVE",
  falco: "Falco",
  ocsf: "OCSF",
  stix: "STIX 2",
  misp: "MISP",
  guardduty: "Amazon GuardDuty",
  osquery: "osquery",
  windows_xml: "Windows events (XML)",
  evtx: "Windows event log",
  csv: "Table (CSV)",
  json: "Other JSON",
};
