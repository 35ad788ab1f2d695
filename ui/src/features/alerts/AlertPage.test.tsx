import { fireEvent, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { AlertDetail } from "../../api/bindings";
import { shell, show } from "../../test/shell";
import { AlertPage } from "./AlertPage";

const detail: AlertDetail = {
  id: "l1", title: "Drop and execute", severity: "medium", status: "new", category: null, detection_source: "Falco", device: null, incident_id: "n1", incident_number: 7,
  investigation_id: null, investigation_state: null, grouped: "The same rule on the same device.", skipped: { state: "unsupported_alert", why: "It names no device that is known here." },
  imported: true, first_event: null, created_at: "2026-11-23T10:00:00.000Z", description: "It ran.", evidence: [], activity: [],
  told: {
    kind: "alert", key: "k", record: 1, line: 1, title: "Drop and execute", description: "", severity: "medium", status: "new", source: "Falco", raw: "",
    mentions: [{ thing: { type: "process", pid: 7, exe: "/tmp/\u202Ex" } }],
  },
  origin: { format: "falco", file: "alerts.json", imported_at: "2026-11-23T10:00:00.000Z", original: "{\"rule\": \"Drop and execute\"}" },
};

/** M107, M25 */
test("an alert tells what it names, why nobody looked, why it is in its incident, and its original", async () => {
  shell({ show_alert: () => detail });
  const onIncident = vi.fn();
  show(<AlertPage id="l1" onList={vi.fn()} onIncident={onIncident} onInvestigation={vi.fn()} />);
  const page = await screen.findByTestId("alert");
  for (const told of ["It names no device that is known here.", "The same rule on the same device.", "pid: 7", "{\"rule\": \"Drop and execute\"}"]) {
    expect(page.textContent).toContain(told);
  }
  expect(page.textContent, "hostile text cannot turn the words around").not.toContain("\u202E");
  fireEvent.click(screen.getByTestId("alert-incident"));
  expect(onIncident).toHaveBeenCalledWith("n1");
});
