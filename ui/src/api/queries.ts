/** Everything a screen can read. Answers stay fresh until the shell says that something changed. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type {
  Action, ActionPage, AlertPage, AlertRow, IncidentPage, IncidentRow, InvestigationPage, InvestigationRow, ListActions, ListAlerts, ListIncidents,
  ListInvestigations, ListVerdicts, RollBackBy, RunAction, VerdictPage, VerdictRow,
} from "./bindings";
import { commands, unwrap } from "./client";

export const home = queryOptions({ queryKey: ["home"], queryFn: () => unwrap(commands.showHome({})) });
export const opening = queryOptions({ queryKey: ["opening"], queryFn: () => unwrap(commands.opening()), meta: { still: true } });
export const preferences = queryOptions({ queryKey: ["preferences"], queryFn: () => commands.preferences(), meta: { still: true } });

/** While it runs nothing is recorded that would say that something changed. */
export const action = (id: string) =>
  queryOptions({ queryKey: ["action", id], queryFn: () => unwrap(commands.showAction({ id })), refetchInterval: (q) => (q.state.data?.action.status === "running" ? 1000 : false) });
export const actionPlan = (id: string) => queryOptions({ queryKey: ["plan", id], queryFn: () => unwrap(commands.planAction({ id })) });
/** The dry run of what a person would ask for; of taking several actions back. */
export const runPlan = (request: RunAction) => queryOptions({ queryKey: ["run-plan", request], queryFn: () => unwrap(commands.planRun({ action: request })), gcTime: 0 });
export const rollbackPlan = (by: RollBackBy) => queryOptions({ queryKey: ["rollback-plan", by], queryFn: () => unwrap(commands.planRollback({ by })), gcTime: 0 });
/** The devices say it themselves, and what changes there is not always recorded here. */
export const mitigations = queryOptions({ queryKey: ["mitigations"], queryFn: () => unwrap(commands.listMitigations({})), refetchInterval: 30_000 });
/** Several actions as they are now. */
export const actionsByIds = (ids: readonly string[]) =>
  queryOptions({ queryKey: ["actions-now", ids], queryFn: () => Promise.all(ids.map(async (id) => (await unwrap(commands.showAction({ id }))).action)), gcTime: 0 });
export const incident = (id: string) => queryOptions({ queryKey: ["incident", id], queryFn: () => unwrap(commands.showIncident({ id })) });
export const alert = (id: string) => queryOptions({ queryKey: ["alert", id], queryFn: () => unwrap(commands.showAlert({ id })) });
export const evidence = (id: string) => queryOptions({ queryKey: ["evidence", id], queryFn: () => unwrap(commands.showEvidence({ id })) });
export const investigation = (id: string) => queryOptions({ queryKey: ["investigation", id], queryFn: () => unwrap(commands.showInvestigation({ id })) });
export const devices = queryOptions({ queryKey: ["devices"], queryFn: () => unwrap(commands.listDevices({})) });
export const groups = queryOptions({ queryKey: ["groups"], queryFn: () => unwrap(commands.listGroups({})) });
export const indicators = queryOptions({ queryKey: ["indicators"], queryFn: () => unwrap(commands.listIndicators({})) });
export const limits = queryOptions({ queryKey: ["limits"], queryFn: () => unwrap(commands.listLimits({})) });
export const protectedItems = queryOptions({ queryKey: ["protected"], queryFn: () => unwrap(commands.listProtected({})) });
export const rules = queryOptions({ queryKey: ["rules"], queryFn: () => unwrap(commands.listRules({})) });
export const quarantine = queryOptions({ queryKey: ["quarantine"], queryFn: () => unwrap(commands.listQuarantine({})) });
/** How the service stands is recorded nowhere: asked again now and then while somebody looks. */
export const serviceStatus = queryOptions({ queryKey: ["service"], queryFn: () => unwrap(commands.serviceStatus()), meta: { still: true }, refetchInterval: 10_000 });
export const doctor = queryOptions({ queryKey: ["doctor"], queryFn: () => unwrap(commands.runDoctor({})), meta: { still: true } });

/** One page of any list, in one shape. */
export interface Page<Row> {
  rows: Row[];
  total: number;
  next: string | null;
  newer: number;
  snapshot: string;
}

/** Where a page begins. Nothing: the top, as it is now. */
export interface From {
  after: string | null;
  snapshot: string | null;
}

const PAGE_LENGTH = 100;
/** Whoever scrolls on reads in larger parts: whatever changes, every part that was read is asked for again. */
const NEXT_LENGTH = 500;

