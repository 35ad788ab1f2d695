/** The query client: what failed and what was decided is told in one place. */
import { MutationCache, QueryClient } from "@tanstack/react-query";
import { actionTypeLooks } from "../domain/action";
import type { Decision } from "../api/bindings";
import { isRefusal, toFault } from "../api/client";
import type { Saying } from "../api/mutations";
import { takeBack } from "../api/mutations";
import type { Notice } from "../components/notices";
import { notify } from "../components/notices";
import { plural, visible } from "../components/text";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: Record<string, unknown> & Partial<Saying>;
  }
}

/** What failed, in the words of the engine; a refusal is a warning, a fault of the program an error. */
export function failureNotice(title: string, thrown: unknown): Notice {
  const fault = toFault(thrown);
  return { tone: isRefusal(fault) ? "refused" : "failed", title: `${title}.`, text: `${fault.message} ${fault.hint}`.trim() };
}

/** What a decision did: each refused item with its reason, one bad item never hides the rest. */
export function decisionNotices(saying: Partial<Saying>, decision: Decision): Notice[] {
  const notices: Notice[] = [];
  const refused = new Set(decision.refused.map((each) => each.id));
  const done = decision.results.filter((action) => !refused.has(action.id));
  const [first] = done;
  if (first !== undefined) {
    const many = done.length;
    const what = many === 1 ? `${actionTypeLooks[first.type].label}, ${visible(first.target_name)} on ${first.device.name}.` : `${plural(many, "action")}.`;
    const ids = done.map((action) => action.id);
    const can = saying.takeBack === true && done.every((action) => actionTypeLooks[action.type].undoable);
    notices.push({
      tone: "done", title: `${saying.decision ?? "Done"}:`, text: what,
      ...(can && { action: { label: "Undo", run: () => void takeBack(ids).then((d) => decisionNotices({ decision: "Taken back" }, d).forEach(notify), (e: unknown) => notify(failureNotice("Not taken back", e))) } }),
    });
  }
  for (const { fault } of decision.refused) notices.push({ tone: "refused", title: `${saying.failure ?? "Refused"}.`, text: `${fault.message} ${fault.hint}`.trim() });
  return notices;
}

const isDecision = (answer: unknown): answer is Decision => typeof answer === "object" && answer !== null && "results" in answer && "refused" in answer;

export function makeClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      // Fresh until the shell says that something changed.
      queries: { staleTime: Infinity, retry: false, networkMode: "always", refetchOnWindowFocus: false },
      mutations: { networkMode: "always", retry: false },
    },
    mutationCache: new MutationCache({
      onError: (thrown, _request, _context, mutation) => notify(failureNotice(mutation.meta?.failure ?? "That failed", thrown)),
      onSuccess: (answer, _request, _context, mutation) => {
        if (mutation.meta?.decision !== undefined && isDecision(answer)) decisionNotices(mutation.meta, answer).forEach(notify);
      },
      onSettled: () => client.invalidateQueries({ predicate: (query) => query.meta?.["still"] !== true }),
    }),
  });
  return client;
}
