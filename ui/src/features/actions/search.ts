/** What the address of the Action center says: filters, sorting, and which action is open. */
import type { ActionSort, ActionStatus, ActionType, EntityType, Source, Verdict } from "../../api/bindings";
import type { ActionFilter, VerdictFilter } from "../../api/queries";
import { actionStatusLooks, actionTypeLooks, sourceLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { verdictLooks } from "../../domain/verdict";
import type { Raw } from "../../url";
import { compact, flag, keysOf, oneOf, someOf, text } from "../../url";

export const actionTabs = ["pending", "history", "quarantine", "verdicts"] as const;
export type ActionTab = (typeof actionTabs)[number];
export const readTab = (value: string): ActionTab => oneOf(actionTabs, value) ?? "pending";

export const periods = { day: "Past day", week: "Past week", month: "Past 30 days", half_year: "Past 6 months" } as const;
export type Period = keyof typeof periods;
const DAY_MS = 86_400_000;
const periodDays: Record<Period, number> = { day: 1, week: 7, month: 30, half_year: 183 };

const sorts: Record<ActionSort, true> = { updated: true, created: true, type: true, device: true, verdict: true, status: true, expires: true, target: true };

export interface ActionSearch {
  open?: string | undefined;
  type?: ActionType[] | undefined;
  status?: ActionStatus[] | undefined;
  source?: Source[] | undefined;
  verdict?: Verdict[] | undefined;
  entity?: EntityType[] | undefined;
  device?: string | undefined;
  investigation?: string | undefined;
  approval?: string | undefined;
  within?: Period | undefined;
  text?: string | undefined;
  sort?: ActionSort | undefined;
  up?: true | undefined;
}

/** Total: any address is a search. */
export const readSearch = (raw: Raw): ActionSearch =>
  compact({
    open: text(raw["open"]),
    type: someOf(keysOf(actionTypeLooks), raw["type"]),
    status: someOf(keysOf(actionStatusLooks), raw["status"]),
    source: someOf(keysOf(sourceLooks), raw["source"]),
    verdict: someOf(keysOf(verdictLooks), raw["verdict"]),
    entity: someOf(keysOf(entityLooks), raw["entity"]),
    device: text(raw["device"]),
    investigation: text(raw["investigation"]),
    approval: text(raw["approval"]),
    within: oneOf(keysOf(periods), raw["within"]),
    text: text(raw["text"]),
    sort: oneOf(keysOf(sorts), raw["sort"]),
    up: flag(raw["up"]),
  });

const HOUR_MS = 3_600_000;

/** To the hour, so that the same filter stays the same list while one looks at it. */
export function since(within: Period | undefined, now: number): string | null {
  if (within === undefined) return null;
  return new Date(Math.floor(now / HOUR_MS) * HOUR_MS - periodDays[within] * DAY_MS).toISOString();
}

export const actionFilter = (tab: "pending" | "history", s: ActionSearch, usual: ActionSort, now: number): ActionFilter => ({
  tab, kind: s.type ?? [], status: s.status ?? [], device: s.device ?? null, source: s.source ?? [], investigation: s.investigation ?? null,
  approval: s.approval ?? null, verdict: s.verdict ?? [], entity_type: s.entity ?? [], since: since(s.within, now), text: s.text ?? null,
  sort: s.sort ?? usual, descending: s.sort === undefined ? usual !== "expires" : s.up !== true,
});

export const verdictFilter = (s: ActionSearch): VerdictFilter => ({ verdict: s.verdict ?? [], device: s.device ?? null, text: s.text ?? null });

const filterNames = ["type", "status", "source", "verdict", "entity", "device", "investigation", "approval", "within", "text"] as const;
export const filterCount = (s: ActionSearch): number => filterNames.filter((name) => s[name] !== undefined).length;
export const withoutFilters = (s: ActionSearch): ActionSearch => compact({ sort: s.sort, up: s.up });
