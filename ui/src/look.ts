/** How a word looks: its label, its icon, what its colour means, and the sentence that explains it on hovering. */
import type { ComponentType } from "react";

/** Colour means one thing: danger = malicious or failed; warning = suspicious or expiring; success = remediated and
 *  verified; attention = needs you; neutral = everything else. */
export type Tone = "danger" | "warning" | "success" | "attention" | "neutral";

export interface Look {
  label: string;
  icon: ComponentType<{ className?: string }>;
  tone: Tone;
  explanation: string;
}
