import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Action, Plan } from "../../api/bindings";
import { aDetail, aHome, aPlan, anAction, canUndo, noUndo } from "../../test/fixtures";
import type { Answers } from "../../test/shell";
import { shell, show } from "../../test/shell";
import { ActionFlyout } from "./ActionFlyout";

const leads = () => ({ onClose: vi.fn(), onIncident: vi.fn(), onInvestigation: vi.fn(), onDevice: vi.fn(), onAction: vi.fn(), onHunt: vi.fn() });

function open(action: Action, plan: Plan = aPlan(), more: Answers = {}) {
  const calls = shell({ show_action: () => aDetail(action), plan_action: () => plan, show_home: () => aHome(), ...more });
  const to = leads();
  show(<ActionFlyout id={action.id} {...to} />);
  return { calls, to };
}

const enabled = (testid: string): boolean => !(screen.getByTestId(testid) as HTMLButtonElement).disabled;

/** M43, M44 */
test("a waiting action offers Approve, Reject, Go hunt and the investigation page, and Approve sends the one action", async () => {
  const action = anAction();
  const { calls, to } = open(action, aPlan(), { approve_actions: () => ({ approval_id: "p1", results: [anAction({ status: "queued" })], refused: [] }) });
  expect((await screen.findByTestId("flyout-sentence")).textContent).toBe("Move kswapd0 into quarantine on web-01.");
  expect(screen.getByTestId("flyout-status").textContent).toBe("Pending approval");
  expect(screen.getByTestId("flyout-countdown").textContent).toContain("counts as rejected");
  expect(screen.queryByTestId("undo")).toBeNull();
  for (const id of ["approve", "reject", "go-hunt", "open-investigation"]) expect(enabled(id)).toBe(true);
  expect(within(screen.getByTestId("ifs")).getByText("It stays.")).toBeTruthy();
  await screen.findByText(/Move the file into the vault/);
  fireEvent.change(screen.getByTestId("comment"), { target: { value: "  looks bad " } });
  fireEvent.click(screen.getByTestId("approve"));
  await waitFor(() => expect(calls).toContainEqual({ command: "approve_actions", request: { ids: ["a1"], comment: "looks bad", group_by_type: false } }));
  expect((await screen.findByTestId("toast")).textContent).toContain("Approved:");
  fireEvent.click(screen.getByTestId("open-investigation"));
  expect(to.onInvestigation).toHaveBeenCalledWith("v1");
  fireEvent.click(screen.getByTestId("go-hunt"));
  expect(to.onHunt).toHaveBeenCalledOnce();
});

/** M19 */
test("how it was decided is folded, and names the row that decided", async () => {
  open(anAction());
  expect(screen.queryByTestId("trace")).toBeNull();
  fireEvent.click(await screen.findByTestId("show-trace"));
  expect(screen.getByTestId("trace").textContent).toContain("decided");
});

/** M75 */
test("an ended process shows Undo switched off, and why", async () => {
  open(anAction({ type: "kill_process", status: "completed", undo: noUndo("A process that was ended cannot be brought back.") }));
  await screen.findByTestId("undo");
  expect(enabled("undo")).toBe(false);
  expect(screen.getByTestId("undo-reason").textContent).toBe("A process that was ended cannot be brought back.");
  expect(screen.queryByTestId("approve")).toBeNull();
});

test("undo is sent at once while nothing stands in the way", async () => {
  const done = anAction({ status: "completed", undo: canUndo() });
  const { calls } = open(done, aPlan(), { undo_actions: () => ({ approval_id: "p2", results: [done], refused: [] }) });
  await screen.findByText(/Move the file into the vault/);
  fireEvent.click(screen.getByTestId("undo"));
  await waitFor(() => expect(calls).toContainEqual({ command: "undo_actions", request: { ids: ["a1"], reason: null, conflict: { choice: "stop" } } }));
});

