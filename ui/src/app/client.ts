/** The query client: what failed and what was decided is told in one place. */
import { MutationCache, QueryClient } from "@tanstack/react-query";
import type { Action, Decision } from "../api/bindings";
import type { Saying } from "../api/mutations";
import { notify } from "../components/notices";
import { failureNotice, tellDecision } from "./decisions";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: Record<string, unknown> & Partial<Saying>;
  }
}

const isDecision = (answer: unknown): answer is Decision => typeof answer === "object" && answer !== null && "results" in answer && "refused" in answer;

const isAction = (answer: unknown): answer is Action => typeof answer === "object" && answer !== null && "target_name" in answer && "status" in answer;

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
        if (mutation.meta?.decision === undefined) return;
        if (isDecision(answer)) tellDecision(mutation.meta, answer);
        else if (isAction(answer)) tellDecision(mutation.meta, { approval_id: answer.approval_id, results: [answer], refused: [] });
      },
      onSettled: () => client.invalidateQueries({ predicate: (query) => query.meta?.["still"] !== true }),
    }),
  });
  return client;
}
