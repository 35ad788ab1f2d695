import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { anAction, canUndo } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { RollbackDialog } from "./RollbackDialog";

const done = (id: string) => anAction({ id, status: "completed", undo: canUndo() });

/** M85, M153 */
test("the dry run comes first, the last one done goes back first, and what did not is told and can be asked for again", async () => {
  const killed = anAction({ id: "k", type: "kill_process", status: "completed" });
  let left = ["a2", "a1"];
  const calls = shell({
    plan_rollback: () => ({ steps: left.map((id) => ({ action: done(id), obstacles: [] })), left: [{ action: killed, reason: "It cannot be brought back." }], done: 2 - left.length }),
    roll_back: () => ({ approvals: [], results: [anAction({ id: "a2", status: "undoing" }), done("a1")], refused: [{ id: "a1", fault: { code: "x", message: "The disk is full.", hint: "Make room." } }], left: [{ action: killed, reason: "It cannot be brought back." }], done: 0 }),
    show_action: (r) => ({ action: anAction({ id: (r as { id: string }).id, status: "undone" }) }),
  });
  show(<RollbackDialog title="Undo everything" by={{ all: "incident", id: "i1" }} onClose={vi.fn()} />);
  expect((await screen.findByTestId("rollback-count")).textContent).toContain("2 actions go back");
  expect([...screen.getByTestId("rollback-steps").children].map((row) => (row as HTMLElement).dataset["testid"])).toEqual(["rollback-steps-a2", "rollback-steps-a1"]);
  expect(screen.getByTestId("rollback-left").textContent).toContain("It cannot be brought back.");
  const confirm = screen.getByTestId<HTMLButtonElement>("rollback-confirm");
  expect(confirm.disabled).toBe(true);
  fireEvent.change(screen.getByTestId("rollback-comment"), { target: { value: "A bad rule." } });
  fireEvent.click(confirm);
  await waitFor(() => expect(calls).toContainEqual({ command: "roll_back", request: { by: { all: "incident", id: "i1" }, comment: "A bad rule.", conflict: { choice: "stop" }, allow_days: null } }));
  await waitFor(() => expect(screen.getByTestId("rollback-report").textContent).toBe("1 went back, 1 did not."));
  expect(screen.getByTestId("rollback-results-a1").textContent).toContain("The disk is full. Make room.");
  left = ["a1"];
  fireEvent.click(screen.getByTestId("rollback-again"));
  await waitFor(() => expect(screen.getByTestId("rollback-count").textContent).toContain("1 has gone back already."));
});
