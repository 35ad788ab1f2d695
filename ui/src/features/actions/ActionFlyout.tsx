/** Everything about one action, top to bottom, with the decision always in sight. */
import { Spinner, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Action, ActionDetail, TimelineRow } from "../../api/bindings";
import { toFault } from "../../api/client";
import { action as actionQuery, actionPlan } from "../../api/queries";
import { Flyout } from "../../components/Flyout";
import { Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { PracticeBar } from "../../components/Practice";
import { Fold, Reasons, Trace } from "../../components/Reasons";
import { Failure, SkeletonRows } from "../../components/states";
import { visible, withShortHash } from "../../components/text";
import { Timeline } from "../../components/Timeline";
import { Countdown } from "../../components/time";
import { aboutDevice, actionStatusLooks, actionTypeLooks, byHand, stuckLabels } from "../../domain/action";
import { findingSourceLabels, verdictLooks } from "../../domain/verdict";
import type { Weight } from "../../api/bindings";
import type { Tone } from "../../look";
import { AfterUndoPart } from "./AfterUndoPart";
import { DecisionFooter } from "./DecisionFooter";
import { DetailsPart } from "./DetailsPart";
import { KeptPart } from "./KeptPart";
import { DidNotHold, OrderPart, StuckNote } from "./OrderPart";
import { PlanPart, WitnessPart } from "./PlanPart";
import { SpreadPart } from "./SpreadPart";
import { StalePart } from "./StalePart";
import { words } from "./words";

const useStyles = makeStyles({
  sentence: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, overflowWrap: "anywhere", fontWeight: tokens.fontWeightRegular },
  line: { display: "flex", flexWrap: "wrap", gap: "4px 12px", alignItems: "center", marginTop: "4px", fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  ifs: { display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 12px" },
  term: { fontWeight: tokens.fontWeightSemibold },
  list: { margin: 0, paddingLeft: "18px", display: "flex", flexDirection: "column", gap: "4px", overflowWrap: "anywhere" },
  related: { display: "flex", flexDirection: "column", gap: "4px", alignItems: "flex-start" },
  relatedRow: { display: "flex", gap: "8px", alignItems: "center", background: "none", border: "none", padding: "2px 0", cursor: "pointer", font: "inherit", color: "inherit", textAlign: "left", ":hover": { textDecorationLine: "underline" } },
});

const weightTones: Record<Weight, Tone> = { bad: "danger", odd: "warning", good: "success", unknown: "neutral" };

/** Where a flyout may lead. */
export interface Leads {
  onIncident: (id: string) => void;
  onInvestigation: (id: string) => void;
  onDevice: (id: string) => void;
  onAction: (id: string) => void;
  onHunt: (action: Action) => void;
}

interface Props extends Leads {
  id: string;
  onClose: () => void;
  onMove?: (step: 1 | -1) => void;
}

export function ActionFlyout({ id, onClose, onMove, ...leads }: Props) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(actionQuery(id));
  const plan = useQuery(actionPlan(id));
  const move = onMove === undefined ? {} : { onMove };
  if (data === undefined) {
    return (
      <Flyout label="Action" title={error === null ? <Spinner size="tiny" label="Reading" /> : "Action"} onClose={onClose} {...move}>
        {error === null ? <SkeletonRows /> : <Failure title="This action could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      </Flyout>
    );
  }
  const { action } = data;
  const waits = action.status === "pending_approval";
  return (
    <Flyout
      label={`${actionTypeLooks[action.type].label}: ${visible(action.target_name)}`} onClose={onClose} {...move} title={<Head detail={data} />}
      footer={<DecisionFooter key={action.id} action={action} plan={plan.data} more={data.more_instance_ids} onHunt={leads.onHunt} onInvestigation={leads.onInvestigation} />}
    >
      {action.device.practice && <PracticeBar />}
      {error !== null && <Failure title="This may not be current." fault={toFault(error)} retry={() => void refetch()} />}
      {action.stale !== null && (
        <StalePart stale={action.stale} />
      )}
      {action.result !== null && action.stale === null && <Failure title={`${actionStatusLooks[action.status].label}.`} refusal={action.status !== "failed" && action.status !== "undo_failed"} fault={action.result} testid="result" />}
      {action.stuck !== null ? <StuckNote stuck={action.stuck} /> : action.status === "waiting_for_device" && <Failure title={stuckLabels.device_away} refusal fault={words.waitsForDevice} testid="waits-for-device" />}
      {action.did_not_hold !== null && <DidNotHold check={action.did_not_hold} />}
      <AfterUndoPart action={action} onIncident={leads.onIncident} onAction={leads.onAction} />
      {data.spread !== null && <SpreadPart spread={data.spread} onAction={leads.onAction} />}
      <Section title={words.why} testid="why">
        {byHand.has(action.source) && <div data-testid="asked-by">{action.decided_by === null ? words.askedForBySomebody : words.askedForBy(visible(action.decided_by))}{action.comment !== null && <> <q>{visible(action.comment)}</q></>}</div>}
        {!(aboutDevice.has(action.type) && action.verdict === "unknown") && <div><Pill look={verdictLooks[action.verdict]} shape="outlined" testid="flyout-verdict" /></div>}
        <Reasons reasons={data.reasons.map((r) => ({ text: r.text, source: findingSourceLabels[r.source], rule: r.rule, author: r.author, tone: weightTones[r.weight] }))} />
        <Fold label={words.trace} testid="show-trace"><Trace lines={data.ruling.trace} decidedBy={data.ruling.decided_by_row} /></Fold>
      </Section>
      <PlanPart action={action} plan={plan.data} error={plan.error} />
      {data.steps.length > 0 && (
        <Section title={words.changed} testid="steps">
          <Lines lines={[...data.steps, ...data.after]} />
        </Section>
      )}
      <KeptPart action={action} />
      <OrderPart detail={data} />
      {waits && <WitnessPart plan={plan.data} />}
      {waits && (
        <Section title={words.ifs} testid="ifs">
          <div className={s.ifs}>
            <span className={s.term}>If you approve</span><span>{visible(data.if_approved)}</span>
            <span className={s.term}>If you reject</span><span>{visible(data.if_rejected)}</span>
            <span className={s.term}>If you do nothing</span><span>{visible(data.if_nothing)}</span>
          </div>
        </Section>
      )}
      <DetailsPart detail={data} {...leads} />
      {data.related.length > 0 && (
        <Section title={words.related} testid="related">
          <div className={s.related}>
            {data.related.map((r) => (
              <button type="button" key={r.id} className={s.relatedRow} onClick={() => leads.onAction(r.id)} data-testid={`related-${r.id}`}>
                <Pill look={actionStatusLooks[r.status]} shape="dot" /> <span>{actionTypeLooks[r.type].label}: {visible(r.title)}</span>
              </button>
            ))}
          </div>
        </Section>
      )}
      <Section title={words.timeline} testid="flyout-timeline"><Timeline lines={withoutSubject(data.timeline)} /></Section>
    </Flyout>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  const s = useStyles();
  return <ul className={s.list}>{lines.map((line, i) => <li key={`${i}-${line}`}>{visible(line)}</li>)}</ul>;
}

function Head({ detail }: { detail: ActionDetail }) {
  const s = useStyles();
  const { action } = detail;
  return (
    <>
      <h2 className={s.sentence} title={visible(detail.sentence)} data-testid="flyout-sentence">{emphasised(withShortHash(visible(detail.sentence)), [[visible(action.target_name), withShortHash(visible(action.target_title))], [visible(action.device.name)]])}</h2>
      <div className={s.line}>
        <Pill look={actionStatusLooks[action.status]} shape="dot" testid="flyout-status" />
        {action.status === "pending_approval" && action.expires_at !== null && (
          <span data-testid="flyout-countdown">Decide within <Countdown until={action.expires_at} bare />. {words.afterThat}</span>
        )}
        {action.progress !== null && <span data-testid="flyout-progress"><Spinner size="extra-tiny" label={visible(action.progress)} /></span>}
        {action.decided_by !== null && action.status !== "pending_approval" && <span data-testid="flyout-decided">Decided by {visible(action.decided_by)}</span>}
      </div>
    </>
  );
}

/** The heading names the thing; what happened to it is enough here. */
function withoutSubject(lines: readonly TimelineRow[]): TimelineRow[] {
  const subject = /^(.*?): [a-z]/s.exec(lines[0]?.text ?? "")?.[1];
  return lines.map((line) => {
    if (subject === undefined || !line.text.startsWith(`${subject}: `)) return line;
    const rest = line.text.slice(subject.length + 2);
    return { ...line, text: rest.charAt(0).toUpperCase() + rest.slice(1) };
  });
}

/** The sentence with its names in bold, wherever they first stand in it: of each thing the first name that does. */
function emphasised(sentence: string, things: readonly (readonly string[])[]): ReactNode[] {
  let parts: ReactNode[] = [sentence];
  for (const names of things) {
    const name = names.find((each) => each !== "" && sentence.includes(each));
    if (name === undefined) continue;
    let found = false;
    parts = parts.flatMap((part, i) => {
      if (found || typeof part !== "string") return [part];
      const at = part.indexOf(name);
      if (at < 0) return [part];
      found = true;
      return [part.slice(0, at), <strong key={`${name}-${i}`}>{name}</strong>, part.slice(at + name.length)];
    });
  }
  return parts;
}