test("undo asks what should happen when the place is taken, and does nothing before the answer", async () => {
  const done = anAction({ status: "completed", undo: canUndo() });
  const plan = aPlan({ obstacles: [{ code: "place_taken", text: "Another file is there now.", blocking: true, choices: [{ choice: "keep_both" }, { choice: "elsewhere" }, { choice: "stop" }] }] });
  const { calls } = open(done, plan, { undo_actions: () => ({ approval_id: "p2", results: [done], refused: [] }) });
  await screen.findByTestId("obstacle-place_taken");
  fireEvent.click(screen.getByTestId("undo"));
  await screen.findByTestId("undo-question-place_taken");
  expect(calls.some((c) => c.command === "undo_actions")).toBe(false);
  fireEvent.click(screen.getByTestId("choice-place_taken-elsewhere"));
  expect(enabled("undo-confirm")).toBe(false);
  fireEvent.change(screen.getByTestId("undo-folder"), { target: { value: "/home/me/back" } });
  fireEvent.click(screen.getByTestId("undo-confirm"));
  await waitFor(() => expect(calls).toContainEqual({ command: "undo_actions", request: { ids: ["a1"], reason: null, conflict: { choice: "elsewhere", folder: "/home/me/back" }, instances: false, allow_days: null } }));
});

/** M78 */
test("the same file elsewhere goes back with it, exactly as many as are named", async () => {
  const done = anAction({ status: "completed", undo: canUndo() });
  const step = (id: string) => ({ action: anAction({ id, device: { ...done.device, name: id } }), obstacles: [] });
  const { calls } = open(done, aPlan(), {
    show_action: () => aDetail(done, { more_instances: 2, more_instance_ids: ["a2", "a3"] }),
    plan_rollback: () => ({ steps: [step("a1"), step("a2"), step("a3")], left: [], done: 0 }), undo_actions: () => ({ approval_id: "p2", results: [done], refused: [] }),
  });
  fireEvent.click(await screen.findByLabelText("Apply to 2 more instances of this file"));
  expect(screen.getByTestId("undo").textContent).toBe("Undo 3 actions");
  fireEvent.click(screen.getByTestId("undo"));
  await waitFor(() => expect(screen.getByTestId("undo-list").querySelectorAll("li")).toHaveLength(3));
  expect(calls).toContainEqual({ command: "plan_rollback", request: { by: { all: "actions", ids: ["a1", "a2", "a3"] } } });
  fireEvent.click(screen.getByTestId("undo-confirm"));
  await waitFor(() => expect(calls).toContainEqual({ command: "undo_actions", request: { ids: ["a1"], reason: null, conflict: { choice: "stop" }, instances: true, allow_days: null } }));
});

test("a target that changed is said before the decision, with was and now", async () => {
  open(anAction({ stale: { was: "abc", now: "def\u202E" } }));
  await screen.findByTestId("stale");
  expect(screen.getByTestId("stale-was").textContent).toBe("Abc");
  expect(screen.getByTestId("stale-now").textContent).toBe("Def\\u{202e}");
});

test("a refusal is told in the words of the engine, and what was there stays", async () => {
  open(anAction(), aPlan(), { approve_actions: () => ({ approval_id: null, results: [], refused: [{ id: "a1", fault: { code: "already_decided", message: "Ann already decided this.", hint: "Look at History." } }] }) });
  fireEvent.click(await screen.findByTestId("approve"));
  const toast = await screen.findByTestId("toast");
  expect(toast.dataset["tone"]).toBe("refused");
  expect(toast.textContent).toContain("Ann already decided this. Look at History.");
  expect(screen.getByTestId("flyout-sentence")).toBeTruthy();
});

test("an action that cannot be read says so and can be asked for again", async () => {
  shell({ show_action: () => Promise.reject({ code: "not_found", message: "There is no such action.", hint: "It may belong to a removed practice range." }), plan_action: () => aPlan() });
  show(<ActionFlyout id="a1" {...leads()} />);
  expect((await screen.findByTestId("failure")).textContent).toContain("There is no such action.");
  expect(screen.getByTestId("try-again")).toBeTruthy();
});

test.each([["malicious", "true"], ["suspicious", "false"]] as const)("Approve is the recommended step only for what is judged harmful: %s", async (verdict, recommended) => {
  open(anAction({ verdict }));
  expect((await screen.findByTestId("approve")).dataset["recommended"]).toBe(recommended);
});