/** Without the parts that name the page: the same filter is the same list. */
type Filter<Request> = Omit<Request, "limit" | "after" | "snapshot">;
export type ActionFilter = Filter<ListActions>;
export type VerdictFilter = Filter<ListVerdicts>;
export type AlertFilter = Filter<ListAlerts>;
export type IncidentFilter = Filter<ListIncidents>;
export type InvestigationFilter = Filter<ListInvestigations>;

export interface ListSource<Row> {
  key: readonly unknown[];
  fetch: (from: From, limit: number) => Promise<Page<Row>>;
}

const shape = <Row>(rows: Row[], page: { total: number; next: string | null; newer: number; snapshot: string }): Page<Row> => ({
  rows, total: page.total, next: page.next, newer: page.newer, snapshot: page.snapshot,
});

export const actions = (filter: ActionFilter): ListSource<Action> => ({
  key: ["actions", filter],
  fetch: async (from, limit) => {
    const page: ActionPage = await unwrap(commands.listActions({ ...filter, ...from, limit }));
    return shape(page.actions, page);
  },
});

/** The first rows of a list, and no more. */
export const actionsPage = (filter: ActionFilter, most: number) =>
  queryOptions({ queryKey: ["first-actions", filter, most], queryFn: () => actions(filter).fetch({ after: null, snapshot: null }, most) });

export const verdicts = (filter: VerdictFilter): ListSource<VerdictRow> => ({
  key: ["verdicts", filter],
  fetch: async (from, limit) => {
    const page: VerdictPage = await unwrap(commands.listVerdicts({ ...filter, ...from, limit }));
    return shape(page.verdicts, page);
  },
});

export const alerts = (filter: AlertFilter): ListSource<AlertRow> => ({
  key: ["alerts", filter],
  fetch: async (from, limit) => {
    const page: AlertPage = await unwrap(commands.listAlerts({ ...filter, ...from, limit }));
    return shape(page.alerts, page);
  },
});

export const incidents = (filter: IncidentFilter): ListSource<IncidentRow> => ({
  key: ["incidents", filter],
  fetch: async (from, limit) => {
    const page: IncidentPage = await unwrap(commands.listIncidents({ ...filter, ...from, limit }));
    return shape(page.incidents, page);
  },
});

export const investigations = (filter: InvestigationFilter): ListSource<InvestigationRow> => ({
  key: ["investigations", filter],
  fetch: async (from, limit) => {
    const page: InvestigationPage = await unwrap(commands.listInvestigations({ ...filter, ...from, limit }));
    return shape(page.investigations, page);
  },
});

/** The pages of a list. `still` is asked before the top is read again: while the list may not move, it stays the snapshot
 *  it is and what is new is only counted. A list that nobody looks at is forgotten, so that coming back shows what is true. */
export const pages = <Row>(source: ListSource<Row>, still: { mayMove: () => boolean }) =>
  infiniteQueryOptions({
    queryKey: ["list", ...source.key],
    gcTime: 0,
    initialPageParam: { after: null, snapshot: null } as From,
    queryFn: ({ pageParam, client, queryKey }) => {
      if (pageParam.after !== null) return source.fetch(pageParam, NEXT_LENGTH);
      if (still.mayMove()) return source.fetch(pageParam, PAGE_LENGTH);
      const shown = client.getQueryData<{ pages: Page<Row>[] }>(queryKey)?.pages[0];
      return source.fetch({ after: null, snapshot: shown?.snapshot ?? null }, PAGE_LENGTH);
    },
    getNextPageParam: (last: Page<Row>): From | undefined => (last.next === null ? undefined : { after: last.next, snapshot: last.snapshot }),
  });

/** How many rows a list has now. */
export const howMany = <Row>(source: ListSource<Row>) =>
  queryOptions({ queryKey: ["count", ...source.key], queryFn: async () => (await source.fetch({ after: null, snapshot: null }, 1)).total });

/** The rows of a list, page after page: every one, or so many at most. */
export async function everyRow<Row>(source: ListSource<Row>, most = Infinity): Promise<Row[]> {
  const rows: Row[] = [];
  let from: From = { after: null, snapshot: null };
  for (;;) {
    const page = await source.fetch(from, Math.min(1000, most - rows.length));
    rows.push(...page.rows);
    if (page.next === null || rows.length >= most) return rows;
    from = { after: page.next, snapshot: page.snapshot };
  }
}
