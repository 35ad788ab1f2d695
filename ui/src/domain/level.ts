/** Automation levels: how much may happen without a person. */
import {
  CheckmarkCircleRegular, CircleHalfFillRegular, DismissCircleRegular, PersonRegular, ShieldRegular,
} from "@fluentui/react-icons";
import type { AutomationLevel } from "../api/bindings";
import type { Look } from "../look";

export interface LevelLook extends Look {
  /** The five choices in a line. */
  short: string;
}

export const levelLooks: Record<AutomationLevel, LevelLook> = {
  full: {
    label: "Full – remediate threats automatically", short: "Full", icon: CheckmarkCircleRegular, tone: "neutral",
    explanation: "What is judged Malicious is treated at once, wherever it lies, and can be undone. What is Suspicious waits for you.",
  },
  semi_core: {
    label: "Semi – require approval for core folders remediation", short: "Semi, core folders ask", icon: ShieldRegular, tone: "neutral",
    explanation: "What is judged Malicious is treated at once, except in core folders of the system: there it waits for you. What is Suspicious waits for you.",
  },
  semi_non_temp: {
    label: "Semi – require approval for non-temp folders remediation", short: "Semi, only temp acts", icon: CircleHalfFillRegular, tone: "neutral",
    explanation: "What is judged Malicious is treated at once only in temporary and download folders; elsewhere it waits for you. What is Suspicious waits for you.",
  },
  semi_all: {
    label: "Semi – require approval for any remediation", short: "Semi, everything asks", icon: PersonRegular, tone: "neutral",
    explanation: "Nothing is touched before you say yes.",
  },
  none: {
    label: "No automated response", short: "None", icon: DismissCircleRegular, tone: "neutral",
    explanation: "Nothing is investigated or proposed by itself. What you start yourself still works. Not recommended.",
  },
};

/** What most should choose. */
export const recommendedLevel: AutomationLevel = "full";

export const levelOrder: readonly AutomationLevel[] = ["full", "semi_core", "semi_non_temp", "semi_all", "none"];
