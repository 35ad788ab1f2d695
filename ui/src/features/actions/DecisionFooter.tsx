/** The decision: what may be done about an action in the state it is in. */
import { Button, Checkbox, Input, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowUndoRegular, BranchRegular, CheckmarkRegular, DismissRegular, SlideSearchRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Action, ActionId, Plan } from "../../api/bindings";
import { approve, cancel, reject, retry, undo } from "../../api/mutations";
import { useKeys } from "../../components/keys";
import { cancellable, retryable } from "../../domain/action";
import { hopeless, questionsOf } from "./undo";
import { UndoDialog } from "./UndoDialog";
import { words } from "./words";

const useStyles = makeStyles({
  comment: { flexBasis: "100%" },
  reason: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexBasis: "100%" },
  space: { flexGrow: 1 },
});

interface Props {
  action: Action;
  plan: Plan | undefined;
  /** Other instances of this file that can be taken back with it. */
  more: readonly ActionId[];
  onHunt: (action: Action) => void;
  onInvestigation: (id: string) => void;
}

export function DecisionFooter({ action, plan, more, onHunt, onInvestigation }: Props) {
  const s = useStyles();
  const field = useRef<HTMLInputElement>(null);
  const [comment, setComment] = useState("");
  const [asking, setAsking] = useState(false);
  const [withMore, setWithMore] = useState(false);
  const yes = useMutation(approve);
  const no = useMutation(reject);
  const stop = useMutation(cancel);
  const again = useMutation(retry);
  const back = useMutation(undo);
  const busy = yes.isPending || no.isPending || stop.isPending || again.isPending || back.isPending;
  const said = comment.trim() === "" ? null : comment.trim();
  const ids = [action.id];
  const waits = action.status === "pending_approval";
  const blocked = plan?.obstacles.some((o) => o.blocking) ?? false;
  const recommended = waits && action.verdict === "malicious" && !blocked;
  // Something stands in the way or is to be chosen: it is asked first. What is only to be known was shown already.
  const steps = plan === undefined ? [] : [{ name: action.target_name, obstacles: plan.obstacles }];
  const asks = plan === undefined || questionsOf(steps).length > 0 || hopeless(steps);
  const { investigation_id } = action;

  const doApprove = (): void => yes.mutate({ ids, comment: said, group_by_type: false });
  const doReject = (): void => no.mutate({ ids, comment: said, group_by_type: false });
  const doUndo = (): void => (asks || withMore ? setAsking(true) : back.mutate({ ids, reason: said, conflict: { choice: "stop" } }));
  const investigation = investigation_id === null ? undefined : () => onInvestigation(investigation_id);
  useKeys({
    a: waits && !busy ? doApprove : undefined,
    r: waits && !busy ? doReject : undefined,
    u: action.undo.possible && !busy ? doUndo : undefined,
    c: () => field.current?.focus(),
    h: () => onHunt(action),
    i: investigation,
  });
  return (
    <>
      {(waits || action.undo.possible) && (
        <Input input={{ ref: field }} className={s.comment} size="small" placeholder={`${words.comment} (c)`} aria-label={words.comment} value={comment} onChange={(_, data) => setComment(data.value)} data-testid="comment" />
      )}
      {action.undo.possible && more.length > 0 && (
        <div className={s.comment}><Checkbox checked={withMore} onChange={(_, data) => setWithMore(data.checked === true)} label={words.applyMore(more.length)} data-testid="apply-more" /></div>
      )}
      {asking && <UndoDialog actions={[action]} {...(withMore && { more })} reason={comment} onClose={() => setAsking(false)} onDone={() => setWithMore(false)} />}
      {waits ? (
        <>
          <Button appearance={recommended ? "primary" : "secondary"} icon={<CheckmarkRegular />} disabled={busy} onClick={doApprove} title="a" data-testid="approve" data-recommended={recommended}>{words.approve}</Button>
          <Button icon={<DismissRegular />} disabled={busy} onClick={doReject} title="r" data-testid="reject">{words.reject}</Button>
        </>
      ) : (
        <>
          {cancellable.has(action.status) && <Button disabled={busy} onClick={() => stop.mutate({ ids, comment: said })} data-testid="cancel">{words.cancel}</Button>}
          {retryable.has(action.status) && <Button disabled={busy} onClick={() => again.mutate({ ids })} data-testid="retry">{words.retry}</Button>}
          {/* What has not started is cancelled; nothing is there to be taken back. */}
          {(action.undo.possible || !cancellable.has(action.status)) && <Button icon={<ArrowUndoRegular />} disabled={!action.undo.possible || busy} onClick={doUndo} title={action.undo.reason ?? "u"} data-testid="undo">
            {withMore ? words.undoMany(more.length + 1) : words.undoOne(action.type)}
          </Button>}
        </>
      )}
      <span className={s.space} />
      {investigation !== undefined && <Button size="small" appearance="subtle" icon={<BranchRegular />} onClick={investigation} title="i" data-testid="open-investigation">{words.investigation}</Button>}
      <Button size="small" appearance="subtle" icon={<SlideSearchRegular />} onClick={() => onHunt(action)} title="h" data-testid="go-hunt">{words.hunt}</Button>
      {!waits && !action.undo.possible && action.undo.reason !== null && <span className={s.reason} data-testid="undo-reason">{action.undo.reason}</span>}
    </>
  );
}
