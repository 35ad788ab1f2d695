/** The queue of incidents, with the filter for those whose investigation waits for a person. */
import { makeStyles } from "@fluentui/react-components";
import type { IncidentRow } from "../../api/bindings";
import { toFault } from "../../api/client";
import { incidents } from "../../api/queries";
import { useList } from "../../api/useList";
import { ClearFilters, FilterMenu, FilterOne, Newer, SearchField, Showing } from "../../components/Filters";
import { Bar, Page } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { PracticeTag } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { incidentLooks, severityLooks, severityOrder } from "../../domain/incident";
import { investigationLooks } from "../../domain/investigation";
import { keysOf } from "../../url";
import type { QueueSearch } from "./search";
import { queueFilter, queueFilters } from "./search";
import { words } from "./words";

const useStyles = makeStyles({
  area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" },
});

const columns: Column<IncidentRow>[] = [
  { id: "name", title: "Incident", width: "minmax(240px, 2.4fr)", render: (i) => <>{i.practice && <PracticeTag />}<span title={visible(i.name)}>#{i.number} {visible(i.name)}</span></> },
  { id: "severity", title: "Severity", width: "120px", render: (i) => <Pill look={severityLooks[i.severity]} shape="filled" /> },
  { id: "state", title: "Investigation state", width: "minmax(170px, 1.1fr)", render: (i) => <States states={i.investigation_states} /> },
  { id: "pending", title: "Waiting", width: "90px", render: (i) => <span data-testid={`incident-pending-${i.id}`}>{i.pending_actions === 0 ? "–" : i.pending_actions}</span> },
  { id: "alerts", title: "Active alerts", width: "110px", render: (i) => <span>{i.active_alerts}/{i.alerts}</span> },
  { id: "devices", title: "Devices", width: "minmax(120px, 1fr)", render: (i) => <span title={i.devices.join(", ")}>{i.devices.length > 1 ? `${i.devices[0] ?? ""} and ${plural(i.devices.length - 1, "more", "more")}` : i.devices[0]}</span> },
  { id: "status", title: "Status", width: "120px", render: (i) => <Pill look={incidentLooks[i.status]} shape="dot" /> },
  { id: "assigned", title: "Assigned to", width: "minmax(100px, 0.7fr)", render: (i) => <span>{i.assigned_to ?? "–"}</span> },
  { id: "activity", title: "Last activity", width: "124px", render: (i) => <When at={i.last_activity} /> },
];

function States({ states }: { states: IncidentRow["investigation_states"] }) {
  // What needs somebody first; the rest as a number.
  const first = states.find((s) => s === "pending_approval") ?? states[0];
  if (first === undefined) return <span>–</span>;
  return <><Pill look={investigationLooks[first]} shape="ring" />{states.length > 1 && <span>+{states.length - 1}</span>}</>;
}

const idOf = (i: IncidentRow): string => i.id;
const isPractice = (i: IncidentRow): boolean => i.practice;

export function IncidentQueue({ search, onSearch, onOpen }: { search: QueueSearch; onSearch: (next: QueueSearch) => void; onOpen: (id: string) => void }) {
  const s = useStyles();
  const list = useList(incidents(queueFilter(search)), false);
  const put = (next: Partial<QueueSearch>): void => onSearch({ ...search, ...next });
  const open = (i: IncidentRow): void => onOpen(i.id);
  const { active } = useListKeys({ rows: list.rows, idOf, open: undefined, onOpen: open, onClose: () => undefined });
  const filtered = queueFilters(search);
  return (
    <Page testid="incidents">
      <Bar testid="filters">
        <FilterOne
          name="investigation-state" label={words.state} chosen={search.state} onChange={(state) => put({ state })}
          choices={keysOf(investigationLooks).map((id) => ({ id, label: id === "pending_approval" ? words.pendingAction : investigationLooks[id].label }))}
        />
        <FilterMenu name="status" label="Status" chosen={search.status} choices={keysOf(incidentLooks).map((id) => ({ id, label: incidentLooks[id].label }))} onChange={(status) => put({ status })} />
        <FilterMenu name="severity" label="Severity" chosen={search.severity} choices={severityOrder.map((id) => ({ id, label: severityLooks[id].label }))} onChange={(severity) => put({ severity })} />
        <SearchField value={search.text} onChange={(text) => put({ text })} />
        <ClearFilters count={filtered} onClear={() => onSearch({})} />
        <Newer count={list.newer} onShow={list.reload} />
        <Showing shown={list.rows.length} total={list.total} />
      </Bar>
      {list.error !== null && <Failure title="The incidents could not be read." fault={toFault(list.error)} retry={list.reload} />}
      <div className={s.area}>
        {list.waiting ? list.error === null && <SkeletonRows /> : list.rows.length === 0 ? (
          <Empty title={filtered > 0 ? words.noneFits : words.none}>{filtered === 0 && <span>{words.noneHint}</span>}</Empty>
        ) : (
          <VirtualList label={words.title} columns={columns} rows={list.rows} total={list.total} idOf={idOf} testid="incident-row-" hasMore={list.hasMore} onMore={list.more} still={list.still} active={active} onOpen={open} practice={isPractice} stale={list.stale} />
        )}
      </div>
    </Page>
  );
}
