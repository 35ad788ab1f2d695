import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { shell, show } from "../../test/shell";
import { Limits } from "./Limits";

const now = { same_type: 50, minutes: 60, devices: 2, vault_gib: 10, held: [{ cause: "new_rule", about: "dropper", waiting: 3, since: "2026-11-23T10:00:00.000Z", text: "The rule “dropper” is new. 3 actions wait for a person." }] };
const list = { added: [{ pattern: "/srv/till/**", added_by: "owner", added_at: "2026-11-23T10:00:00.000Z" }], shipped: [{ what: "a shell", items: ["/bin/sh"] }] };

/** M20, M21, M22 */
test("limits are changed as numbers only, and what waits because of them is told", async () => {
  const calls = shell({ list_limits: () => now, list_protected: () => list, change_limits: () => ({ ...now, same_type: 7 }) });
  show(<Limits />);
  const field = await screen.findByTestId("limit-same_type");
  expect(screen.getByTestId("limits").textContent).toContain("3 actions wait for a person.");
  expect(screen.getByTestId<HTMLButtonElement>("limits-change").disabled).toBe(true);
  fireEvent.change(field, { target: { value: "" } });
  expect(screen.getByTestId<HTMLButtonElement>("limits-change").disabled).toBe(true);
  fireEvent.change(field, { target: { value: "7" } });
  fireEvent.click(screen.getByTestId("limits-change"));
  await waitFor(() => expect(calls).toContainEqual(expect.objectContaining({ command: "change_limits", request: { same_type: 7, minutes: 60, devices: 2, vault_gib: 10 } })));
});

/** M20 */
test("a path is protected and given free again; a refusal is told", async () => {
  const calls = shell({ list_limits: () => now, list_protected: () => list, change_protected: () => { throw { code: "bad_input", message: "“till” is no path.", hint: "Write a full path." }; } });
  show(<Limits />);
  await screen.findByTestId("protected-row-/srv/till/**");
  expect(screen.getByTestId("protected").textContent).toContain("/bin/sh");
  fireEvent.click(screen.getByText("Remove"));
  await waitFor(() => expect(calls).toContainEqual(expect.objectContaining({ command: "change_protected", request: { pattern: "/srv/till/**", on: false } })));
  fireEvent.change(screen.getByTestId("protected-pattern"), { target: { value: "till" } });
  fireEvent.click(screen.getByTestId("protected-add"));
  expect((await screen.findByTestId("failure")).textContent).toContain("is no path");
});
