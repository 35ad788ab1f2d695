/** A list of actions with its filters, its commands on what is selected, and its flyout. */
import { Button, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Action, ActionSort, ActionStatus } from "../../api/bindings";
import { toFault } from "../../api/client";
import { exportList, firstRows } from "../../api/mutations";
import type { ActionFilter } from "../../api/queries";
import { actions, devices, howMany } from "../../api/queries";
import { useList } from "../../api/useList";
import { useSwitchedColumns } from "../../api/usePreferences";
import { ClearFilters, ColumnMenu, FilterMenu, FilterOne, Newer, SearchField, Showing } from "../../components/Filters";
import { useKeys } from "../../components/keys";
import { notify } from "../../components/notices";
import { Bar } from "../../components/Page";
import { Failure, SkeletonRows } from "../../components/states";
import { csv, plural } from "../../components/text";
import { useListKeys } from "../../components/useListKeys";
import { useSelection } from "../../components/useSelection";
import { VirtualList } from "../../components/VirtualList";
import { actionStatusLooks, actionTypeLooks, sourceLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { verdictLooks } from "../../domain/verdict";
import { keysOf } from "../../url";
import type { Leads } from "./ActionFlyout";
import { ActionFlyout } from "./ActionFlyout";
import type { ActionColumn } from "./columns";
import type { ActionSearch } from "./search";
import { filterCount, periods, withoutFilters } from "./search";
import { words } from "./words";

const useStyles = makeStyles({ area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" } });

/** Decided in one go; more would be neither read nor answered for by anybody. */
const MOST_AT_ONCE = 1000;

const idOf = (action: Action): string => action.id;
const isPractice = (action: Action): boolean => action.device.practice;
const choicesOf = <T extends string>(looks: Record<T, { label: string }>) => keysOf(looks).map((id) => ({ id, label: looks[id].label }));

export interface ListProps extends Leads {
  search: ActionSearch;
  onSearch: (next: ActionSearch) => void;
}

interface Props extends ListProps {
  name: string;
  filter: ActionFilter;
  usualSort: ActionSort;
  columns: readonly ActionColumn[];
  statuses: readonly ActionStatus[];
  empty: ReactNode;
  /** The commands on what is selected, in their order. */
  commands: (chosen: readonly Action[], done: () => void) => readonly BulkCommand[];
  /** Further buttons of the bar. */
  tools?: ReactNode;
}

export interface BulkCommand {
  id: string;
  key: string;
  label: string;
  primary?: boolean;
  disabled: boolean;
  title?: string | undefined;
  run: () => void;
}

export function ActionList(p: Props) {
  const s = useStyles();
  const { search, onSearch } = p;
  const selection = useSelection<Action>(idOf);
  const list = useList(actions(p.filter), selection.ids.size > 0 || search.open !== undefined);
  const { switched, flip } = useSwitchedColumns(p.name);
  const shown = p.columns.filter((c) => (c.extra === true) === switched.has(c.id));
  const put = (next: Partial<ActionSearch>): void => onSearch({ ...search, ...next });
  const open = (action: Action): void => put({ open: action.id });
  const close = (): void => put({ open: undefined });

  const [first] = selection.rows;
  const refusal = (action: Action): string | undefined => (first === undefined || first.type === action.type ? undefined : words.otherType(first.type));
  const add = (rows: readonly Action[]): void => selection.add(rows.filter((row) => row.type === (first ?? rows[0])?.type));
  const toggle = (row: Action): void => {
    if (refusal(row) === undefined) selection.toggle(row);
  };
  const { active, move } = useListKeys({ rows: list.rows, idOf, open: search.open, onOpen: open, onClose: close, onToggle: toggle, onExtend: add, onLeave: selection.clear });
  const toggleTo = (row: Action, extend: boolean): void => {
    const from = list.rows.findIndex((r) => idOf(r) === active);
    const to = list.rows.findIndex((r) => idOf(r) === row.id);
    if (extend && from >= 0 && to >= 0) add(list.rows.slice(Math.min(from, to), Math.max(from, to) + 1));
    else toggle(row);
  };
  const commands = p.commands(selection.rows, selection.clear);
  // An open flyout has the keys to itself.
  useKeys(Object.fromEntries(search.open === undefined ? commands.filter((c) => !c.disabled && selection.ids.size > 0).map((c) => [c.key, c.run]) : []));
  const sortBy = (by: string): void => {
    const next = p.columns.find((c) => c.sort === by)?.sort;
    if (next !== undefined) put({ sort: next, up: (search.sort ?? p.usualSort) === next && search.up !== true ? true : undefined });
  };
  return (
    <>
      <Filters {...p} shown={list.rows.length} total={list.total} newer={list.newer} onNewer={list.reload} />
      <Bar testid="commands">
        {commands.map((c) => (
          <Button key={c.id} size="small" appearance={c.primary === true ? "primary" : "secondary"} disabled={c.disabled} title={c.title} onClick={c.run} data-testid={`bulk-${c.id}`}>{c.label}</Button>
        ))}
        {first !== undefined && (
          <>
            <span data-testid="selected">{selection.ids.size.toLocaleString("en-GB")} selected</span>
            <SelectType filter={p.filter} type={first.type} chosen={selection.ids.size} onSelect={selection.add} />
            <Button size="small" appearance="subtle" onClick={selection.clear} data-testid="select-none">Select none</Button>
          </>
        )}
        {p.tools}
        <Export name={p.name} filter={p.filter} columns={shown} total={list.total} />
        <ColumnMenu columns={p.columns.map((c) => ({ id: c.id, label: c.title }))} shown={shown.map((c) => c.id)} onFlip={flip} />
      </Bar>
      {list.error !== null && <Failure title="The list could not be read." fault={toFault(list.error)} retry={list.reload} />}
      <div className={s.area}>
        {list.waiting ? list.error === null && <SkeletonRows /> : list.rows.length === 0 ? p.empty : (
          <VirtualList
            label={words.title} columns={shown} rows={list.rows} total={list.total} idOf={idOf} hasMore={list.hasMore} onMore={list.more} still={list.still} open={search.open} active={active}
            onOpen={open} practice={isPractice} selection={{ has: selection.has, refusal, onToggle: toggleTo }} sort={{ by: p.filter.sort, descending: p.filter.descending }} onSort={sortBy} stale={list.stale} covered={search.open !== undefined}
          />
        )}
        {search.open !== undefined && (
          <ActionFlyout id={search.open} onClose={close} onMove={move} onIncident={p.onIncident} onInvestigation={p.onInvestigation} onDevice={p.onDevice} onHunt={p.onHunt} onAction={p.onAction} />
        )}
      </div>
    </>
  );
}

function Filters({ search, onSearch, statuses, shown, total, newer, onNewer }: Props & { shown: number; total: number; newer: number; onNewer: () => void }) {
  const { data } = useQuery(devices);
  const put = (next: Partial<ActionSearch>): void => onSearch({ ...search, ...next });
  return (
    <Bar testid="filters">
      <FilterOne name="within" label="Time" any="any time" chosen={search.within} choices={keysOf(periods).map((id) => ({ id, label: periods[id] }))} onChange={(within) => put({ within })} />
      <FilterMenu name="type" label="Type" chosen={search.type} choices={choicesOf(actionTypeLooks)} onChange={(type) => put({ type })} />
      <FilterOne name="device" label="Device" chosen={search.device} choices={(data?.devices ?? []).map((d) => ({ id: d.id, label: d.name }))} onChange={(device) => put({ device })} />
      <FilterMenu name="verdict" label="Verdict" chosen={search.verdict} choices={choicesOf(verdictLooks)} onChange={(verdict) => put({ verdict })} />
      {statuses.length > 0 && <FilterMenu name="status" label="Status" chosen={search.status} choices={statuses.map((id) => ({ id, label: actionStatusLooks[id].label }))} onChange={(status) => put({ status })} />}
      <FilterMenu name="source" label="Source" chosen={search.source} choices={choicesOf(sourceLooks)} onChange={(source) => put({ source })} />
      <FilterMenu name="entity" label="Entity" chosen={search.entity} choices={choicesOf(entityLooks)} onChange={(entity) => put({ entity })} />
      <SearchField value={search.text} onChange={(text) => put({ text })} />
      <ClearFilters count={filterCount(search)} onClear={() => onSearch(withoutFilters(search))} />
      <Newer count={newer} onShow={onNewer} />
      <Showing shown={shown} total={total} />
    </Bar>
  );
}

/** Every action of the type that is selected and that the filters let through, also those that were not read yet. */
function SelectType({ filter, type, chosen, onSelect }: { filter: ActionFilter; type: Action["type"]; chosen: number; onSelect: (rows: readonly Action[]) => void }) {
  const source = actions({ ...filter, kind: [type] });
  const { data } = useQuery(howMany(source));
  const read = useMutation({ ...firstRows(source, MOST_AT_ONCE), onSuccess: onSelect });
  if (data === undefined || chosen >= Math.min(data, MOST_AT_ONCE)) return null;
  return (
    <Button size="small" appearance="subtle" disabled={read.isPending} onClick={() => read.mutate()} data-testid="select-type">
      {words.selectType(data, MOST_AT_ONCE)}
    </Button>
  );
}

/** A file of exactly the rows that are filtered, with the columns that are shown. */
function Export({ name, filter, columns, total }: { name: string; filter: ActionFilter; columns: readonly ActionColumn[]; total: number }) {
  const save = useMutation({
    ...exportList(name, actions(filter), ["Practice", "ID", ...columns.map((c) => c.title)], (a) => [a.device.practice ? "Practice" : "", a.id, ...columns.map((c) => c.plain(a))], csv),
    onSuccess: ({ rows, file }) => notify({ tone: "done", title: `${plural(rows, "row")} exported.`, text: file }),
  });
  return <Button size="small" appearance="subtle" disabled={save.isPending || total === 0} onClick={() => save.mutate()} data-testid="export">Export</Button>;
}
