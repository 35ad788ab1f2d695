/** The decision: what may be done about an action in the state it is in. */
import { Button, Field, Input, Radio, RadioGroup, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowUndoRegular, BranchRegular, CheckmarkRegular, DismissRegular, SlideSearchRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Action, Conflict, Plan } from "../../api/bindings";
import { approve, cancel, reject, retry, undo } from "../../api/mutations";
import { useKeys } from "../../components/keys";
import { cancellable, retryable } from "../../domain/action";
import { keysOf, oneOf } from "../../url";
import type { ConflictChoice } from "./words";
import { conflictWords, words } from "./words";

const useStyles = makeStyles({
  comment: { flexBasis: "100%" },
  reason: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexBasis: "100%" },
  conflict: { flexBasis: "100%", display: "flex", flexDirection: "column", gap: "8px" },
  space: { flexGrow: 1 },
});

interface Props {
  action: Action;
  plan: Plan | undefined;
  onHunt: (action: Action) => void;
  onInvestigation: (id: string) => void;
}

export function DecisionFooter({ action, plan, onHunt, onInvestigation }: Props) {
  const s = useStyles();
  const field = useRef<HTMLInputElement>(null);
  const [comment, setComment] = useState("");
  const [asking, setAsking] = useState(false);
  const yes = useMutation(approve);
  const no = useMutation(reject);
  const stop = useMutation(cancel);
  const again = useMutation(retry);
  const back = useMutation({ ...undo, onSettled: () => setAsking(false) });
  const busy = yes.isPending || no.isPending || stop.isPending || again.isPending || back.isPending;
  const said = comment.trim() === "" ? null : comment.trim();
  const ids = [action.id];
  const waits = action.status === "pending_approval";
  const blocked = plan?.obstacles.some((o) => o.blocking) ?? false;
  const recommended = waits && action.verdict === "malicious" && !blocked;
  const taken = plan?.obstacles.some((o) => o.code === "place_taken") ?? false;
  const { investigation_id } = action;

  const doApprove = (): void => yes.mutate({ ids, comment: said, group_by_type: false });
  const doReject = (): void => no.mutate({ ids, comment: said, group_by_type: false });
  const undoWith = (conflict: Conflict): void => back.mutate({ ids, reason: said, conflict });
  const doUndo = (): void => (taken ? setAsking(true) : undoWith({ choice: "stop" }));
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
      {asking && <ConflictChoices busy={busy} onChoose={undoWith} onLeave={() => setAsking(false)} />}
      {waits ? (
        <>
          <Button appearance={recommended ? "primary" : "secondary"} icon={<CheckmarkRegular />} disabled={busy} onClick={doApprove} title="a" data-testid="approve" data-recommended={recommended}>{words.approve}</Button>
          <Button icon={<DismissRegular />} disabled={busy} onClick={doReject} title="r" data-testid="reject">{words.reject}</Button>
        </>
      ) : (
        <>
          {cancellable.has(action.status) && <Button disabled={busy} onClick={() => stop.mutate({ ids, comment: said })} data-testid="cancel">{words.cancel}</Button>}
          {retryable.has(action.status) && <Button disabled={busy} onClick={() => again.mutate({ ids })} data-testid="retry">{words.retry}</Button>}
          {!asking && (
            <Button icon={<ArrowUndoRegular />} disabled={!action.undo.possible || busy} onClick={doUndo} title={action.undo.reason ?? "u"} data-testid="undo">
              {words.undoOne(action.type)}
            </Button>
          )}
        </>
      )}
      <span className={s.space} />
      {investigation !== undefined && <Button size="small" appearance="subtle" icon={<BranchRegular />} onClick={investigation} title="i" data-testid="open-investigation">{words.investigation}</Button>}
      <Button size="small" appearance="subtle" icon={<SlideSearchRegular />} onClick={() => onHunt(action)} title="h" data-testid="go-hunt">{words.hunt}</Button>
      {!waits && !action.undo.possible && action.undo.reason !== null && <span className={s.reason} data-testid="undo-reason">{action.undo.reason}</span>}
    </>
  );
}

/** The place of what would be restored is taken: a person chooses. */
function ConflictChoices({ busy, onChoose, onLeave }: { busy: boolean; onChoose: (conflict: Conflict) => void; onLeave: () => void }) {
  const s = useStyles();
  const [choice, setChoice] = useState<ConflictChoice>("keep_both");
  const [folder, setFolder] = useState("");
  const ready = choice !== "elsewhere" || folder.trim() !== "";
  const go = (): void => onChoose(choice === "elsewhere" ? { choice, folder: folder.trim() } : { choice });
  return (
    <div className={s.conflict} data-testid="conflict">
      <Field label="Something else is at its place now. What should happen?">
        <RadioGroup value={choice} onChange={(_, data) => setChoice(oneOf(keysOf(conflictWords), data.value) ?? choice)}>
          {keysOf(conflictWords).map((id) => <Radio key={id} value={id} label={`${conflictWords[id].label}. ${conflictWords[id].text}`} data-testid={`conflict-${id}`} />)}
        </RadioGroup>
      </Field>
      {choice === "elsewhere" && <Input size="small" placeholder="/home/me/restored" aria-label="Folder" value={folder} onChange={(_, data) => setFolder(data.value)} data-testid="conflict-folder" />}
      <div>
        <Button appearance="primary" disabled={busy || !ready} onClick={go} data-testid="undo-confirm">{words.undo}</Button> <Button disabled={busy} onClick={onLeave}>Leave it</Button>
      </div>
    </div>
  );
}
