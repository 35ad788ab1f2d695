import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { anAction, someEvidence } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { EvidenceFlyout } from "./EvidenceFlyout";

const leads = () => ({ onClose: vi.fn(), onAction: vi.fn(), onEvidence: vi.fn(), onHunt: vi.fn(), onInvestigation: vi.fn() });

/** M93, M94 */
test("the waiting action of a piece of evidence is decided here, and it is the very same action", async () => {
  const calls = shell({ show_evidence: () => ({ evidence: someEvidence(), related: [] }), approve_actions: () => ({ approval_id: "p", results: [anAction({ status: "approved" })], refused: [] }) });
  show(<EvidenceFlyout id="e1" {...leads()} />);
  fireEvent.click(await screen.findByTestId("evidence-approve"));
  await waitFor(() => expect(calls).toContainEqual({ command: "approve_actions", request: { ids: ["a1"], comment: null, group_by_type: false } }));
});

/** M93 */
test("nothing can be decided once nothing waits", async () => {
  shell({ show_evidence: () => ({ evidence: someEvidence({ pending_action: null, remediation_status: "remediated" }), related: [] }) });
  const to = leads();
  show(<EvidenceFlyout id="e1" {...to} />);
  expect((await screen.findByTestId("evidence-status")).textContent).toBe("Remediated");
  expect(screen.queryByTestId("evidence-approve")).toBeNull();
  expect(screen.queryByTestId("evidence-reject")).toBeNull();
  fireEvent.click(screen.getByTestId("evidence-action"));
  expect(to.onAction).toHaveBeenCalledWith("a1");
});
