/** A dry run in words: its steps with whether they could be taken back, and its obstacles. */
import type { Obstacle, Plan } from "../api/bindings";
import { reversibleWords } from "./verdict";

export interface StepLine {
  mark: string;
  /** "can be undone" */
  reversible: string;
  what: string;
  detail: string;
}

export const stepLines = (plan: Plan): StepLine[] =>
  plan.steps.map((step) => ({ mark: reversibleWords[step.reversible].mark, reversible: reversibleWords[step.reversible].label, what: step.what, detail: step.detail }));

/** What nothing can be chosen about, and nothing can be done while it stands. */
export const inTheWay = (obstacles: readonly Obstacle[]): Obstacle[] => obstacles.filter((o) => o.blocking && (o.choices ?? []).length === 0);
