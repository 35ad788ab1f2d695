/** All entities of an incident with their verdict and what became of them; a row opens the decision. */
import { makeStyles } from "@fluentui/react-components";
import { useState } from "react";
import type { Evidence } from "../../api/bindings";
import { Stillness } from "../../api/useList";
import { ClearFilters, FilterMenu, Showing } from "../../components/Filters";
import { Bar } from "../../components/Page";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { DeviceName } from "../../components/Practice";
import { Empty } from "../../components/states";
import { visible } from "../../components/text";
import { When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { remediationLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { verdictLooks } from "../../domain/verdict";
import { keysOf } from "../../url";
import type { EvidenceLeads } from "./EvidenceFlyout";
import { EvidenceFlyout } from "./EvidenceFlyout";
import type { PageSearch } from "./search";
import { words } from "./words";

const useStyles = makeStyles({ area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" } });

// Verdict and status stand first, so that they stay in sight beside an open flyout.
const columns: Column<Evidence>[] = [
  { id: "type", title: "Type", width: "140px", render: (e) => { const Icon = entityLooks[e.type].icon; return <><Icon /><span>{entityLooks[e.type].label}</span></>; } },
  { id: "title", title: "Entity", width: "minmax(140px, 1fr)", render: (e) => <span title={visible(e.title)}>{visible(e.title)}</span> },
  { id: "verdict", title: "Verdict", width: "150px", render: (e) => <Pill look={verdictLooks[e.verdict]} shape="outlined" /> },
  { id: "status", title: "Remediation status", width: "170px", render: (e) => <Pill look={remediationLooks[e.remediation_status]} shape="tag" testid={`status-${e.id}`} /> },
  { id: "place", title: "Place", width: "minmax(200px, 2fr)", render: (e) => <PathText path={e.place} /> },
  { id: "device", title: "Device", width: "minmax(120px, 1fr)", render: (e) => <DeviceName name={e.device.name} practice={e.device.practice} /> },
  { id: "first", title: "First seen", width: "124px", render: (e) => <When at={e.first_seen} /> },
];
const idOf = (e: Evidence): string => e.id;
const isPractice = (e: Evidence): boolean => e.device.practice;

interface Props extends Omit<EvidenceLeads, "onEvidence"> {
  evidence: readonly Evidence[];
  search: PageSearch;
  onSearch: (next: PageSearch) => void;
}

export function EvidenceTab({ evidence, search, onSearch, ...leads }: Props) {
  const s = useStyles();
  const [still] = useState(() => new Stillness());
  const rows = evidence.filter((e) => (search.verdict?.includes(e.verdict) ?? true) && (search.remediation?.includes(e.remediation_status) ?? true));
  const put = (next: Partial<PageSearch>): void => onSearch({ ...search, ...next });
  const open = (e: Evidence): void => put({ open: e.id });
  const close = (): void => put({ open: undefined });
  const { active, move } = useListKeys({ rows, idOf, open: search.open, onOpen: open, onClose: close });
  const filters = (search.verdict === undefined ? 0 : 1) + (search.remediation === undefined ? 0 : 1);
  return (
    <>
      <Bar testid="filters">
        <FilterMenu name="verdict" label="Verdict" chosen={search.verdict} choices={keysOf(verdictLooks).map((id) => ({ id, label: verdictLooks[id].label }))} onChange={(verdict) => put({ verdict })} />
        <FilterMenu name="remediation" label="Remediation status" chosen={search.remediation} choices={keysOf(remediationLooks).map((id) => ({ id, label: remediationLooks[id].label }))} onChange={(remediation) => put({ remediation })} />
        <ClearFilters count={filters} onClear={() => put({ verdict: undefined, remediation: undefined })} />
        <Showing shown={rows.length} total={evidence.length} />
      </Bar>
      <div className={s.area}>
        {rows.length === 0 ? <Empty title={words.evidenceNone} /> : (
          <VirtualList label={words.evidence} columns={columns} rows={rows} total={rows.length} idOf={idOf} testid="evidence-row-" hasMore={false} onMore={() => undefined} still={still} open={search.open} active={active} onOpen={open} practice={isPractice} covered={search.open !== undefined} />
        )}
        {search.open !== undefined && <EvidenceFlyout id={search.open} onClose={close} onMove={move} onEvidence={(id) => put({ open: id })} {...leads} />}
      </div>
    </>
  );
}
