/** All investigations, newest first. */
import { makeStyles } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { InvestigationRow } from "../../api/bindings";
import { toFault } from "../../api/client";
import { devices, investigations } from "../../api/queries";
import { useList } from "../../api/useList";
import { ClearFilters, FilterMenu, FilterOne, Newer, SearchField, Showing } from "../../components/Filters";
import { Bar, Page } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { DeviceName } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { When, span } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { investigationLooks, triggerLabel } from "../../domain/investigation";
import { compact, keysOf } from "../../url";
import type { ListSearch } from "./search";
import { listFilter } from "./search";
import { words } from "./words";

const useStyles = makeStyles({ area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" } });

const columns: Column<InvestigationRow>[] = [
  { id: "name", title: "Investigation", width: "minmax(240px, 2fr)", render: (v) => <span title={visible(v.name)}>{visible(v.name)}</span> },
  { id: "state", title: "State", width: "minmax(180px, 1.2fr)", render: (v) => <Pill look={{ ...investigationLooks[v.state], label: v.state_label }} shape="ring" testid={`status-${v.id}`} /> },
  { id: "pending", title: "Waiting", width: "90px", render: (v) => (v.pending_actions === 0 ? "–" : v.pending_actions) },
  { id: "undone", title: "Undone since", width: "110px", render: (v) => (v.undone === 0 ? "–" : v.undone) },
  { id: "device", title: "Device", width: "minmax(120px, 1fr)", render: (v) => <DeviceName name={v.device.name} practice={v.device.practice} /> },
  { id: "trigger", title: "Started by", width: "110px", render: (v) => <span>{triggerLabel(v.trigger)}</span> },
  { id: "incident", title: "Incident", width: "90px", render: (v) => (v.incident_number === null ? "–" : `#${v.incident_number}`) },
  { id: "started", title: "Started", width: "124px", render: (v) => <When at={v.started_at} /> },
  { id: "took", title: "Took", width: "130px", render: (v) => (v.ended_at === null ? "–" : span(Date.parse(v.ended_at) - Date.parse(v.started_at))) },
];
const idOf = (v: InvestigationRow): string => v.id;
const isPractice = (v: InvestigationRow): boolean => v.device.practice;

export function InvestigationList({ search, onSearch, onOpen }: { search: ListSearch; onSearch: (next: ListSearch) => void; onOpen: (id: string) => void }) {
  const s = useStyles();
  const known = useQuery(devices).data?.devices ?? [];
  const list = useList(investigations(listFilter(search)), false);
  const put = (next: Partial<ListSearch>): void => onSearch({ ...search, ...next });
  const open = (v: InvestigationRow): void => onOpen(v.id);
  const { active } = useListKeys({ rows: list.rows, idOf, open: undefined, onOpen: open, onClose: () => undefined });
  const filters = Object.keys(compact({ ...search })).length;
  return (
    <Page testid="investigations">
      <Bar testid="filters">
        <FilterMenu name="status" label="State" chosen={search.status} choices={keysOf(investigationLooks).map((id) => ({ id, label: investigationLooks[id].label }))} onChange={(status) => put({ status })} />
        <FilterOne name="device" label="Device" chosen={search.device} choices={known.map((d) => ({ id: d.id, label: d.name }))} onChange={(device) => put({ device })} />
        <SearchField value={search.text} onChange={(text) => put({ text })} />
        <ClearFilters count={filters} onClear={() => onSearch({})} />
        <Newer count={list.newer} onShow={list.reload} />
        <Showing shown={list.rows.length} total={list.total} />
      </Bar>
      {list.error !== null && <Failure title="The investigations could not be read." fault={toFault(list.error)} retry={list.reload} />}
      <div className={s.area}>
        {list.waiting ? list.error === null && <SkeletonRows /> : list.rows.length === 0 ? <Empty title={filters > 0 ? words.noneFits : words.none} /> : (
          <VirtualList label={words.title} columns={columns} rows={list.rows} total={list.total} idOf={idOf} testid="investigation-row-" hasMore={list.hasMore} onMore={list.more} still={list.still} active={active} onOpen={open} practice={isPractice} stale={list.stale} />
        )}
      </div>
    </Page>
  );
}
