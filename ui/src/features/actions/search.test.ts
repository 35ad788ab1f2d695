import { expect, test } from "vitest";
import { actionFilter, filterCount, readSearch, readTab, since, withoutFilters } from "./search";

const junk: unknown[] = [undefined, null, 0, 1, "", "x", "kill_process", [], ["x"], {}, { a: 1 }, true, NaN, [["kill_process"]], "__proto__", "constructor", ["constructor"]];

test("any address is a search", () => {
  const names = ["open", "type", "status", "source", "verdict", "entity", "device", "investigation", "approval", "within", "text", "sort", "up"];
  for (const name of names) {
    for (const value of junk) {
      const search = readSearch({ [name]: value });
      // Whatever was read can be read again from what it was written as.
      expect(readSearch(JSON.parse(JSON.stringify(search)))).toEqual(search);
      expect(() => actionFilter("pending", search, "expires", Date.now())).not.toThrow();
    }
  }
  expect(readSearch({ type: ["kill_process", "nonsense", "kill_process"] })).toEqual({ type: ["kill_process"] });
  expect(readSearch({ type: "kill_process" })).toEqual({ type: ["kill_process"] });
  expect(readSearch({ type: "constructor" })).toEqual({});
  expect(readTab("nonsense")).toBe("pending");
});

test("a filter is counted once, sorting is not a filter, and clearing keeps the sorting", () => {
  const search = readSearch({ type: ["kill_process", "quarantine_file"], text: "x", sort: "device", up: true, open: "a1" });
  expect(filterCount(search)).toBe(2);
  expect(withoutFilters(search)).toEqual({ sort: "device", up: true });
});

test("the same period is the same list for an hour", () => {
  const now = Date.parse("2026-11-23T10:20:00Z");
  expect(since("week", now)).toBe(since("week", now + 30 * 60_000));
  expect(since("week", now)).toBe("2026-11-16T10:00:00.000Z");
  expect(since(undefined, now)).toBeNull();
});

test("what waits shows first what expires first, what was done shows first what changed last", () => {
  expect(actionFilter("pending", {}, "expires", 0)).toMatchObject({ tab: "pending", sort: "expires", descending: false });
  expect(actionFilter("history", {}, "updated", 0)).toMatchObject({ tab: "history", sort: "updated", descending: true });
  expect(actionFilter("history", { sort: "device", up: true }, "updated", 0)).toMatchObject({ sort: "device", descending: false });
});
