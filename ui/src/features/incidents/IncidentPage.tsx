/** One incident: its summary, its evidence with the response, its alerts, its investigations, what happened. */
import { Button, Link, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Incident } from "../../api/bindings";
import { toFault } from "../../api/client";
import { assignIncident } from "../../api/mutations";
import { home, incident as incidentQuery } from "../../api/queries";
import { Bar, Body, Facts, Page, PageHead, Section, Tabs } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { DeviceName, PracticeBar } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { Timeline } from "../../components/Timeline";
import { Moment } from "../../components/time";
import { actionStatusLooks, actionTypeLooks } from "../../domain/action";
import { alertLooks, incidentLooks, severityLooks } from "../../domain/incident";
import { investigationLooks } from "../../domain/investigation";
import { verdictLooks } from "../../domain/verdict";
import { keysOf } from "../../url";
import type { EvidenceLeads } from "./EvidenceFlyout";
import { EvidenceTab } from "./EvidenceTab";
import { ResolveDialog } from "./ResolveDialog";
import type { PageSearch } from "./search";
import { words } from "./words";

const useStyles = makeStyles({
  text: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, maxWidth: "860px", display: "flex", flexDirection: "column", gap: "4px" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" },
  rows: { display: "flex", flexDirection: "column" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) 130px 170px minmax(0, 1fr)", gap: "12px", alignItems: "center", minHeight: "36px", padding: "4px 0", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  alert: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) 130px 130px minmax(0, 1fr) minmax(0, 1fr)", gap: "4px 12px", alignItems: "center", minHeight: "36px", padding: "4px 0", borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, overflowWrap: "anywhere", "@media (max-width: 999px)": { gridTemplateColumns: "max-content max-content minmax(0, 1fr)", "> :first-child": { gridColumn: "1 / -1" }, "> :last-child": { gridColumn: "1 / -1" } } },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  scroll: { overflowY: "auto", flexGrow: 1, minHeight: 0 },
});

interface Props extends Omit<EvidenceLeads, "onEvidence"> {
  id: string;
  search: PageSearch;
  onSearch: (next: PageSearch) => void;
  onQueue: () => void;
  /** Taking everything of it back. */
  rollback: (incident: Incident) => ReactNode;
}

export function IncidentPage(p: Props) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(incidentQuery(p.id));
  if (data === undefined) {
    return <Page testid="incident">{error === null ? <SkeletonRows /> : <Body><Failure title="This incident could not be read." fault={toFault(error)} retry={() => void refetch()} /><div><Button onClick={p.onQueue}>Back to the incidents</Button></div></Body>}</Page>;
  }
  const tab = p.search.tab ?? "summary";
  return (
    <Page testid="incident">
      <Head incident={data}>{p.rollback(data)}</Head>
      {data.practice && <Bar><PracticeBar /></Bar>}
      {error !== null && <Failure title="This may not be current." fault={toFault(error)} retry={() => void refetch()} />}
      <Tabs
        label="Incident" current={tab} onChange={(next) => p.onSearch({ tab: next })}
        tabs={[
          { id: "summary", label: "Summary" }, { id: "evidence", label: words.evidence, count: data.evidence.length }, { id: "alerts", label: "Alerts", count: data.alerts_list.length },
          { id: "investigations", label: "Investigations", count: data.investigations.length }, { id: "activity", label: "Activity" },
        ]}
      />
      {tab === "evidence" ? <EvidenceTab evidence={data.evidence} search={p.search} onSearch={p.onSearch} onAction={p.onAction} onHunt={p.onHunt} onInvestigation={p.onInvestigation} {...(p.more !== undefined && { more: p.more })} /> : (
        <div className={s.scroll}>
          <Body>
            {tab === "summary" && <Summary incident={data} onAction={p.onAction} onEvidence={() => p.onSearch({ tab: "evidence" })} onPending={() => p.onSearch({ tab: "evidence", remediation: ["pending_approval"] })} />}
            {tab === "alerts" && <Alerts incident={data} />}
            {tab === "investigations" && <Investigations incident={data} onOpen={p.onInvestigation} />}
            {tab === "activity" && <Timeline lines={data.activity} />}
          </Body>
        </div>
      )}
    </Page>
  );
}

