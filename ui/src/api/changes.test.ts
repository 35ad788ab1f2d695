import { QueryClient } from "@tanstack/react-query";
import type { Query } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { followChanges } from "./changes";

test("a burst of changes is one refresh, and what stands still is left alone", async () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const refresh = vi.spyOn(client, "invalidateQueries");
  let heard = (): void => undefined;
  const stop = followChanges(client, (listener) => {
    heard = listener;
    return () => undefined;
  });
  for (let i = 0; i < 50; i += 1) heard();
  await vi.advanceTimersByTimeAsync(500);
  expect(refresh).toHaveBeenCalledTimes(1);
  const predicate = refresh.mock.calls[0]?.[0]?.predicate;
  const query = (meta: Record<string, unknown> | undefined): Query => client.getQueryCache().build(client, { queryKey: [meta] as readonly unknown[], ...(meta !== undefined && { meta }) });
  expect(predicate?.(query({ still: true }))).toBe(false);
  expect(predicate?.(query(undefined))).toBe(true);
  heard();
  await vi.advanceTimersByTimeAsync(500);
  expect(refresh).toHaveBeenCalledTimes(2);
  stop();
  vi.useRealTimers();
});
