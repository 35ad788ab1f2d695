import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Imported, Preview } from "../../api/bindings";
import { shell, show } from "../../test/shell";
import { ImportPage } from "./ImportPage";

const preview: Preview = { format: "falco", headings: [], mapping: { columns: {} }, rows: [], drafts: [], rejected: [{ record: 2, line: 7, error: "This is no JSON." }] };
const imported: Imported = {
  format: "falco", records: 3, imported: 1, duplicates: 1, skipped: 0, incidents: 1, failed: [{ line: 7, record: 2, error: "This is no JSON." }], more_failed: 0, rejected: 1,
  fields: { mapped: ["rule"], kept_raw: ["weather"], more: false }, without_zone: 0, alerts: ["a1"], more_alerts: 0, investigations: ["i1"],
};

/** M107 */
test("a file is shown before it is imported, and afterwards what became of each part of it", async () => {
  const calls = shell({ preview_alerts: () => preview, import_alerts: () => imported, list_devices: () => ({ devices: [] }) });
  const onInvestigation = vi.fn();
  show(<ImportPage onAlerts={vi.fn()} onInvestigation={onInvestigation} />);
  fireEvent.change(screen.getByTestId("import-file"), { target: { files: [new File(["{}"], "alerts.json")] } });
  expect((await screen.findByTestId("import-preview")).textContent).toContain("Line 7: This is no JSON.");
  expect(calls.some((c) => c.command === "import_alerts"), "nothing is stored yet").toBe(false);
  fireEvent.click(screen.getByTestId("import-now"));
  const result = await screen.findByTestId("import-result");
  for (const told of ["1 alert", "1 known before", "rule", "weather", "Line 7"]) expect(result.textContent).toContain(told);
  await waitFor(() => expect(calls.some((c) => c.command === "import_alerts")).toBe(true));
  fireEvent.click(screen.getByText("Open the investigation"));
  expect(onInvestigation).toHaveBeenCalledWith("i1");
});
