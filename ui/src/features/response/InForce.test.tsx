import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Mitigation } from "../../api/bindings";
import { anAction, canUndo, device } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { InForce } from "./InForce";

const isolated = (over: Partial<Mitigation> = {}): Mitigation => ({
  action_id: "a1", type: "isolate_device", device, what: "Cut off from the network.", since: "2026-11-23T10:00:00.000Z", until: "2099-11-23T14:00:00.000Z", in_force: true, complaints: [],
  action: anAction({ type: "isolate_device", status: "completed", decided_by: "owner", comment: "It talks to a stranger.", undo: canUndo() }), ...over,
});

test("what stands says who, why, until when, and is released from there", async () => {
  let list = [isolated()];
  const calls = shell({ list_mitigations: () => ({ mitigations: list, unasked: ["kiosk does not answer."] }), undo_actions: () => { list = []; return { approval_id: null, results: [], refused: [] }; } });
  show(<InForce onAction={() => undefined} />);
  const one = await screen.findByTestId("in-force-a1");
  for (const part of ["web-01", "Cut off from the network.", "owner", "It talks to a stranger.", "Ends by itself"]) expect(one.textContent).toContain(part);
  expect(screen.getByTestId("in-force").textContent).toContain("kiosk does not answer.");
  fireEvent.click(screen.getByTestId("release-a1"));
  await waitFor(() => expect(calls).toContainEqual(expect.objectContaining({ command: "undo_actions", request: expect.objectContaining({ ids: ["a1"] }) })));
  await waitFor(() => expect(screen.queryByTestId("in-force-a1")).toBeNull());
});

test("on a device only its own is shown, and what fell away is told", async () => {
  shell({ list_mitigations: () => ({ mitigations: [isolated({ in_force: false, until: null, complaints: ["The rules were removed by somebody."] }), isolated({ action_id: "a2", device: { ...device, id: "d2" } })], unasked: ["kiosk does not answer."] }) });
  show(<InForce device="d1" onAction={() => undefined} />);
  const one = await screen.findByTestId("in-force-a1");
  expect(one.textContent).toContain("It is not in force now.");
  expect(one.textContent).toContain("The rules were removed by somebody.");
  expect(one.textContent).toContain("Until somebody takes it back.");
  expect(screen.queryByTestId("in-force-a2")).toBeNull();
  expect(screen.getByTestId("in-force").textContent).not.toContain("kiosk");
});

test("what cannot be read is an error, not silence", async () => {
  shell({ list_mitigations: () => { throw { code: "internal", message: "A part stopped.", hint: "Look again." }; } });
  show(<InForce onAction={() => undefined} />);
  expect((await screen.findByTestId("failure")).textContent).toContain("A part stopped.");
});
