/** The words of the Action center. */
import type { ActionType } from "../../api/bindings";
import { plural } from "../../components/text";
import { actionTypeLooks } from "../../domain/action";

export const words = {
  title: "Action center",
  nothingWaits: "Nothing waits for you.",
  nothingYet: "Nothing was done yet.",
  nothingJudged: "Nothing was judged yet.",
  nothingFits: "Nothing fits these filters.",
  checkHint: "Start a check on Home to look at this computer.",
  approve: "Approve",
  reject: "Reject",
  undo: "Undo",
  cancel: "Cancel",
  retry: "Try again",
  hunt: "Go hunt",
  investigation: "Open investigation page",
  comment: "Comment, kept with the decision",
  otherType: (type: ActionType) => `Only actions of one type are decided together. Selected: ${actionTypeLooks[type].label}.`,
  selectType: (n: number, most: number) => (n > most ? `Select the first ${most.toLocaleString("en-GB")} of ${n.toLocaleString("en-GB")} of this type` : `Select all ${n.toLocaleString("en-GB")} of this type`),
  approveMany: (n: number) => `Approve ${plural(n, "action")}`,
  rejectMany: (n: number) => `Reject ${plural(n, "action")}`,
  undoMany: (n: number) => `Undo ${plural(n, "action")}`,
  undoOne: (type: ActionType) => `Undo ${actionTypeLooks[type].object}`,
  afterThat: "After that it counts as rejected.",
  stale: "It changed since it was judged, so nothing was touched. Look at the difference and decide again.",
  staleBefore: "It changed since it was judged. Approving it as it was judged would touch nothing.",
  why: "Why",
  trace: "Show how this was decided",
  change: "What will change",
  changed: "What was changed",
  undoChange: "What undoing would change",
  witnesses: "Good signs and bad signs",
  noWitnesses: "Nothing is known for it or against it beyond the reasons above.",
  ifs: "What follows",
  details: "Details",
  timeline: "What happened",
  related: "What belongs to it",
  noAction: "No action",
};

/** What may be chosen when the place of a restored thing is taken. */
export const conflictWords = {
  stop: { label: "Stop", text: "Change nothing. You can look at what is there first." },
  keep_both: { label: "Keep both", text: "The restored one gets a name of its own beside what is there." },
  replace: { label: "Replace", text: "What is there now goes into the vault, and can be undone too." },
  elsewhere: { label: "Restore elsewhere", text: "The restored one goes into a folder that you name." },
} as const;
export type ConflictChoice = keyof typeof conflictWords;
