/** Incidents and alerts: severity, state, and how an incident is closed. */
import {
  AlertRegular, ArrowSyncRegular, CheckmarkCircleRegular, DismissCircleRegular, InfoRegular, WarningRegular,
} from "@fluentui/react-icons";
import type { AlertStatus, Classification, IncidentStatus, Severity } from "../api/bindings";
import type { Look } from "../look";

export const severityLooks: Record<Severity, Look> = {
  high: { label: "High", icon: DismissCircleRegular, tone: "danger", explanation: "It may do great harm. Look at it first." },
  medium: { label: "Medium", icon: WarningRegular, tone: "warning", explanation: "It may do harm." },
  low: { label: "Low", icon: InfoRegular, tone: "neutral", explanation: "It is odd, and probably harmless alone." },
  informational: { label: "Informational", icon: InfoRegular, tone: "neutral", explanation: "Good to know." },
};
export const severityOrder: readonly Severity[] = ["high", "medium", "low", "informational"];

export const incidentLooks: Record<IncidentStatus, Look> = {
  active: { label: "Active", icon: AlertRegular, tone: "attention", explanation: "Nobody looks after it yet." },
  in_progress: { label: "In progress", icon: ArrowSyncRegular, tone: "neutral", explanation: "Somebody looks after it." },
  resolved: { label: "Resolved", icon: CheckmarkCircleRegular, tone: "success", explanation: "It is closed." },
};

export const alertLooks: Record<AlertStatus, Look> = {
  new: { label: "New", icon: AlertRegular, tone: "attention", explanation: "Nobody looked at it yet." },
  in_progress: { label: "In progress", icon: ArrowSyncRegular, tone: "neutral", explanation: "It is being looked into." },
  resolved: { label: "Resolved", icon: CheckmarkCircleRegular, tone: "success", explanation: "It is closed." },
};

export interface ClassificationWords { label: string; explanation: string; determinations: readonly string[] }

export const classifications: Record<Classification, ClassificationWords> = {
  true_positive: {
    label: "True positive", explanation: "It was a real threat.",
    determinations: ["Malware", "Multi-stage attack", "Malicious user activity", "Compromised account", "Phishing", "Unwanted software", "Other"],
  },
  informational_expected_activity: {
    label: "Informational, expected activity", explanation: "It happened, and somebody meant it to.",
    determinations: ["Security test", "Line-of-business application", "Confirmed activity", "Other"],
  },
  false_positive: {
    label: "False positive", explanation: "It was harmless, and should not have been reported.",
    determinations: ["Not malicious", "Not enough data to validate", "Other"],
  },
};
