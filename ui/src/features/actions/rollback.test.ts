import { expect, test } from "vitest";
import { localInput, windowOf } from "./rollback";

/** M85 */
test("a local stretch of time crosses as UTC, and what is none is not asked for", () => {
  const at = Date.parse("2026-11-23T10:30:00Z");
  const window = windowOf(localInput(at), localInput(at + 3_600_000), true);
  expect(window).toEqual({ all: "window", since: "2026-11-23T10:30:00.000Z", until: "2026-11-23T11:30:00.000Z", people_too: true });
  expect(windowOf(localInput(at), localInput(at), false)).toBeUndefined();
  expect(windowOf("", localInput(at), false)).toBeUndefined();
});
