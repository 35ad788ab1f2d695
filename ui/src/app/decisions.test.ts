import { expect, test } from "vitest";
import { anAction } from "../test/fixtures";
import { decisionNotices, failureNotice, outcomeNotices } from "./decisions";

const approved = { failure: "Not approved", decision: "Approved", takeBack: true, outcome: "Done and checked" };

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

test("the same decision a moment later is told with the first, and taken back with it", () => {
  const [done] = decisionNotices(approved, { approval_id: "p", results: [anAction({ id: "a2" })], refused: [] }, [anAction()]);
  expect(done).toMatchObject({ title: "Approved:", text: "2 actions." });
  expect(done?.action?.label).toBe("Undo");
});

test("reasons that are the same are said once, with how many they stand for", () => {
  const fault = { code: "changed", message: "It changed.", hint: "" };
  const [told] = decisionNotices(approved, { approval_id: "p", results: [], refused: [{ id: "a1", fault }, { id: "a2", fault }, { id: "a3", fault: { ...fault, message: "It is gone." } }] });
  expect(told?.text).toBe("2 actions: It changed. 1 action: It is gone.");
});

/** M63, M151 */
test("an approval of something that changed meanwhile was no success, and offers no undo", () => {
  expect(outcomeNotices(approved, [anAction({ status: "running" })])).toBeUndefined();
  const [back, ...rest] = outcomeNotices(approved, [anAction({ stale: { was: "a", now: "b" } })])!;
  expect(rest).toEqual([]);
  expect(back).toMatchObject({ tone: "refused", title: "Not done:" });
  expect(back?.text).toContain("kswapd0 on web-01 changed since it was judged, so nothing was touched.");
  expect(back?.action).toBeUndefined();
});

test("what somebody else took back meanwhile is not told as done", () => {
  expect(outcomeNotices(approved, [anAction({ status: "cancelled" })])).toEqual([]);
  const undoing = { decision: "Undoing", outcome: "Undone and checked", backwards: true };
  expect(outcomeNotices(undoing, [anAction({ status: "undone" })])).toMatchObject([{ tone: "done", title: "Undone and checked:" }]);
  expect(outcomeNotices(undoing, [anAction({ status: "completed" })])).toEqual([]);
});

test("what was done is told as done and checked, beside what failed", () => {
  const failed = anAction({ id: "a2", status: "failed", result: { code: "x", message: "The disk is full.", hint: "Make room." } });
  const notices = outcomeNotices(approved, [anAction({ status: "completed" }), failed])!;
  expect(notices.map((n) => n.title)).toEqual(["Done and checked:", "Not done:"]);
  expect(notices[1]?.text).toBe("kswapd0 on web-01. The disk is full. Make room.");
});

test("a refusal is a warning, a fault of the program an error", () => {
  expect(failureNotice("Not approved", { code: "mixed_types", message: "m", hint: "h" }).tone).toBe("refused");
  expect(failureNotice("Not approved", new Error("boom")).tone).toBe("failed");
});
