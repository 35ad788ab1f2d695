import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Mitigation, ServiceStatus } from "../../api/bindings";
import { aHome, device } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { ServiceCard } from "./ServiceCard";
import { ServiceNote } from "./ServiceNote";

const status = (over: Partial<ServiceStatus> = {}): ServiceStatus => ({ packaged: true, enabled: false, running: false, connected: false, holding: false, ...over });
const works = status({ enabled: true, running: true, connected: true });
const nothing = { mitigations: [], unasked: [] };

test("where it could be installed, one button does it, and what it does is said before", async () => {
  let now = status();
  const calls = shell({ service_status: () => now, install_service: () => (now = works) });
  show(<ServiceCard />);
  expect((await screen.findByTestId("service-standing")).dataset["standing"]).toBe("absent");
  expect(screen.getByTestId("service-does").textContent).toContain("when every window is closed");
  expect(screen.getByTestId("service-does").textContent).toContain("Your data of this window moves to the service");
  expect(screen.getByTestId("service-busy").textContent).toContain("administrator's password");
  fireEvent.click(screen.getByTestId("install-service"));
  await waitFor(() => expect(calls.map((c) => c.command)).toContain("install_service"));
  await waitFor(() => expect(screen.getByTestId("service-standing").dataset["standing"]).toBe("works"));
  expect(screen.getByTestId("toast").textContent).toContain("The device service is installed.");
  expect(screen.queryByTestId("install-service")).toBeNull();
});

test("nobody gave the password: it says so, and the button is still there", async () => {
  shell({ service_status: () => status(), install_service: () => { throw { code: "no_password", message: "Nobody gave an administrator's password.", hint: "Nothing was changed." }; } });
  show(<ServiceCard />);
  fireEvent.click(await screen.findByTestId("install-service"));
  expect((await screen.findByTestId("service-failed")).textContent).toContain("Nothing was changed.");
  expect(screen.getByTestId("install-service").getAttribute("aria-disabled")).not.toBe("true");
});

test("a copy built from source says why it cannot, and what to do", async () => {
  shell({ service_status: () => status({ packaged: false }) });
  show(<ServiceCard />);
  const standing = await screen.findByTestId("service-standing");
  expect(standing.textContent).toContain("built from source");
  expect(screen.getByTestId("service").textContent).toContain("cargo xtask dist");
  expect(screen.queryByTestId("install-service")).toBeNull();
});

test("installed but silent can be repaired; a door that is shut to this window is said", async () => {
  let now = status({ enabled: true });
  shell({ service_status: () => now, install_service: () => (now = status({ enabled: true, running: true })) });
  show(<ServiceCard />);
  expect((await screen.findByTestId("install-service")).textContent).toBe("Repair the device service");
  expect(screen.getByTestId("service-running").dataset["holds"]).toBe("false");
  fireEvent.click(screen.getByTestId("install-service"));
  await waitFor(() => expect(screen.getByTestId("service-standing").dataset["standing"]).toBe("elsewhere"));
  expect(screen.getByTestId("service-standing").textContent).toContain("log out and in");
});

test("removing says what stays; where something stands it is released first, or nothing is removed", async () => {
  let now: ServiceStatus = { ...works, holding: true };
  const calls = shell({ service_status: () => now, list_mitigations: () => nothing, show_home: () => aHome(), remove_service: () => (now = status()) });
  show(<ServiceCard />);
  fireEvent.click(await screen.findByTestId("remove-service"));
  expect(screen.getByTestId("remove-service-dialog").textContent).toContain("/var/lib/assize-agent");
  const confirm = screen.getByTestId<HTMLButtonElement>("remove-service-confirm");
  expect(confirm.disabled).toBe(true);
  fireEvent.click(screen.getByTestId("remove-release"));
  expect(confirm.disabled).toBe(false);
  fireEvent.click(confirm);
  await waitFor(() => expect(calls.map((c) => c.command)).toContain("remove_service"));
  await waitFor(() => expect(screen.getByTestId("service-standing").dataset["standing"]).toBe("absent"));
});

test("who may not look whether something stands learns it from the refusal, and can release then", async () => {
  shell({ service_status: () => works, list_mitigations: () => nothing, show_home: () => aHome(), remove_service: () => { throw { code: "still_holding", message: "This computer is isolated or restricted.", hint: "Nothing was changed." }; } });
  show(<ServiceCard />);
  fireEvent.click(await screen.findByTestId("remove-service"));
  expect(screen.queryByTestId("remove-release")).toBeNull();
  fireEvent.click(screen.getByTestId("remove-service-confirm"));
  expect((await screen.findByTestId("remove-service-failed")).textContent).toContain("Nothing was changed.");
  expect(screen.getByTestId("remove-release")).toBeTruthy();
  expect(screen.getByTestId<HTMLButtonElement>("remove-service-confirm").disabled).toBe(true);
});

test("an isolation of this computer that the engine knows counts too", async () => {
  const stands: Mitigation = { action_id: "a1", type: "isolate_device", device: { ...device, id: "d1" }, what: "Isolated.", since: "2026-11-23T10:00:00.000Z", until: null, in_force: true, complaints: [], action: null };
  shell({ service_status: () => works, list_mitigations: () => ({ mitigations: [stands], unasked: [] }), show_home: () => aHome() });
  show(<ServiceCard />);
  fireEvent.click(await screen.findByTestId("remove-service"));
  expect(await screen.findByTestId("remove-release")).toBeTruthy();
});

test("what cannot be read says so and can be tried again", async () => {
  let broken = true;
  shell({ service_status: () => { if (broken) throw { code: "internal", message: "A part stopped.", hint: "Look again." }; return works; } });
  show(<ServiceCard />);
  await screen.findByTestId("failure");
  broken = false;
  fireEvent.click(screen.getByTestId("try-again"));
  expect((await screen.findByTestId("service-standing")).dataset["standing"]).toBe("works");
});

test("Home offers it where it could be installed, warns where it is silent, and else says nothing", async () => {
  let opened = 0;
  let now = status();
  shell({ service_status: () => now });
  show(<ServiceNote onOpen={() => { opened += 1; }} />);
  fireEvent.click(await screen.findByTestId("service-open"));
  expect(opened).toBe(1);
  now = status({ enabled: true });
  show(<ServiceNote onOpen={() => undefined} />);
  await waitFor(() => expect(screen.getAllByTestId("service-note").map((n) => n.textContent).join(" ")).toContain("does not run"));
  now = works;
  const before = screen.getAllByTestId("service-note").length;
  show(<ServiceNote onOpen={() => undefined} />);
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.getAllByTestId("service-note")).toHaveLength(before);
});
