/** One alert: what was told, what became of it, and its original. */
import { Link } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { Thing } from "../../api/bindings";
import { toFault } from "../../api/client";
import { alert } from "../../api/queries";
import { Body, Facts, Page, PageHead, Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { Moment } from "../../components/time";
import { alertLooks, severityLooks } from "../../domain/incident";
import { investigationLooks } from "../../domain/investigation";
import { verdictLooks } from "../../domain/verdict";
import { words } from "./words";

export function AlertPage({ id, onList, onIncident, onInvestigation }: { id: string; onList: () => void; onIncident: (id: string) => void; onInvestigation: (id: string) => void }) {
  const { data: a, error, refetch } = useQuery(alert(id));
  if (a === undefined) return <Page scroll>{error !== null ? <Failure title="The alert could not be read." fault={toFault(error)} retry={() => void refetch()} /> : <SkeletonRows />}</Page>;
  const state = a.investigation_state ?? a.skipped?.state;
  const investigation = a.investigation_id;
  return (
    <Page scroll testid="alert">
      <PageHead title={visible(a.title)}><Link as="button" onClick={onList}>{words.title}</Link></PageHead>
      <Body>
        {a.description !== "" && <span>{visible(a.description)}</span>}
        <Facts facts={[
          ["Severity", <Pill key="s" look={severityLooks[a.severity]} shape="filled" />], ["Status", <Pill key="t" look={alertLooks[a.status]} shape="dot" />],
          ["Detected by", visible(a.detection_source)], ["Device", a.device === null ? words.noDevice : visible(a.device.name)],
          state !== undefined && ["Investigation", <Pill key="i" look={investigationLooks[state]} shape="ring" />],
          a.skipped !== null && ["Why none", visible(a.skipped.why)],
          ["Incident", <Link key="n" as="button" onClick={() => onIncident(a.incident_id)} data-testid="alert-incident">#{a.incident_number}</Link>],
          a.grouped !== null && ["Why there", visible(a.grouped)],
          investigation !== null && ["Looked into", <Link key="l" as="button" onClick={() => onInvestigation(investigation)} data-testid="alert-investigation">Open the investigation</Link>],
          a.first_event !== null && ["Happened", <Moment key="f" at={a.first_event} />], ["Came in", <Moment key="c" at={a.created_at} />],
        ]} />
        {a.told !== null && (
          <Section title="What it names">
            {(a.told.mentions ?? []).length === 0 && <span>{words.nameless}</span>}
            {(a.told.mentions ?? []).map((m) => {
              const text = named(m.thing);
              return <div key={`${m.thing.type} ${text}`}>{m.thing.type.replaceAll("_", " ")} <CodeText text={text} />{m.verdict !== undefined && m.verdict !== null && <Pill look={verdictLooks[m.verdict]} shape="dot" />}</div>;
            })}
          </Section>
        )}
        {a.origin !== null && (
          <Section title={words.original}>
            <span>{visible(a.origin.file)}, <Moment at={a.origin.imported_at} /></span>
            <CodeText text={a.origin.original.slice(0, 20_000)} />
          </Section>
        )}
      </Body>
    </Page>
  );
}

/** What stands for a thing in one line. */
function named(thing: Thing): string {
  const first = Object.entries(thing).filter(([key]) => key !== "type");
  return first.flatMap(([key, value]) => (value === null || value === undefined ? [] : [`${key}: ${String(value)}`])).join("  ");
}
