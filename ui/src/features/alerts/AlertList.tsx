/** The queue of alerts: ours and those of other products. */
import { Button, makeStyles } from "@fluentui/react-components";
import type { AlertRow } from "../../api/bindings";
import { toFault } from "../../api/client";
import { alerts } from "../../api/queries";
import { useList } from "../../api/useList";
import { ClearFilters, FilterMenu, Newer, SearchField, Showing } from "../../components/Filters";
import { Bar, Page } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { alertLooks, severityLooks, severityOrder } from "../../domain/incident";
import { investigationLooks } from "../../domain/investigation";
import { keysOf } from "../../url";
import type { AlertSearch } from "./search";
import { alertFilter, alertFilters } from "./search";
import { words } from "./words";

const useStyles = makeStyles({
  area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" },
});

const columns: Column<AlertRow>[] = [
  { id: "title", title: "Alert", width: "minmax(240px, 2.4fr)", render: (a) => <span title={visible(a.title)}>{visible(a.title)}</span> },
  { id: "severity", title: "Severity", width: "120px", render: (a) => <Pill look={severityLooks[a.severity]} shape="filled" /> },
  { id: "status", title: "Status", width: "120px", render: (a) => <Pill look={alertLooks[a.status]} shape="dot" /> },
  { id: "state", title: "Investigation", width: "minmax(170px, 1.1fr)", render: (a) => <State alert={a} /> },
  { id: "source", title: "Detected by", width: "minmax(110px, 0.8fr)", render: (a) => <span>{visible(a.detection_source)}</span> },
  { id: "device", title: "Device", width: "minmax(110px, 0.8fr)", render: (a) => <span>{a.device === null ? words.noDevice : visible(a.device.name)}</span> },
  { id: "incident", title: "Incident", width: "90px", render: (a) => <span title={a.grouped === null ? undefined : visible(a.grouped)}>#{a.incident_number}</span> },
  { id: "created", title: "Came in", width: "124px", render: (a) => <When at={a.created_at} /> },
];

function State({ alert }: { alert: AlertRow }) {
  const state = alert.investigation_state ?? alert.skipped?.state;
  if (state === undefined) return <span>–</span>;
  return <span title={alert.skipped === null ? undefined : visible(alert.skipped.why)}><Pill look={investigationLooks[state]} shape="ring" /></span>;
}

const idOf = (a: AlertRow): string => a.id;
const isPractice = (a: AlertRow): boolean => a.device?.practice === true;

export function AlertList({ search, onSearch, onOpen, onImport }: { search: AlertSearch; onSearch: (next: AlertSearch) => void; onOpen: (id: string) => void; onImport: () => void }) {
  const s = useStyles();
  const list = useList(alerts(alertFilter(search)), false);
  const put = (next: Partial<AlertSearch>): void => onSearch({ ...search, ...next });
  const open = (a: AlertRow): void => onOpen(a.id);
  const { active } = useListKeys({ rows: list.rows, idOf, open: undefined, onOpen: open, onClose: () => undefined });
  const filtered = alertFilters(search);
  return (
    <Page testid="alerts">
      <Bar testid="filters">
        <FilterMenu name="status" label="Status" chosen={search.status} choices={keysOf(alertLooks).map((id) => ({ id, label: alertLooks[id].label }))} onChange={(status) => put({ status })} />
        <FilterMenu name="severity" label="Severity" chosen={search.severity} choices={severityOrder.map((id) => ({ id, label: severityLooks[id].label }))} onChange={(severity) => put({ severity })} />
        <SearchField value={search.text} onChange={(text) => put({ text })} />
        <ClearFilters count={filtered} onClear={() => onSearch({})} />
        <Button size="small" onClick={onImport} data-testid="import-alerts">{words.import}</Button>
        <Newer count={list.newer} onShow={list.reload} />
        <Showing shown={list.rows.length} total={list.total} />
      </Bar>
      {list.error !== null && <Failure title="The alerts could not be read." fault={toFault(list.error)} retry={list.reload} />}
      <div className={s.area}>
        {list.waiting ? list.error === null && <SkeletonRows /> : list.rows.length === 0 ? (
          <Empty title={filtered > 0 ? words.noneFits : words.none}>{filtered === 0 && <span>{words.noneHint}</span>}</Empty>
        ) : (
          <VirtualList label={words.title} columns={columns} rows={list.rows} total={list.total} idOf={idOf} testid="alert-row-" hasMore={list.hasMore} onMore={list.more} still={list.still} active={active} onOpen={open} practice={isPractice} stale={list.stale} />
        )}
      </div>
    </Page>
  );
}
