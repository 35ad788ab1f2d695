/** What a decision did, said once, and said anew when it turns out otherwise: an approval of something that changed was
 *  no success, and what is done and checked is more than approved. */
import type { Action, Decision, Fault } from "../api/bindings";
import { isRefusal, onChanged, toFault } from "../api/client";
import type { Saying } from "../api/mutations";
import { actionsNow, takeBack } from "../api/mutations";
import type { Notice } from "../components/notices";
import { notify, unsay } from "../components/notices";
import { plural, visible } from "../components/text";
import { actionTypeLooks } from "../domain/action";

const words = (fault: Fault): string => `${fault.message} ${fault.hint}`.trim();
const title = (text: string): string => (/[.:]$/.test(text) ? text : `${text}.`);

/** What failed, in the words of the engine; a refusal is a warning, a fault of the program an error. */
export function failureNotice(what: string, thrown: unknown): Notice {
  const fault = toFault(thrown);
  return { tone: isRefusal(fault) ? "refused" : "failed", title: title(what), text: words(fault) };
}

const key = (saying: Partial<Saying>): string => `decision ${saying.decision ?? ""}`;
const one = (action: Action): string => `${visible(action.target_name)} on ${visible(action.device.name)}`;
const what = (actions: readonly Action[]): string => {
  const [first] = actions;
  return first !== undefined && actions.length === 1 ? `${actionTypeLooks[first.type].label}, ${one(first)}.` : `${plural(actions.length, "action")}.`;
};

/** What was decided. `before`: what was decided in the same way a moment ago, told together with it. */
export function decisionNotices(saying: Partial<Saying>, decision: Decision, before: readonly Action[] = []): Notice[] {
  const refused = new Set(decision.refused.map((each) => each.id));
  const done = together(before, decision.results.filter((action) => !refused.has(action.id)));
  const notices: Notice[] = done.length === 0 || done.length === before.length ? [] : [success(saying, saying.decision ?? "Done", done)];
  const reasons = new Map<string, number>();
  for (const { fault } of decision.refused) reasons.set(words(fault), (reasons.get(words(fault)) ?? 0) + 1);
  if (reasons.size > 0) {
    const several = decision.refused.length > 1;
    const text = [...reasons].map(([reason, n]) => (several ? `${plural(n, "action")}: ${reason}` : reason)).join(" ");
    notices.push({ tone: "refused", title: title(saying.failure ?? "Refused"), text });
  }
  return notices;
}

/** What became of what was decided, once all of it rests; nothing while something is still under way. */
export function outcomeNotices(saying: Partial<Saying>, actions: readonly Action[]): Notice[] | undefined {
  const notices: Notice[] = [];
  const done: Action[] = [];
  for (const action of actions) {
    switch (action.status) {
      case "approved": case "queued": case "running": case "waiting_for_device": case "undoing": return undefined;
      case "pending_approval":
        if (action.stale === null) return undefined;
        notices.push({ tone: "refused", title: "Not done:", text: `${one(action)} changed since it was judged, so nothing was touched. Look at the difference and decide again.` });
        break;
      case "failed": case "timed_out": case "partially_completed": case "undo_failed": case "partly_undone": case "skipped":
        notices.push({
          tone: action.status === "failed" || action.status === "undo_failed" ? "failed" : "refused",
          title: action.status === "skipped" ? "Nothing was to be done:" : action.status === "partially_completed" || action.status === "partly_undone" ? "Done in part:" : "Not done:",
          text: `${one(action)}. ${action.result === null ? "" : words(action.result)}`.trim(),
        });
        break;
      case "completed": if (saying.backwards !== true) done.push(action); break;
      // Cancelled is what taking back does to what had not begun.
      case "undone": case "cancelled": if (saying.backwards === true) done.push(action); break;
      // Somebody else decided otherwise meanwhile; the row says so.
      case "rejected": case "expired": break;
    }
  }
  return done.length === 0 ? notices : [success(saying, saying.outcome ?? "Done", done), ...notices];
}

function success(saying: Partial<Saying>, label: string, done: readonly Action[]): Notice {
  const ids = done.map((action) => action.id);
  const can = saying.takeBack === true && done.every((action) => actionTypeLooks[action.type].undoable);
  const run = (): void => void takeBack(ids).then((answer) => tellDecision({ decision: "Taking back", failure: "Not taken back", outcome: "Taken back", backwards: true }, answer), (e: unknown) => notify(failureNotice("Not taken back", e)));
  return { tone: "done", key: key(saying), title: `${label}:`, text: what(done), ...(can && { action: { label: "Undo", run } }) };
}

const together = (before: readonly Action[], more: readonly Action[]): Action[] => [...before.filter((old) => !more.some((a) => a.id === old.id)), ...more];

/** How long one decision is told together with the next of its kind, and how long its outcome is waited for. */
const MOMENT_MS = 10_000;
const PATIENCE_MS = 120_000;
/** A larger batch is told as a number only; its rows say what became of each. */
const MOST_FOLLOWED = 20;

interface Told { actions: readonly Action[]; at: number; stop: () => void }
const told = new Map<string, Told>();

export function tellDecision(saying: Partial<Saying>, decision: Decision): void {
  const earlier = told.get(key(saying));
  const before = earlier !== undefined && Date.now() - earlier.at < MOMENT_MS ? earlier.actions : [];
  decisionNotices(saying, decision, before).forEach(notify);
  const refused = new Set(decision.refused.map((each) => each.id));
  const actions = together(before, decision.results.filter((action) => !refused.has(action.id)));
  earlier?.stop();
  if (actions.length === 0 || saying.outcome === undefined) {
    told.delete(key(saying));
    return;
  }
  const stop = actions.length > MOST_FOLLOWED ? () => undefined : follow(saying, actions.map((action) => action.id));
  told.set(key(saying), { actions, at: Date.now(), stop });
}

/** Asks again whenever something was written, until all of it rests. */
function follow(saying: Partial<Saying>, ids: readonly string[]): () => void {
  let over = false;
  let asking = false;
  let again = false;
  const look = (): void => {
    if (over) return;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    void actionsNow(ids).then((now) => {
      const notices = over ? undefined : outcomeNotices(saying, now);
      if (notices === undefined) return;
      stop();
      told.delete(key(saying));
      if (!notices.some((notice) => notice.tone === "done")) unsay(key(saying));
      notices.forEach(notify);
    }, () => stop()).finally(() => {
      asking = false;
      if (again) look();
    });
  };
  const deaf = onChanged(look);
  const limit = setTimeout(() => stop(), PATIENCE_MS);
  const stop = (): void => {
    if (over) return;
    over = true;
    clearTimeout(limit);
    deaf();
  };
  look();
  return stop;
}
