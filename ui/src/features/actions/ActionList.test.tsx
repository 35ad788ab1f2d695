import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { ListActions } from "../../api/bindings";
import { aHome, aPage, anAction } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { PendingList } from "./PendingList";
import type { ActionSearch } from "./search";

const leads = { onIncident: vi.fn(), onInvestigation: vi.fn(), onDevice: vi.fn(), onAction: vi.fn(), onHunt: vi.fn() };
const still = { show_home: () => aHome(), list_devices: () => ({ devices: [] }), preferences: () => ({ theme: "system", switched_columns: [] }) };

function Pending({ first = {} }: { first?: ActionSearch }) {
  const [search, setSearch] = useState(first);
  return <PendingList search={search} onSearch={setSearch} {...leads} />;
}

const asked = (calls: { command: string; request: unknown }[]): ListActions[] => calls.filter((c) => c.command === "list_actions").map((c) => c.request as ListActions).filter((r) => r.limit > 1);

test("the next page is asked for by cursor and snapshot, and the total is the whole list", async () => {
  const rows = Array.from({ length: 150 }, (_, i) => anAction({ id: `a${i}` }));
  const calls = shell({ ...still, list_actions: (r) => ((r as ListActions).after === null ? aPage(rows.slice(0, 100), { total: 150, next: "c1" }) : aPage(rows.slice(100), { total: 150 })) });
  show(<Pending />);
  await screen.findByTestId("row-a0");
  expect(screen.getByTestId("total").textContent).toBe("150");
  await act(async () => {
    const list = screen.getByTestId("list");
    list.scrollTop = 36 * 80;
    fireEvent.scroll(list);
  });
  await waitFor(() => expect(asked(calls)).toContainEqual(expect.objectContaining({ after: "c1", snapshot: "s1" })));
  expect(asked(calls)[0]).toMatchObject({ tab: "pending", after: null, snapshot: null });
});

test("only actions of one type are decided together; the others say why", async () => {
  const calls = shell({
    ...still, list_actions: () => aPage([anAction({ id: "a1" }), anAction({ id: "a2" }), anAction({ id: "a3", type: "kill_process" })]),
    approve_actions: () => ({ approval_id: "p1", results: [anAction(), anAction()], refused: [] }),
  });
  show(<Pending />);
  fireEvent.click(await screen.findByTestId("select-a1"));
  const other = screen.getByTestId<HTMLInputElement>("select-a3");
  expect(other.disabled).toBe(true);
  expect(other.parentElement?.title).toContain("Quarantine a file");
  fireEvent.click(screen.getByTestId("select-a2"));
  expect(screen.getByTestId("selected").textContent).toBe("2 selected");
  expect(screen.getByTestId("bulk-approve").textContent).toBe("Approve 2 actions");
  fireEvent.click(screen.getByTestId("bulk-approve"));
  await waitFor(() => expect(calls).toContainEqual({ command: "approve_actions", request: { ids: ["a1", "a2"], comment: null, group_by_type: false } }));
  await waitFor(() => expect(screen.queryByTestId("selected")).toBeNull());
});

/** M49 */
test("all of a type means all that match, also what was not read yet, and says how many", async () => {
  const rows = Array.from({ length: 150 }, (_, i) => anAction({ id: `a${i}` }));
  const calls = shell({
    ...still,
    list_actions: (r) => {
      const { kind, limit, after } = r as ListActions;
      const from = after === null ? 0 : Number(after);
      const to = Math.min(from + Math.min(limit, 100), 150);
      return aPage(rows.slice(from, to), { total: kind.length === 0 ? 180 : 150, next: to < 150 ? String(to) : null });
    },
    approve_actions: () => ({ approval_id: "p1", results: [], refused: [] }),
  });
  show(<Pending />);
  fireEvent.click(await screen.findByTestId("select-a3"));
  await waitFor(() => expect(screen.getByTestId("select-type").textContent).toBe("Select all 150 of this type"));
  fireEvent.click(screen.getByTestId("select-type"));
  await waitFor(() => expect(screen.getByTestId("selected").textContent).toBe("150 selected"));
  expect(screen.queryByTestId("select-type")).toBeNull();
  fireEvent.click(screen.getByTestId("bulk-approve"));
  await waitFor(() => expect(calls.find((c) => c.command === "approve_actions")?.request).toMatchObject({ ids: { length: 150 } }));
});

test("no key decides unless rows are selected or the flyout is open", async () => {
  const calls = shell({ ...still, list_actions: () => aPage([anAction()]) });
  show(<Pending />);
  await screen.findByTestId("row-a1");
  fireEvent.keyDown(document.body, { key: "a" });
  fireEvent.keyDown(document.body, { key: "r" });
  await new Promise((done) => setTimeout(done, 20));
  expect(calls.some((c) => c.command.endsWith("_actions") && c.command !== "list_actions")).toBe(false);
});

test("while a row is selected nothing moves: what is new is counted until somebody asks", async () => {
  let arrived = false;
  const calls = shell({
    ...still,
    list_actions: (r) => {
      const fresh = (r as ListActions).snapshot === null && arrived;
      return fresh ? aPage([anAction({ id: "new" }), anAction()], { snapshot: "s2" }) : aPage([anAction()], { newer: arrived ? 1 : 0 });
    },
  });
  show(<Pending />);
  fireEvent.click(await screen.findByTestId("select-a1"));
  arrived = true;
  // Deciding anything makes what is shown stale.
  fireEvent.click(screen.getByTestId("bulk-reject"));
  const newer = await screen.findByTestId("newer");
  expect(newer.textContent).toBe("1 new");
  expect(screen.queryByTestId("row-new")).toBeNull();
  expect(asked(calls).at(-1)?.snapshot).toBe("s1");
  fireEvent.click(newer);
  await screen.findByTestId("row-new");
});

test("an empty list is an answer, and a failed one keeps its filters", async () => {
  shell({ ...still, list_actions: () => aPage([]) });
  show(<Pending />);
  expect((await screen.findByTestId("nothing-waits")).textContent).toContain("Nothing waits for you.");
});

test("a list that cannot be read says what happened", async () => {
  shell({ ...still, list_actions: () => Promise.reject({ code: "database", message: "The database cannot be read.", hint: "Nothing was changed." }) });
  show(<Pending />);
  expect((await screen.findByTestId("failure")).textContent).toContain("The database cannot be read. Nothing was changed.");
  expect(screen.getByTestId("filters")).toBeTruthy();
});
