/** One piece of evidence, and the decision about its waiting action: the very same action as in the Action center. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkRegular, DismissRegular, SlideSearchRegular } from "@fluentui/react-icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Evidence, Weight } from "../../api/bindings";
import { toFault } from "../../api/client";
import { approve, reject } from "../../api/mutations";
import { evidence as evidenceQuery } from "../../api/queries";
import { FactList } from "../../components/FactList";
import { Flyout } from "../../components/Flyout";
import { useKeys } from "../../components/keys";
import { Facts, Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { DeviceName, PracticeBar } from "../../components/Practice";
import { Reasons } from "../../components/Reasons";
import { Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { Moment } from "../../components/time";
import { remediationLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { entityFacts } from "../../domain/facts";
import { findingSourceLabels, locationLabels, verdictLooks } from "../../domain/verdict";
import type { Tone } from "../../look";
import { words } from "./words";

const useStyles = makeStyles({
  title: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, fontWeight: tokens.fontWeightRegular, overflowWrap: "anywhere" },
  line: { display: "flex", flexWrap: "wrap", gap: "8px", alignItems: "center", margin: "4px 0 8px" },
  space: { flexGrow: 1 },
  related: { display: "flex", gap: "8px", alignItems: "center", background: "none", border: "none", padding: "2px 0", cursor: "pointer", font: "inherit", color: "inherit", textAlign: "left" },
});
const weightTones: Record<Weight, Tone> = { bad: "danger", odd: "warning", good: "success", unknown: "neutral" };

export interface EvidenceLeads {
  onAction: (id: string) => void;
  onEvidence: (id: string) => void;
  onHunt: (evidence: Evidence) => void;
  onInvestigation: (id: string) => void;
  /** What else a person may do about it. */
  more?: (evidence: Evidence) => ReactNode;
}

export function EvidenceFlyout({ id, onClose, onMove, ...leads }: EvidenceLeads & { id: string; onClose: () => void; onMove?: (step: 1 | -1) => void }) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(evidenceQuery(id));
  const move = onMove === undefined ? {} : { onMove };
  const shared = { label: "Evidence", testid: "evidence-flyout", onClose, ...move };
  if (data === undefined) {
    return <Flyout {...shared} title="Evidence">{error === null ? <SkeletonRows /> : <Failure title="This evidence could not be read." fault={toFault(error)} retry={() => void refetch()} />}</Flyout>;
  }
  const e = data.evidence;
  return (
    <Flyout
      {...shared} footer={<EvidenceFooter key={e.id} evidence={e} {...leads} />}
      title={
        <>
          <h2 className={s.title} data-testid="evidence-title">The {entityLooks[e.type].noun} <strong>{visible(e.title)}</strong> on <strong>{visible(e.device.name)}</strong> {e.verdict === "unknown" ? "was not judged yet." : `is judged ${verdictLooks[e.verdict].label}.`}</h2>
          <div className={s.line}>
            <Pill look={verdictLooks[e.verdict]} shape="outlined" testid="evidence-verdict" />
            <Pill look={remediationLooks[e.remediation_status]} shape="tag" testid="evidence-status" />
          </div>
        </>
      }
    >
      {e.device.practice && <PracticeBar />}
      <Section title="Why"><Reasons reasons={e.reasons.map((r) => ({ text: r.text, source: findingSourceLabels[r.source], rule: r.rule, author: r.author, tone: weightTones[r.weight] }))} /></Section>
      <Section title="Details">
        <FactList facts={entityFacts(e)} />
        <Facts facts={[
          ["Device", <DeviceName key="d" name={e.device.name} practice={e.device.practice} />], ["Location", locationLabels[e.location_class]],
          ["First seen", <Moment key="f" at={e.first_seen} />], ["Last seen", <Moment key="l" at={e.last_seen} />],
        ]} />
      </Section>
      {data.related.length > 0 && (
        <Section title="Belongs together with">
          {data.related.map((r) => (
            <button type="button" key={r.id} className={s.related} onClick={() => leads.onEvidence(r.id)}>
              <Pill look={verdictLooks[r.verdict]} shape="outlined" /><span>{entityLooks[r.type].label}: {visible(r.title)}</span>
            </button>
          ))}
        </Section>
      )}
    </Flyout>
  );
}

function EvidenceFooter({ evidence: e, onAction, onHunt, onInvestigation, more }: EvidenceLeads & { evidence: Evidence }) {
  const s = useStyles();
  const yes = useMutation(approve);
  const no = useMutation(reject);
  const busy = yes.isPending || no.isPending;
  const waiting = e.pending_action;
  const last = waiting ?? e.actions.at(-1) ?? null;
  const request = (id: string) => ({ ids: [id], comment: null, group_by_type: false });
  const approveIt = waiting === null || busy ? undefined : () => yes.mutate(request(waiting));
  const rejectIt = waiting === null || busy ? undefined : () => no.mutate(request(waiting));
  useKeys({ a: approveIt, r: rejectIt, h: () => onHunt(e), i: () => onInvestigation(e.investigation_id) });
  return (
    <>
      {waiting !== null && (
        <>
          <Button appearance={e.verdict === "malicious" ? "primary" : "secondary"} icon={<CheckmarkRegular />} disabled={busy} onClick={approveIt} data-testid="evidence-approve">{words.approve}</Button>
          <Button icon={<DismissRegular />} disabled={busy} onClick={rejectIt} data-testid="evidence-reject">{words.reject}</Button>
        </>
      )}
      {waiting === null && more?.(e)}
      <span className={s.space} />
      {waiting !== null && more?.(e)}
      {last !== null && <Button size="small" appearance="subtle" onClick={() => onAction(last)} data-testid="evidence-action">{words.action}</Button>}
      <Button size="small" appearance="subtle" icon={<SlideSearchRegular />} onClick={() => onHunt(e)} title="h" data-testid="evidence-go-hunt">{words.hunt}</Button>
    </>
  );
}
