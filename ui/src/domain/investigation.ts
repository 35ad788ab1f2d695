/** The states of an investigation, in one sentence each. */
import {
  ArrowSyncRegular, CheckmarkCircleRegular, CircleHalfFillRegular, ClockRegular, ErrorCircleRegular,
  HourglassRegular, PauseCircleRegular, QuestionCircleRegular, ShieldCheckmarkRegular, StopRegular, SubtractCircleRegular,
} from "@fluentui/react-icons";
import type { InvestigationStatus } from "../api/bindings";
import type { Look } from "../look";

const skipped = (label: string, explanation: string): Look => ({ label, icon: SubtractCircleRegular, tone: "neutral", explanation });

export const investigationLooks: Record<InvestigationStatus, Look> = {
  starting: { label: "Starting", icon: ClockRegular, tone: "neutral", explanation: "It is about to look around." },
  queued: { label: "Queued", icon: ClockRegular, tone: "neutral", explanation: "It waits for its turn." },
  running: { label: "Running", icon: ArrowSyncRegular, tone: "neutral", explanation: "It is looking around, or its actions are being carried out." },
  pending_approval: { label: "Pending approval", icon: HourglassRegular, tone: "attention", explanation: "Its actions wait for a person." },
  pending_resource: { label: "Waiting for device", icon: PauseCircleRegular, tone: "warning", explanation: "The device does not answer." },
  benign: { label: "No threats found", icon: CheckmarkCircleRegular, tone: "neutral", explanation: "It ended, and nothing had to be treated." },
  remediated: { label: "Remediated", icon: ShieldCheckmarkRegular, tone: "success", explanation: "Everything bad that it found was treated." },
  partially_remediated: { label: "Partially remediated", icon: CircleHalfFillRegular, tone: "warning", explanation: "Some of what it found was not treated." },
  partially_investigated: { label: "Partially investigated", icon: CircleHalfFillRegular, tone: "warning", explanation: "It could not look at everything." },
  failed: { label: "Failed", icon: ErrorCircleRegular, tone: "danger", explanation: "It could not look around." },
  inner_failure: { label: "Inner failure", icon: ErrorCircleRegular, tone: "danger", explanation: "The program itself failed while investigating." },
  terminated_user: { label: "Terminated by user", icon: StopRegular, tone: "neutral", explanation: "A person stopped it." },
  terminated_system: { label: "Terminated by system", icon: StopRegular, tone: "neutral", explanation: "Nobody decided in time, so it was closed." },
  terminated_throttling: { label: "Terminated by throttling", icon: StopRegular, tone: "warning", explanation: "It waited too long for its turn." },
  unsupported_alert: skipped("Skipped – unsupported alert type", "Alerts of this kind start no investigation."),
  unsupported_os: skipped("Skipped – unsupported operating system", "The device's system cannot be investigated."),
  preexisting_alert: skipped("Skipped – alert older than onboarding", "The alert is older than the device is known here."),
  suppressed_alert: skipped("Skipped – suppressed alert", "A rule suppresses this alert."),
  no_automation: skipped("Skipped – no automated response", "The device's group allows no automated response."),
  unknown: { label: "Unknown", icon: QuestionCircleRegular, tone: "neutral", explanation: "Its state is not known." },
};

export const running: ReadonlySet<InvestigationStatus> = new Set<InvestigationStatus>(["starting", "queued", "running", "pending_approval", "pending_resource"]);

/** What began it. */
const triggers: Record<string, string> = { manual: "A person", scan: "An antivirus scan", alert: "An alert" };
export const triggerLabel = (trigger: string): string => triggers[trigger] ?? trigger;
