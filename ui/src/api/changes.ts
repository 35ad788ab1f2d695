/** What was written anywhere makes every shown answer stale. Bursts are gathered, and one refresh runs at a time. */
import type { QueryClient } from "@tanstack/react-query";
import { onChanged } from "./client";

const GATHER_MS = 150;

export function followChanges(client: QueryClient, subscribe: (heard: () => void) => () => void = onChanged): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let refreshing = false;
  let again = false;
  const refresh = (): void => {
    timer = undefined;
    if (refreshing) {
      again = true;
      return;
    }
    refreshing = true;
    void client.invalidateQueries({ predicate: (query) => query.meta?.["still"] !== true }, { cancelRefetch: false }).finally(() => {
      refreshing = false;
      if (again) {
        again = false;
        heard();
      }
    });
  };
  const heard = (): void => {
    timer ??= setTimeout(refresh, GATHER_MS);
  };
  const stop = subscribe(heard);
  return () => {
    clearTimeout(timer);
    stop();
  };
}
