/** What stands in the way of an undo, what a person may choose about it, and the request that follows from the choice. */
import type { ActionId, Choice, Conflict, Obstacle } from "../../api/bindings";

/** An offer of the engine, or to go on without taking it. */
export type Answer = Choice | { choice: "leave" };
export type AnswerId = Answer["choice"];

/** One thing to be decided, for all actions that meet it. */
export interface Question {
  code: string;
  texts: string[];
  answers: Answer[];
}

/** Something to know; `blocking`: those actions cannot go back. */
export interface Note { code: string; text: string; blocking: boolean }

export interface Step { name: string; obstacles: readonly Obstacle[] }

/** Not taking it is an answer too, where the undo is possible without. */
const optional: ReadonlySet<string> = new Set(["would_be_caught", "later_actions"]);

const offers = (o: Obstacle): Choice[] => (o.choices ?? []).filter((c) => c.choice !== "stop" && c.choice !== "queue");

export function questionsOf(steps: readonly Step[]): Question[] {
  const found = new Map<string, Question>();
  const several = steps.length > 1;
  for (const step of steps) {
    for (const o of step.obstacles) {
      if (offers(o).length === 0) continue;
      const question = found.get(o.code) ?? { code: o.code, texts: [], answers: optional.has(o.code) && !o.blocking ? [{ choice: "leave" }] : [] };
      const text = several ? `${step.name}: ${o.text}` : o.text;
      // Two files of one name on one device say the same.
      if (!question.texts.includes(text)) question.texts.push(text);
      for (const offer of offers(o)) question.answers = withOffer(question.answers, offer);
      found.set(o.code, question);
    }
  }
  return [...found.values()].map((q) => ({ ...q, answers: [...q.answers].sort((a, b) => Number(a.choice === "leave") - Number(b.choice === "leave")) }));
}

/** The same offer of several actions is one answer; what differs in it is put together. */
function withOffer(answers: readonly Answer[], offer: Choice): Answer[] {
  const at = answers.findIndex((each) => each.choice === offer.choice);
  const same = answers[at];
  if (same === undefined) return [...answers, offer];
  if (same.choice !== "reverse_order" || offer.choice !== "reverse_order") return [...answers];
  const actions = [...same.actions, ...offer.actions.filter((id) => !same.actions.includes(id))];
  return answers.map((each, i) => (i === at ? { choice: "reverse_order", actions } : each));
}

export function notesOf(steps: readonly Step[]): Note[] {
  const several = steps.length > 1;
  return steps.flatMap((step) => step.obstacles.filter((o) => offers(o).length === 0).map((o) => ({ code: o.code, text: several ? `${step.name}: ${o.text}` : o.text, blocking: o.blocking })));
}

/** Nothing can go back at all. */
export const hopeless = (steps: readonly Step[]): boolean =>
  steps.length > 0 && steps.every((step) => step.obstacles.some((o) => o.blocking && offers(o).length === 0));

/** What was answered, by the code of the question. */
export type Answers = Readonly<Record<string, AnswerId>>;

export const usualAnswers = (questions: readonly Question[]): Answers => Object.fromEntries(questions.flatMap((q) => (q.answers[0] === undefined ? [] : [[q.code, q.answers[0].choice]])));

export const chosen = (questions: readonly Question[], answers: Answers): Answer[] =>
  questions.flatMap((q) => q.answers.find((each) => each.choice === answers[q.code]) ?? q.answers[0] ?? []);

export interface Way {
  conflict: Conflict;
  allow_days: number | null;
  /** To be undone before it, the last one first. */
  first: ActionId[];
  /** Restored from another device's vault instead. */
  from: { item: string; folder: string } | undefined;
  /** Something is still missing: the name of a folder. */
  incomplete: boolean;
}

/** Where the answers lead. */
export function wayOf(questions: readonly Question[], answers: Answers, folder: string): Way {
  const way: Way = { conflict: { choice: "stop" }, allow_days: null, first: [], from: undefined, incomplete: false };
  const named = folder.trim();
  for (const answer of chosen(questions, answers)) {
    switch (answer.choice) {
      case "elsewhere": way.conflict = { choice: "elsewhere", folder: named }; break;
      case "keep_both": case "replace": if (way.conflict.choice !== "elsewhere") way.conflict = { choice: answer.choice }; break;
      case "allow": way.allow_days = answer.days; break;
      case "reverse_order": way.first = answer.actions; break;
      case "other_device": way.from = { item: answer.item, folder: named }; break;
      // What happens anyway.
      case "recreate": case "queue": case "stop": case "leave": break;
    }
  }
  way.incomplete = named === "" && (way.conflict.choice === "elsewhere" || way.from !== undefined);
  return way;
}

export const needsFolder = (questions: readonly Question[], answers: Answers): boolean =>
  chosen(questions, answers).some((answer) => answer.choice === "elsewhere" || answer.choice === "other_device");

/** What each answer is called, and what it does. */
export function answerWords(answer: Answer): { label: string; text: string } {
  switch (answer.choice) {
    case "stop": return { label: "Stop", text: "Everything stays as it is now." };
    case "keep_both": return { label: "Keep both", text: "What comes back gets a name of its own beside what is there." };
    case "replace": return { label: "Replace", text: "What is there now goes into the vault, and can be brought back too." };
    case "elsewhere": return { label: "Restore elsewhere", text: "What comes back goes into a folder that you name." };
    case "recreate": return { label: "Make the folder again", text: "With the owner and the permissions that it had." };
    case "allow": return { label: `Allow it for ${answer.days} days`, text: `Only this content, in the group ${answer.group}. It is not caught again meanwhile.` };
    case "other_device": return { label: `Take the copy that ${answer.device} keeps`, text: "It holds the same content. It is restored into a folder that you name." };
    case "queue": return { label: "Wait for the device", text: "It is undone as soon as the device is there. You can cancel it until then." };
    case "reverse_order": return { label: answer.actions.length === 1 ? "Undo the later action first" : `Undo the ${answer.actions.length} later actions first`, text: "The last one first. Then everything fits." };
    case "leave": return { label: "Go on without", text: "Nothing else is changed for it." };
  }
}
