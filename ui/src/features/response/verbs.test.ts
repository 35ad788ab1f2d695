import { expect, test } from "vitest";
import { addresses, fitting, requestFor, unable, usualOptions } from "./verbs";

test("each thing is offered what can be done to it, and nothing else", () => {
  expect(fitting("file")).toEqual(["stop_and_quarantine_file", "quarantine_file"]);
  expect(fitting("startup_item")).toEqual(["remove_persistence"]);
  expect(fitting("domain")).toEqual([]);
});

/** M122 */
test("a selective isolation names what stays reachable, a full one nothing", () => {
  const chosen = { scope: "selective" as const, allow: " 192.0.2.7,\n10.0.0.0/8 ", seconds: 14_400 };
  expect(addresses(chosen.allow)).toEqual(["192.0.2.7", "10.0.0.0/8"]);
  expect(requestFor("isolate_device", "d1", null, chosen, "why")).toMatchObject({ scope: "selective", allow: ["192.0.2.7", "10.0.0.0/8"], for_seconds: 14_400, comment: "why", command_line: false });
  expect(requestFor("isolate_device", "d1", null, { ...chosen, scope: "full" }, "why")).toMatchObject({ scope: "full", allow: [] });
  // What means nothing for an action is not said.
  expect(requestFor("kill_process", "d1", "e1", chosen, "why")).toMatchObject({ scope: null, allow: [], for_seconds: null, evidence: "e1" });
  expect(requestFor("run_antivirus_scan", "d1", null, usualOptions("run_antivirus_scan"), "why")).toMatchObject({ scope: "quick", for_seconds: null });
});

/** M130 */
test("what a device cannot do has a reason; what is not known is left to the device", () => {
  expect(unable("isolate_device", [{ type: "isolate_device", possible: false, reason: "A disk has no network." }])).toBe("A disk has no network.");
  expect(unable("isolate_device", [{ type: "isolate_device", possible: true, reason: null }])).toBeUndefined();
  expect(unable("isolate_device", undefined)).toBeUndefined();
});
