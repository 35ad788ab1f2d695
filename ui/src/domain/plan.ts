/** A dry run in words: its steps with whether they could be taken back, and its obstacles. */
import type { Obstacle, Plan, PlanStep } from "../api/bindings";
import type { Look } from "../look";
import { reversibleLooks } from "./verdict";

export interface StepLine {
  /** "can be undone" */
  reversible: Look;
  what: string;
  detail: string;
}

/** "Read: users" and "Read: logs" are two things of one kind. */
const kindOf = (what: string): { kind: string; thing: string } | undefined => {
  const at = what.indexOf(": ");
  return at < 0 ? undefined : { kind: what.slice(0, at), thing: what.slice(at + 2) };
};

/** What is alike in everything but the thing it is about is one line. */
export function stepLines(plan: Plan): StepLine[] {
  const gathered: PlanStep[] = [];
  for (const step of plan.steps) {
    const last = gathered.at(-1);
    const here = kindOf(step.what);
    if (last !== undefined && here !== undefined && kindOf(last.what)?.kind === here.kind && last.reversible === step.reversible && last.detail === step.detail) {
      gathered[gathered.length - 1] = { ...last, what: `${last.what}, ${here.thing}` };
    } else gathered.push(step);
  }
  return gathered.map((step) => ({ reversible: reversibleLooks[step.reversible], what: step.what, detail: step.detail }));
}

/** What nothing can be chosen about, and nothing can be done while it stands. */
export const inTheWay = (obstacles: readonly Obstacle[]): Obstacle[] => obstacles.filter((o) => o.blocking && (o.choices ?? []).length === 0);
