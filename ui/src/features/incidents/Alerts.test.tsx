import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Alert, Incident } from "../../api/bindings";
import { device } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { Alerts } from "./IncidentPage";

const anAlert = (over: Partial<Alert>): Alert => ({
  id: "l1", title: "Seen", description: "", severity: "low", status: "new", detection_source: "Another product", device, incident_id: "i1", investigation_id: null, created_at: "2026-11-23T10:00:00.000Z", ...over,
});

test("an alert about no device here says so, one about a device names it", () => {
  shell({});
  const alerts: Pick<Incident, "alerts_list"> = { alerts_list: [anAlert({}), anAlert({ id: "l2", device: null })] };
  show(<Alerts incident={alerts} />);
  expect(screen.getByTestId("alert-device-l1").textContent).toBe("web-01");
  expect(screen.getByTestId("alert-device-l2").textContent).toBe("No device here");
});
