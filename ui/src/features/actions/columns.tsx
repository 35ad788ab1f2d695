/** The columns of the lists of actions, in their order; `extra` ones are off until somebody wants them. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { Action, ActionSort } from "../../api/bindings";
import { DeviceName } from "../../components/Practice";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import type { Column } from "../../components/VirtualList";
import { visible } from "../../components/text";
import { Countdown, When, span } from "../../components/time";
import { aboutDevice, actionStatusLooks, actionTypeLooks, decisionLabel, sourceLooks } from "../../domain/action";
import { entityLooks } from "../../domain/entity";
import { levelLooks } from "../../domain/level";
import { locationLabels, verdictLooks } from "../../domain/verdict";
import { LiveStatus } from "./LiveStatus";

export interface ActionColumn extends Column<Action> {
  sort?: ActionSort;
  extra?: true;
  /** The cell as plain text, for an export. */
  plain: (a: Action) => string;
}

const who = (name: string | null): string => (name === null || name === "system" ? "–" : visible(name));
const iso = (at: string | null): string => at ?? "";

const useStyles = makeStyles({ small: { fontSize: tokens.fontSizeBase200 } });

function Plain({ text, title }: { text: string; title?: string }) {
  return <span title={title ?? text}>{text}</span>;
}

/** What only backs the decision is written smaller. */
function Small({ text, title }: { text: string; title?: string }) {
  return <span className={useStyles().small} title={title ?? text}>{text}</span>;
}

function SmallWhen({ at }: { at: string | null }) {
  return <span className={useStyles().small}><When at={at} /></span>;
}

const all = {
  expires: { id: "expires", title: "Expires", width: "92px", sort: "expires", plain: (a) => iso(a.expires_at), render: (a) => (a.expires_at === null ? "–" : <Countdown until={a.expires_at} bare />) },
  updated: { id: "updated", title: "Updated", width: "100px", sort: "updated", plain: (a) => a.updated_at, render: (a) => <SmallWhen at={a.updated_at} /> },
  type: {
    id: "type", title: "Action", width: "minmax(212px, 1fr)", sort: "type", plain: (a) => actionTypeLooks[a.type].label,
    render: (a) => {
      const look = actionTypeLooks[a.type];
      const Icon = look.icon;
      return <><Icon /><span title={look.explanation}>{look.label}</span></>;
    },
  },
  target: { id: "target", title: "Target", width: "minmax(190px, 2.6fr)", sort: "target", plain: (a) => visible(a.target_title), render: (a) => <PathText path={a.target_title} /> },
  device: { id: "device", title: "Device", width: "minmax(96px, 1fr)", sort: "device", plain: (a) => a.device.name, render: (a) => <DeviceName name={a.device.name} practice={a.device.practice} /> },
  verdict: { id: "verdict", title: "Verdict", width: "132px", sort: "verdict", plain: (a) => (unjudged(a) ? "" : verdictLooks[a.verdict].label), render: (a) => (unjudged(a) ? "–" : <Pill look={verdictLooks[a.verdict]} shape="outlined" />) },
  status: { id: "status", title: "Status", width: "128px", sort: "status", plain: (a) => actionStatusLooks[a.status].label, render: (a) => <LiveStatus action={a} /> },
  decision: { id: "decision", title: "Decision", width: "78px", plain: (a) => decisionLabel(a.decision), render: (a) => <Small text={decisionLabel(a.decision)} /> },
  decided_by: { id: "decided_by", title: "Decided by", width: "minmax(84px, 0.5fr)", plain: (a) => a.decided_by ?? "", render: (a) => <Small text={who(a.decided_by)} /> },
  source: { id: "source", title: "Source", width: "98px", plain: (a) => sourceLooks[a.source].label, render: (a) => <Small text={sourceLooks[a.source].short} title={`${sourceLooks[a.source].label}. ${sourceLooks[a.source].explanation}`} /> },
  entity: { id: "entity", title: "Entity type", width: "124px", extra: true, plain: (a) => entityLooks[a.entity_type].label, render: (a) => <Plain text={entityLooks[a.entity_type].label} /> },
  level: { id: "level", title: "Automation level", width: "minmax(140px, 0.8fr)", extra: true, plain: (a) => levelLooks[a.level].short, render: (a) => <Plain text={levelLooks[a.level].short} title={levelLooks[a.level].label} /> },
  place: { id: "place", title: "Location", width: "minmax(140px, 0.8fr)", extra: true, plain: (a) => locationLabels[a.location_class], render: (a) => <Plain text={locationLabels[a.location_class]} /> },
  details: { id: "details", title: "Details", width: "minmax(200px, 1.4fr)", extra: true, plain: (a) => visible(a.why[0] ?? ""), render: (a) => <Plain text={visible(a.why[0] ?? "–")} /> },
  created: { id: "created", title: "Created", width: "124px", sort: "created", extra: true, plain: (a) => a.created_at, render: (a) => <When at={a.created_at} /> },
  started: { id: "started", title: "Started", width: "124px", extra: true, plain: (a) => iso(a.started_at), render: (a) => <When at={a.started_at} /> },
  finished: { id: "finished", title: "Finished", width: "124px", extra: true, plain: (a) => iso(a.finished_at), render: (a) => <When at={a.finished_at} /> },
  duration: { id: "duration", title: "Duration", width: "110px", extra: true, plain: (a) => duration(a), render: (a) => duration(a) },
  undo: { id: "undo", title: "Undo", width: "76px", plain: (a) => undoWord(a), render: (a) => <Small text={undoWord(a)} title={a.undo.reason ?? "It can be undone."} /> },
  result: { id: "result", title: "Result", width: "minmax(140px, 1fr)", extra: true, plain: (a) => a.result?.message ?? "", render: (a) => <Plain text={a.result?.message ?? "–"} /> },
  investigation: { id: "investigation", title: "Investigation ID", width: "130px", extra: true, plain: (a) => a.investigation_id ?? "", render: (a) => <Plain text={a.investigation_id ?? "–"} /> },
  approval: { id: "approval", title: "Approval ID", width: "130px", extra: true, plain: (a) => a.approval_id ?? "", render: (a) => <Plain text={a.approval_id ?? "–"} /> },
  comment: { id: "comment", title: "Comment", width: "minmax(120px, 1fr)", extra: true, plain: (a) => a.comment ?? "", render: (a) => <Plain text={visible(a.comment ?? "–")} /> },
} satisfies Record<string, ActionColumn>;

/** A whole device is not judged. */
const unjudged = (a: Action): boolean => aboutDevice.has(a.type) && a.verdict === "unknown";

function duration(a: Action): string {
  return a.started_at === null || a.finished_at === null ? "–" : span(Date.parse(a.finished_at) - Date.parse(a.started_at));
}

function undoWord(a: Action): string {
  if (a.status === "undone") return "Undone";
  return a.undo.possible ? "Possible" : "–";
}

const c = all;
export const pendingColumns: readonly ActionColumn[] = [
  c.expires, c.type, c.target, c.device, c.verdict, c.source, c.entity, c.level, c.place, c.details, c.updated, c.created, c.investigation, c.approval, c.comment,
].map((column) => (column === c.updated ? { ...column, extra: true as const } : column));
export const historyColumns: readonly ActionColumn[] = [
  c.updated, c.type, c.target, c.device, c.verdict, c.status, c.decision, c.decided_by, c.source, c.undo, c.entity, c.level, c.place, c.details, c.created, c.started, c.finished,
  c.duration, c.result, c.investigation, c.approval, c.comment,
];
