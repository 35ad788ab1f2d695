import { expect, test } from "vitest";
import type { PlanStep } from "../api/bindings";
import { aPlan } from "../test/fixtures";
import { stepLines } from "./plan";

const step = (what: string, over: Partial<PlanStep> = {}): PlanStep => ({ what, target: "", reversible: "yes", detail: "Nothing is changed.", ...over });

test("steps of one kind are one line, and what differs stands by itself", () => {
  const lines = stepLines(aPlan({ steps: [step("Read: users"), step("Read: logs"), step("Read: keys", { reversible: "no" }), step("Write one archive"), step("Write one archive")] }));
  expect(lines.map((line) => line.what)).toEqual(["Read: users, logs", "Read: keys", "Write one archive", "Write one archive"]);
  expect(lines[1]?.reversible.label).toBe("cannot be undone");
});
