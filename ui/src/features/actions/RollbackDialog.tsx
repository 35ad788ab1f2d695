/** Taking back everything that belongs together: the dry run first, then the report, and what is left is asked for again. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Textarea, makeStyles, tokens } from "@fluentui/react-components";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import type { Action, RollBackBy, Rollback, RollbackPlan } from "../../api/bindings";
import { toFault } from "../../api/client";
import { rollBack } from "../../api/mutations";
import { actionsByIds, rollbackPlan } from "../../api/queries";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { DeviceName } from "../../components/Practice";
import { Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { actionStatusLooks, actionTypeLooks } from "../../domain/action";
import { Questions } from "./Questions";
import type { Answers, Question } from "./undo";
import { questionsOf, usualAnswers, wayOf } from "./undo";
import { rollbackWords as words } from "./words";

const useStyles = makeStyles({
  wide: { maxWidth: "760px" },
  form: { display: "flex", flexDirection: "column", gap: "16px", padding: "2px 14px 8px 2px", marginRight: "-14px" },
  rows: { display: "flex", flexDirection: "column", maxHeight: "240px", overflowY: "auto", flexShrink: 0 },
  row: { display: "grid", gridTemplateColumns: "28px minmax(0, 1fr) max-content", gap: "2px 8px", alignItems: "center", minHeight: "32px", padding: "4px 0", flexShrink: 0, borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  number: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  small: { gridColumn: "2 / -1", fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3, overflowWrap: "anywhere" },
  label: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
});

interface Props {
  title: string;
  /** None while it is still being chosen. */
  by: RollBackBy | undefined;
  /** What chooses it, above the dry run. */
  choose?: ReactNode;
  onClose: () => void;
}

