/** Verdicts, where findings come from, and where things lie. */
import {
  CheckmarkCircleRegular, CheckmarkRegular, CircleHalfFillRegular, DismissCircleRegular, DismissRegular, QuestionCircleRegular, WarningRegular,
} from "@fluentui/react-icons";
import type { FindingSource, LocationClass, Reversible, Verdict, WitnessSays } from "../api/bindings";
import type { Look } from "../look";

export const verdictLooks: Record<Verdict, Look> = {
  malicious: {
    label: "Malicious", icon: DismissCircleRegular, tone: "danger",
    explanation: "A strong witness says that it does harm: a known signature, a rule or a hash.",
  },
  suspicious: {
    label: "Suspicious", icon: WarningRegular, tone: "warning",
    explanation: "It behaves oddly. That is enough to ask a person, never enough to act alone.",
  },
  no_threats_found: {
    label: "No threats found", icon: CheckmarkCircleRegular, tone: "neutral",
    explanation: "It was looked into and nothing spoke against it.",
  },
  unknown: {
    label: "Not yet judged", icon: QuestionCircleRegular, tone: "neutral",
    explanation: "It could not be judged, or not yet. What is not judged never acts by itself.",
  },
};

export const findingSourceLabels: Record<FindingSource, string> = {
  indicator: "Indicator that a person set",
  yara_rule: "Content rule (YARA)",
  hash_signature: "Known hash",
  test_file: "Antivirus test file",
  heuristic: "The way it is used",
  package_database: "Package database of the system",
  relation: "What it belongs together with",
  analyser: "Analyser",
  antivirus: "Antivirus program",
  alert: "Another product",
};

export const locationLabels: Record<LocationClass, string> = {
  core: "Core folder of the system",
  both: "Counts as core and as temporary folder",
  temp: "Temporary folder",
  other: "Neither core nor temporary folder",
  none: "No folder can be determined",
};

/** Whether what was done held, when it was looked at again. */
export const heldLooks: Record<"held" | "back" | "unknown", Look> = {
  held: { label: "It held", icon: CheckmarkCircleRegular, tone: "success", explanation: "It is as it was left." },
  back: { label: "It came back", icon: DismissCircleRegular, tone: "danger", explanation: "What was treated is there again." },
  unknown: { label: "Not known", icon: QuestionCircleRegular, tone: "neutral", explanation: "The device could not be looked at." },
};

export const witnessLooks: Record<WitnessSays, Look> = {
  good: { label: "Good sign", icon: CheckmarkCircleRegular, tone: "success", explanation: "This speaks for it." },
  bad: { label: "Bad sign", icon: DismissCircleRegular, tone: "danger", explanation: "This speaks against it." },
  unknown: { label: "Not known", icon: QuestionCircleRegular, tone: "neutral", explanation: "Nothing is known about this." },
};

export const reversibleLooks: Record<Reversible, Look> = {
  yes: { label: "can be undone", icon: CheckmarkRegular, tone: "success", explanation: "Taking it back brings back exactly what was there." },
  partly: { label: "can be undone in part", icon: CircleHalfFillRegular, tone: "warning", explanation: "Some of it can be brought back, some cannot." },
  no: { label: "cannot be undone", icon: DismissRegular, tone: "danger", explanation: "It cannot be taken back." },
};
