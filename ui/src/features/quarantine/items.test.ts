import { expect, test } from "vitest";
import { fits, isWarned } from "./items";

const item = { id: "v1", action_id: "a1", device: "till-1", path: "/tmp/.x/kswapd0", sha256: "abcd".repeat(16), size: 1, quarantined_at: "2026-11-23T10:00:00.000Z", expires_at: "2027-02-21T10:00:00.000Z", warned_at: null, pinned: false, verified_at: null };

test("an item is found by its path, its device or the beginning of its hash", () => {
  for (const text of ["KSWAPD", "/tmp/.x", "till", "abcdab"]) expect(fits(item, { device: undefined, text })).toBe(true);
  expect(fits(item, { device: undefined, text: "cdab" })).toBe(false);
  expect(fits(item, { device: "till-2", text: undefined })).toBe(false);
});

/** M87 */
test("whoever pinned it is not warned any more", () => {
  const warned = { ...item, warned_at: "2027-02-14T10:00:00.000Z" };
  expect([isWarned(item), isWarned(warned), isWarned({ ...warned, pinned: true })]).toEqual([false, true, false]);
});
