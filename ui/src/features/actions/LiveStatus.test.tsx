import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { aDetail, anAction } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { LiveStatus } from "./LiveStatus";

/** M60 */
test("a running action says what it does right now", async () => {
  const running = anAction({ status: "running", progress: null });
  shell({ show_action: () => aDetail({ ...running, progress: "Looking into files (120 files so far)" }) });
  show(<LiveStatus action={running} />);
  expect((await screen.findByTestId(`progress-${running.id}`)).textContent).toBe("Looking into files (120 files so far)");
  expect(screen.getByTestId(`status-${running.id}`).textContent).toBe("Running");
});

test("one that ended says only how it stands and is not asked about again", () => {
  const done = anAction({ status: "completed", progress: null });
  const calls = shell({ show_action: () => aDetail(done) });
  show(<LiveStatus action={done} />);
  expect(screen.getByTestId(`status-${done.id}`).textContent).toBe("Completed");
  expect(screen.queryByTestId(`progress-${done.id}`)).toBeNull();
  expect(calls).toEqual([]);
});