export function RollbackDialog({ title, by, choose, onClose }: Props) {
  const s = useStyles();
  const [report, setReport] = useState<Rollback>();
  const [comment, setComment] = useState("");
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={s.wide} data-testid="rollback-dialog">
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          {report === undefined ? <DryRun by={by} choose={choose} comment={comment} onComment={setComment} onReport={setReport} onClose={onClose} /> : <Report report={report} onAgain={() => setReport(undefined)} onClose={onClose} />}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

interface DryRunProps extends Omit<Props, "title"> {
  comment: string;
  onComment: (next: string) => void;
  onReport: (report: Rollback) => void;
}

function DryRun({ by, choose, comment, onComment, onReport, onClose }: DryRunProps) {
  const s = useStyles();
  const { data, error, isPlaceholderData } = useQuery({ ...rollbackPlan(by ?? { all: "actions", ids: [] }), enabled: by !== undefined, placeholderData: keepPreviousData });
  const plan = by === undefined ? undefined : data;
  const questions = questionsFor(plan);
  const [given, setGiven] = useState<Answers>({});
  const answers = { ...usualAnswers(questions), ...given };
  const way = wayOf(questions, answers, "");
  const go = useMutation({ ...rollBack, onSuccess: onReport });
  const count = plan?.steps.length ?? 0;
  const ready = by !== undefined && count > 0 && comment.trim() !== "" && !go.isPending && !isPlaceholderData;
  return (
    <>
      <DialogContent className={s.form}>
        {choose}
        {error !== null && by !== undefined && <Failure title="What would go back could not be found out." refusal fault={toFault(error)} />}
        {by !== undefined && plan === undefined && error === null && <SkeletonRows rows={4} />}
        {plan !== undefined && (
          <>
            <span data-testid="rollback-count">{count === 0 ? words.nothing : words.count(count)}{plan.done > 0 && ` ${words.done(plan.done)}`}</span>
            <Rows actions={plan.steps.map((step) => ({ action: step.action, text: step.obstacles.map((o) => o.text).join(" ") }))} testid="rollback-steps" />
            {plan.left.length > 0 && <><h3 className={s.label}>{words.left}</h3><Rows actions={plan.left.map((l) => ({ action: l.action, text: l.reason }))} testid="rollback-left" /></>}
            <Questions questions={questions} notes={[]} answers={answers} folder="" onAnswer={setGiven} onFolder={() => undefined} />
          </>
        )}
        {count > 0 && <Field label={words.comment} required><Textarea value={comment} onChange={(_, data) => onComment(data.value)} data-testid="rollback-comment" /></Field>}
      </DialogContent>
      <DialogActions>
        <Button appearance="primary" disabled={!ready} data-testid="rollback-confirm" onClick={() => by !== undefined && go.mutate({ by, comment: comment.trim(), conflict: way.conflict, allow_days: way.allow_days })}>{words.confirm(count)}</Button>
        <Button onClick={onClose} data-testid="rollback-leave">{words.leave}</Button>
      </DialogActions>
    </>
  );
}

/** Of several places nothing goes into one folder, and each device keeps its own copies. */
function questionsFor(plan: RollbackPlan | undefined): Question[] {
  const steps = (plan?.steps ?? []).map((step) => ({ name: `${visible(step.action.target_name)} on ${visible(step.action.device.name)}`, obstacles: step.obstacles }));
  const possible = (q: Question): Question => ({ ...q, answers: q.answers.filter((a) => a.choice !== "elsewhere" && a.choice !== "other_device" && a.choice !== "reverse_order") });
  return questionsOf(steps).map(possible).filter((q) => q.answers.length > 0);
}

/** Each on its own: what went back, what did not and why, and what is still under way. */
function Report({ report, onAgain, onClose }: { report: Rollback; onAgain: () => void; onClose: () => void }) {
  const s = useStyles();
  const refused = new Map(report.refused.map((r) => [r.id, r.fault]));
  const asked = report.results.filter((a) => !refused.has(a.id));
  const { data } = useQuery(actionsByIds(asked.map((a) => a.id)));
  const now = data ?? asked;
  const back = now.filter((a) => a.status === "undone").length;
  const under = now.filter((a) => a.status === "undoing").length;
  const missed = now.length - back - under + report.refused.length;
  const rows = report.results.map((a) => {
    const current = now.find((n) => n.id === a.id) ?? a;
    const fault = refused.get(a.id) ?? current.result;
    return { action: current, text: fault === null || fault === undefined ? "" : `${fault.message} ${fault.hint}`.trim() };
  });
  return (
    <>
      <DialogContent className={s.form}>
        <span data-testid="rollback-report" aria-live="polite">{words.report(back, under, missed)}</span>
        <Rows actions={rows} testid="rollback-results" />
        {report.left.length > 0 && <><h3 className={s.label}>{words.left}</h3><Rows actions={report.left.map((l) => ({ action: l.action, text: l.reason }))} testid="rollback-left" /></>}
      </DialogContent>
      <DialogActions>
        {missed > 0 && under === 0 && <Button appearance="primary" onClick={onAgain} data-testid="rollback-again">{words.again}</Button>}
        <Button appearance={missed > 0 ? "secondary" : "primary"} onClick={onClose} data-testid="rollback-close">{words.close}</Button>
      </DialogActions>
    </>
  );
}

function Rows({ actions, testid }: { actions: readonly { action: Action; text: string }[]; testid: string }) {
  const s = useStyles();
  return (
    <div className={s.rows} data-testid={testid}>
      {actions.map(({ action: a, text }, i) => (
        <div key={a.id} className={s.row} data-testid={`${testid}-${a.id}`}>
          <span className={s.number}>{i + 1}</span>
          <span>{actionTypeLooks[a.type].label}: <PathText path={a.target_title} /> on <DeviceName name={visible(a.device.name)} practice={a.device.practice} /></span>
          <Pill look={actionStatusLooks[a.status]} shape="dot" />
          {text !== "" && <span className={s.small}>{visible(text)}</span>}
        </div>
      ))}
    </div>
  );
}
