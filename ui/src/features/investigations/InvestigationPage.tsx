/** One investigation: its state in a sentence, its actions with the decision, its evidence, its log. */
import { Badge, Button, Link, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import type { Action, Evidence, Investigation } from "../../api/bindings";
import { toFault } from "../../api/client";
import { investigation as investigationQuery } from "../../api/queries";
import { Stillness } from "../../api/useList";
import { Bar, Body, Facts, Page, PageHead, Tabs } from "../../components/Page";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { DeviceName, PracticeBar } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { Timeline } from "../../components/Timeline";
import { Moment, When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { actionStatusLooks, actionTypeLooks, remediationLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { investigationLooks, running, triggerLabel } from "../../domain/investigation";
import { verdictLooks } from "../../domain/verdict";
import type { PageSearch } from "./search";
import { StopDialog } from "./StopDialog";
import { words } from "./words";

const useStyles = makeStyles({
  area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" },
  sentence: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, maxWidth: "860px" },
  top: { padding: "0 24px 8px", display: "flex", flexDirection: "column", gap: "8px", flexShrink: 0 },
  scroll: { overflowY: "auto", flexGrow: 1, minHeight: 0 },
});

const actionColumns: Column<Action>[] = [
  { id: "type", title: "Action", width: "minmax(180px, 1fr)", render: (a) => <span>{actionTypeLooks[a.type].label}</span> },
  { id: "target", title: "Target", width: "minmax(200px, 2fr)", render: (a) => <PathText path={a.target_title} /> },
  { id: "verdict", title: "Verdict", width: "150px", render: (a) => <Pill look={verdictLooks[a.verdict]} shape="outlined" /> },
  { id: "status", title: "Status", width: "160px", render: (a) => <Pill look={actionStatusLooks[a.status]} shape="dot" testid={`status-${a.id}`} /> },
  { id: "decided", title: "Decided by", width: "minmax(100px, 0.7fr)", render: (a) => <span>{a.decided_by ?? "–"}</span> },
  { id: "updated", title: "Updated", width: "124px", render: (a) => <When at={a.updated_at} /> },
];
const evidenceColumns: Column<Evidence>[] = [
  { id: "type", title: "Type", width: "140px", render: (e) => <span>{entityLooks[e.type].label}</span> },
  { id: "title", title: "Entity", width: "minmax(140px, 1fr)", render: (e) => <span>{visible(e.title)}</span> },
  { id: "place", title: "Place", width: "minmax(200px, 2fr)", render: (e) => <PathText path={e.place} /> },
  { id: "verdict", title: "Verdict", width: "150px", render: (e) => <Pill look={verdictLooks[e.verdict]} shape="outlined" /> },
  { id: "status", title: "Remediation status", width: "170px", render: (e) => <Pill look={remediationLooks[e.remediation_status]} shape="tag" /> },
];

interface Props {
  id: string;
  search: PageSearch;
  onSearch: (next: PageSearch) => void;
  onList: () => void;
  onIncident: (id: string) => void;
  onEvidence: (incident: string, evidence: string) => void;
  /** Taking everything of it back. */
  rollback: (investigation: Investigation) => ReactNode;
  /** The flyout of an action: the same one as in the Action center. */
  flyout: (id: string, close: () => void, move: (step: 1 | -1) => void) => ReactNode;
}

export function InvestigationPage(p: Props) {
  const s = useStyles();
  const { data: v, error, refetch } = useQuery(investigationQuery(p.id));
  if (v === undefined) {
    return <Page testid="investigation">{error === null ? <SkeletonRows /> : <Body><Failure title="This investigation could not be read." fault={toFault(error)} retry={() => void refetch()} /><div><Button onClick={p.onList}>{words.back}</Button></div></Body>}</Page>;
  }
  const tab = p.search.tab ?? "actions";
  return (
    <Page testid="investigation">
      <PageHead title={visible(v.name)}>
        <Pill look={{ ...investigationLooks[v.state], label: v.state_label }} shape="ring" testid="investigation-state" />
        {v.undone > 0 && <Badge appearance="tint" data-testid="undone-badge">{plural(v.undone, "action")} undone since</Badge>}
        {running.has(v.state) && <StopDialog id={v.id} />}
        {p.rollback(v)}
      </PageHead>
      {v.device.practice && <Bar><PracticeBar /></Bar>}
      {error !== null && <Failure title="This may not be current." fault={toFault(error)} retry={() => void refetch()} />}
      <Top investigation={v} onIncident={p.onIncident} />
      <Tabs
        label="Investigation" current={tab} onChange={(next) => p.onSearch({ tab: next })}
        tabs={[{ id: "actions", label: "Actions", count: v.actions.length }, { id: "evidence", label: "Evidence", count: v.evidence.length }, { id: "log", label: "Log", count: v.log.length }]}
      />
      {tab === "actions" && <Actions {...p} actions={v.actions} />}
      {tab === "evidence" && <EvidenceRows evidence={v.evidence} onEvidence={p.onEvidence} />}
      {tab === "log" && <div className={s.scroll}><Body><Timeline lines={v.log.map((row) => ({ at: row.at, who: `${row.action}, ${row.status}`, text: row.text, comment: null }))} /></Body></div>}
    </Page>
  );
}

function Top({ investigation: v, onIncident }: { investigation: Investigation; onIncident: (id: string) => void }) {
  const s = useStyles();
  const { incident_id } = v;
  return (
    <div className={s.top}>
      <p className={s.sentence} data-testid="state-text">{visible(v.state_text)}</p>
      <Facts facts={[
        ["Device", <DeviceName key="d" name={v.device.name} practice={v.device.practice} />],
        ["Started", <span key="s"><Moment at={v.started_at} />{`, by ${triggerLabel(v.trigger).toLowerCase()}`}{v.trigger_comment !== null && v.trigger_comment !== "" && `: “${visible(v.trigger_comment)}”`}</span>],
        v.ended_at !== null && ["Ended", <Moment key="e" at={v.ended_at} />],
        ["Looked into", `${plural(v.examined_files, "file")} with nothing to say about them, and ${plural(v.evidence.length, "thing")} listed as evidence`],
        incident_id !== null && ["Incident", <Link key="i" as="button" onClick={() => onIncident(incident_id)} data-testid="link-incident">{v.incident_number === null ? "Open the incident" : `Incident #${v.incident_number}`}</Link>],
      ]} />
    </div>
  );
}

const actionId = (a: Action): string => a.id;
const evidenceId = (e: Evidence): string => e.id;

function Actions({ actions, search, onSearch, flyout }: Props & { actions: readonly Action[] }) {
  const s = useStyles();
  const [still] = useState(() => new Stillness());
  const open = (a: Action): void => onSearch({ ...search, open: a.id });
  const close = (): void => onSearch({ ...search, open: undefined });
  const { active, move } = useListKeys({ rows: actions, idOf: actionId, open: search.open, onOpen: open, onClose: close });
  return (
    <div className={s.area}>
      {actions.length === 0 ? <Empty title="It proposed no action." /> : (
        <VirtualList label="Actions" columns={actionColumns} rows={actions} total={actions.length} idOf={actionId} hasMore={false} onMore={() => undefined} still={still} open={search.open} active={active} onOpen={open} practice={(a) => a.device.practice} covered={search.open !== undefined} />
      )}
      {search.open !== undefined && flyout(search.open, close, move)}
    </div>
  );
}

function EvidenceRows({ evidence, onEvidence }: { evidence: readonly Evidence[]; onEvidence: (incident: string, evidence: string) => void }) {
  const s = useStyles();
  const [still] = useState(() => new Stillness());
  const open = (e: Evidence): void => {
    if (e.incident_id !== null) onEvidence(e.incident_id, e.id);
  };
  const { active } = useListKeys({ rows: evidence, idOf: evidenceId, open: undefined, onOpen: open, onClose: () => undefined });
  return (
    <div className={s.area}>
      {evidence.length === 0 ? <Empty title={words.noEvidence} /> : (
        <VirtualList label="Evidence" columns={evidenceColumns} rows={evidence} total={evidence.length} idOf={evidenceId} testid="evidence-row-" hasMore={false} onMore={() => undefined} still={still} active={active} onOpen={open} practice={(e) => e.device.practice} />
      )}
    </div>
  );
}
