/** The words of the first screen. */
import type { HeldBy } from "../../api/bindings";

export const words = {
  held: {
    mass_actions: "Automation did much, and waits for you",
    new_rule: "A rule nobody agreed with yet waits for you",
  } satisfies Record<HeldBy, string>,
  since: "Since",
  nothingWaits: "Nothing waits for you.",
  waiting: (n: string) => `${n} for your decision`,
  oldest: "Waiting longest",
  view: "View pending actions",
  check: "Check this computer",
  checkHint: "Looks at running programs, at what starts by itself, and at the places where things like to hide. Nothing is touched without the level's leave.",
  checking: "A check is running",
  neverChecked: "This computer was not checked yet.",
  lastCheck: "Last check",
  rights: "What Assize may do here",
  chooseFirst: "Choose first how much may happen without you.",
};
