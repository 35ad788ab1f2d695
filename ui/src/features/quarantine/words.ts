/** The words of the quarantine. */
import { plural } from "../../components/text";

export const words = {
  title: "Quarantine",
  none: "Nothing is in quarantine.",
  noneFits: "Nothing fits these filters.",
  moved: "Files are moved here, sealed, and never deleted before their time has run out.",
  verify: "Verify quarantine",
  pinned: "For good",
  soon: (n: number) => `${plural(n, "item")} will soon be gone for good.`,
  soonText: "Open what you want to keep and choose Keep it for good, or undo its action.",
  pin: "Keep it for good",
  unpin: "Let its time run",
  action: "Open its action to undo it",
  copy: "Copy out",
  copyTitle: "Copy out of the quarantine",
  folder: "Folder",
  inert: "So that it cannot be started",
  inertText: "Not executable, and with a name that starts nothing: for looking at it.",
  asIs: "As it was",
  asIsText: "With its own name. Never with the right to run as somebody else.",
  stays: "The original stays in quarantine.",
  leave: "Leave it",
};
