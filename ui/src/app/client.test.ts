import { expect, test } from "vitest";
import { anAction } from "../test/fixtures";
import { decisionNotices, failureNotice } from "./client";

const approved = { failure: "Not approved", decision: "Approved", takeBack: true };

test("a decision says what it did, and offers to take it back where that is possible", () => {
  const [done] = decisionNotices(approved, { approval_id: "p", results: [anAction({ status: "queued" })], refused: [] });
  expect(done).toMatchObject({ tone: "done", title: "Approved:", text: "Quarantine a file, kswapd0 on web-01." });
  expect(done?.action?.label).toBe("Undo");
});

/** M75 */
test("ending a process is never offered to be taken back", () => {
  const [done] = decisionNotices(approved, { approval_id: "p", results: [anAction({ type: "kill_process", status: "queued" })], refused: [] });
  expect(done?.action).toBeUndefined();
});

test("each refused item is told with its own reason, beside what was done", () => {
  const fault = { code: "changed", message: "The file changed.", hint: "Look again." };
  const notices = decisionNotices(approved, { approval_id: "p", results: [anAction(), anAction({ id: "a2" })], refused: [{ id: "a3", fault }] });
  expect(notices.map((n) => n.tone)).toEqual(["done", "refused"]);
  expect(notices[0]?.text).toBe("2 actions.");
  expect(notices[1]?.text).toBe("The file changed. Look again.");
});

test("a refusal is a warning, a fault of the program an error", () => {
  expect(failureNotice("Not approved", { code: "mixed_types", message: "m", hint: "h" }).tone).toBe("refused");
  expect(failureNotice("Not approved", new Error("boom")).tone).toBe("failed");
});
