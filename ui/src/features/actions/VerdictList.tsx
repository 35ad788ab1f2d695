/** Every verdict, also where nothing is to be done; those without an action are marked. */
import { Button, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { VerdictRow } from "../../api/bindings";
import { toFault } from "../../api/client";
import { exportList } from "../../api/mutations";
import { devices, verdicts } from "../../api/queries";
import { useList } from "../../api/useList";
import { ClearFilters, FilterMenu, FilterOne, Newer, SearchField, Showing } from "../../components/Filters";
import { notify } from "../../components/notices";
import { Bar } from "../../components/Page";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { PracticeTag } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { csv, plural, visible } from "../../components/text";
import { When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { entityLooks } from "../../domain/entity";
import { verdictLooks } from "../../domain/verdict";
import { keysOf } from "../../url";
import type { ActionSearch } from "./search";
import { filterCount, verdictFilter } from "./search";
import { words } from "./words";

const useStyles = makeStyles({ area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" } });

interface VerdictColumn extends Column<VerdictRow> { plain: (v: VerdictRow) => string }

const columnsFor = (practice: ReadonlySet<string>): VerdictColumn[] => [
  { id: "verdict", title: "Verdict", width: "150px", plain: (v) => verdictLooks[v.verdict].label, render: (v) => <Pill look={verdictLooks[v.verdict]} shape="outlined" /> },
  { id: "entity", title: "Type", width: "130px", plain: (v) => entityLooks[v.entity_type].label, render: (v) => <span>{entityLooks[v.entity_type].label}</span> },
  { id: "title", title: "Name", width: "minmax(140px, 1fr)", plain: (v) => visible(v.title), render: (v) => <span title={visible(v.title)}>{visible(v.title)}</span> },
  { id: "place", title: "Place", width: "minmax(200px, 2fr)", plain: (v) => visible(v.place), render: (v) => <PathText path={v.place} /> },
  { id: "device", title: "Device", width: "minmax(120px, 1fr)", plain: (v) => v.device, render: (v) => <>{practice.has(v.device) && <PracticeTag />}<span>{v.device}</span></> },
  { id: "reason", title: "Reason", width: "minmax(200px, 2fr)", plain: (v) => visible(v.reason ?? ""), render: (v) => <span title={visible(v.reason ?? "")}>{visible(v.reason ?? "–")}</span> },
  { id: "action", title: "Action", width: "110px", plain: (v) => (v.has_action ? "Has an action" : words.noAction), render: (v) => <span data-testid={v.has_action ? "has-action" : "no-action"}>{v.has_action ? "Has an action" : words.noAction}</span> },
  { id: "at", title: "Judged", width: "124px", plain: (v) => v.at, render: (v) => <When at={v.at} /> },
];

const idOf = (v: VerdictRow): string => v.id;

interface Props {
  search: ActionSearch;
  onSearch: (next: ActionSearch) => void;
  onEvidence: (id: string) => void;
}

export function VerdictList({ search, onSearch, onEvidence }: Props) {
  const s = useStyles();
  const filter = verdictFilter(search);
  const known = useQuery(devices);
  const list = useList(verdicts(filter), false);
  const practice = new Set((known.data?.devices ?? []).filter((d) => d.kind === "practice").map((d) => d.name));
  const columns = columnsFor(practice);
  const open = (v: VerdictRow): void => {
    if (v.evidence_id !== null) onEvidence(v.evidence_id);
  };
  const { active } = useListKeys({ rows: list.rows, idOf, open: undefined, onOpen: open, onClose: () => undefined });
  const put = (next: Partial<ActionSearch>): void => onSearch({ ...search, ...next });
  const save = useMutation({
    ...exportList("verdicts", verdicts(filter), ["Practice", ...columns.map((c) => c.title)], (v) => [practice.has(v.device) ? "Practice" : "", ...columns.map((c) => c.plain(v))], csv),
    onSuccess: ({ rows, file }) => notify({ tone: "done", title: `${plural(rows, "row")} exported.`, text: file }),
  });
  return (
    <>
      <Bar testid="filters">
        <FilterMenu name="verdict" label="Verdict" chosen={search.verdict} choices={keysOf(verdictLooks).map((id) => ({ id, label: verdictLooks[id].label }))} onChange={(verdict) => put({ verdict })} />
        <FilterOne name="device" label="Device" chosen={search.device} choices={(known.data?.devices ?? []).map((d) => ({ id: d.id, label: d.name }))} onChange={(device) => put({ device })} />
        <SearchField value={search.text} onChange={(text) => put({ text })} />
        <ClearFilters count={filterCount(search)} onClear={() => onSearch({})} />
        <Newer count={list.newer} onShow={list.reload} />
        <Button size="small" appearance="subtle" disabled={save.isPending || list.total === 0} onClick={() => save.mutate()} data-testid="export">Export</Button>
        <Showing shown={list.rows.length} total={list.total} />
      </Bar>
      {list.error !== null && <Failure title="The verdicts could not be read." fault={toFault(list.error)} retry={list.reload} />}
      <div className={s.area}>
        {list.waiting ? list.error === null && <SkeletonRows /> : list.rows.length === 0 ? <Empty title={filterCount(search) > 0 ? words.nothingFits : words.nothingJudged} /> : (
          <VirtualList label="Verdicts" columns={columns} rows={list.rows} total={list.total} idOf={idOf} testid="verdict-row-" hasMore={list.hasMore} onMore={list.more} still={list.still} active={active} onOpen={open} practice={(v) => practice.has(v.device)} stale={list.stale} />
        )}
      </div>
    </>
  );
}