function Head({ incident: i, children }: { incident: Incident; children: ReactNode }) {
  const me = useQuery(home).data?.person;
  const assign = useMutation(assignIncident);
  return (
    <PageHead title={<span data-testid="incident-name">#{i.number} {visible(i.name)}</span>}>
      <Pill look={severityLooks[i.severity]} shape="filled" />
      <Pill look={incidentLooks[i.status]} shape="dot" testid="incident-status" />
      {i.assigned_to !== null && <span>Assigned to {visible(i.assigned_to)}</span>}
      {i.status !== "resolved" && (
        <>
          {me !== undefined && i.assigned_to !== me && <Button size="small" disabled={assign.isPending} onClick={() => assign.mutate({ id: i.id, to: me })} data-testid="assign">{words.assign}</Button>}
          <ResolveDialog incident={i} />
        </>
      )}
      {children}
    </PageHead>
  );
}

function Summary({ incident: i, onAction, onEvidence, onPending }: { incident: Incident; onAction: (id: string) => void; onEvidence: () => void; onPending: () => void }) {
  const s = useStyles();
  return (
    <>
      <div className={s.text} data-testid="incident-summary">{i.summary.map((line) => <span key={line}>{visible(line)}</span>)}</div>
      {i.resolution !== null && <Section title="Resolved"><span>{visible(i.resolution.text)} {visible(i.resolution.by)}, <Moment at={i.resolution.at} /></span></Section>}
      <Section title="Evidence">
        <div className={s.line}>
          {keysOf(verdictLooks).map((verdict) => {
            const n = i.evidence.filter((e) => e.verdict === verdict).length;
            return n === 0 ? null : <span key={verdict} className={s.line}><Pill look={verdictLooks[verdict]} shape="outlined" /> {n}</span>;
          })}
          <Button size="small" onClick={onEvidence} data-testid="to-evidence">{words.evidence}</Button>
          {i.pending_actions > 0 && <Button size="small" appearance="primary" onClick={onPending} data-testid="to-pending">{plural(i.pending_actions, "action waits", "actions wait")} for you</Button>}
        </div>
      </Section>
      {i.actions.length > 0 && (
        <Section title="Actions">
          <div className={s.rows}>
            {i.actions.map((a) => (
              <div key={a.id} className={s.row}>
                <Link as="button" onClick={() => onAction(a.id)} data-testid={`incident-action-${a.id}`}>{actionTypeLooks[a.type].label}: {visible(a.target_name)}</Link>
                <Pill look={verdictLooks[a.verdict]} shape="outlined" />
                <Pill look={actionStatusLooks[a.status]} shape="dot" testid={`status-${a.id}`} />
                <span className={s.small}>{a.decided_by === null ? "" : `Decided by ${visible(a.decided_by)}`}</span>
              </div>
            ))}
          </div>
        </Section>
      )}
      <Facts facts={[
        ["Devices", <span key="d" className={s.line}>{i.devices_list.map((d) => <DeviceName key={d.id} name={d.name} practice={d.practice} />)}</span>],
        ["First seen", <Moment key="f" at={i.created_at} />], ["Last activity", <Moment key="l" at={i.last_activity} />],
        i.tags.length > 0 && ["Tags", i.tags.join(", ")],
      ]} />
    </>
  );
}

export function Alerts({ incident }: { incident: Pick<Incident, "alerts_list"> }) {
  const s = useStyles();
  if (incident.alerts_list.length === 0) return <Empty title="No alerts." />;
  return (
    <div className={s.rows}>
      {incident.alerts_list.map((a) => (
        <div key={a.id} className={s.alert} data-testid={`alert-row-${a.id}`}>
          <span>
            {visible(a.title)}<div className={s.small}>{visible(a.description)}</div>
            {a.grouped !== undefined && a.grouped !== null && <div className={s.small} data-testid={`alert-grouped-${a.id}`}>{visible(a.grouped)}</div>}
            {a.skipped !== undefined && a.skipped !== null && <div className={s.small} data-testid={`alert-skipped-${a.id}`}>{visible(a.skipped.why)}</div>}
          </span>
          <Pill look={severityLooks[a.severity]} shape="filled" />
          <Pill look={alertLooks[a.status]} shape="dot" />
          <span data-testid={`alert-device-${a.id}`}>{a.device === null ? <span className={s.small} title={words.noDeviceHint}>{words.noDevice}</span> : <DeviceName name={visible(a.device.name)} practice={a.device.practice} />}</span>
          <span className={s.small}>{visible(a.detection_source)}, <Moment at={a.created_at} /></span>
        </div>
      ))}
    </div>
  );
}

function Investigations({ incident, onOpen }: { incident: Incident; onOpen: (id: string) => void }) {
  const s = useStyles();
  if (incident.investigations.length === 0) return <Empty title="No investigations." />;
  return (
    <div className={s.rows}>
      {incident.investigations.map((v) => (
        <div key={v.id} className={s.row}>
          <Link as="button" onClick={() => onOpen(v.id)} data-testid={`investigation-link-${v.id}`}>{visible(v.name)}</Link>
          <DeviceName name={v.device.name} practice={v.device.practice} />
          <Pill look={investigationLooks[v.state]} shape="ring" />
          <span className={s.small}>{v.pending_actions > 0 ? `${plural(v.pending_actions, "action")} waiting. ` : ""}<Moment at={v.started_at} /></span>
        </div>
      ))}
    </div>
  );
}
