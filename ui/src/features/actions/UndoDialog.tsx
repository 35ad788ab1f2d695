/** Taking back: what stands in the way with its choices, and the one button. Several actions of one type go together. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Textarea, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Action, ActionId } from "../../api/bindings";
import { toFault } from "../../api/client";
import { restoreQuarantined, rollBack, undo } from "../../api/mutations";
import { actionPlan, rollbackPlan } from "../../api/queries";
import { notify } from "../../components/notices";
import { PracticeBar } from "../../components/Practice";
import { Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { actionTypeLooks } from "../../domain/action";
import { Questions } from "./Questions";
import type { Answers, Step } from "./undo";
import { hopeless, notesOf, questionsOf, usualAnswers, wayOf } from "./undo";
import { words } from "./words";

const useStyles = makeStyles({ form: { display: "flex", flexDirection: "column", gap: "16px", padding: "2px 14px 8px 2px", marginRight: "-14px" }, list: { margin: 0, paddingLeft: "18px", overflowWrap: "anywhere" } });

interface Props {
  /** At least one, all of the same type. */
  actions: readonly Action[];
  /** Other instances of the same file that go with it. */
  more?: readonly ActionId[];
  reason?: string;
  onClose: () => void;
  onDone?: () => void;
}

export function UndoDialog(props: Props) {
  const { actions, more = [], onClose } = props;
  const s = useStyles();
  const [first] = actions;
  const alone = actions.length === 1 && more.length === 0;
  const ids = [...actions.map((a) => a.id), ...more];
  const single = useQuery({ ...actionPlan(first?.id ?? ""), enabled: alone && first !== undefined });
  const several = useQuery({ ...rollbackPlan({ all: "actions", ids }), enabled: !alone });
  if (first === undefined) return null;
  const steps: Step[] | undefined = alone
    ? single.data && [{ name: visible(first.target_name), obstacles: single.data.obstacles }]
    : several.data?.steps.map((step) => ({ name: `${visible(step.action.target_title)} on ${visible(step.action.device.name)}`, obstacles: step.obstacles }));
  const error = alone ? single.error : several.error;
  const object = actionTypeLooks[first.type].object;
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface data-testid="undo-dialog">
        <DialogBody>
          <DialogTitle>{ids.length === 1 ? `Undo ${object}: ${visible(first.target_name)} on ${visible(first.device.name)}` : `Undo ${object}: ${plural(ids.length, "action")}`}</DialogTitle>
          {steps === undefined ? (
            <>
              <DialogContent className={s.form}>{error === null ? <SkeletonRows rows={3} /> : <Failure title="What undoing would meet could not be found out." refusal fault={toFault(error)} />}</DialogContent>
              <DialogActions><Button onClick={onClose}>{words.leave}</Button></DialogActions>
            </>
          ) : <Form {...props} ids={ids} steps={steps} alone={alone} />}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Form({ actions, more = [], reason = "", ids, steps, alone, onClose, onDone }: Props & { ids: readonly ActionId[]; steps: readonly Step[]; alone: boolean }) {
  const s = useStyles();
  const questions = questionsOf(steps);
  const [given, setGiven] = useState<Answers>({});
  const [folder, setFolder] = useState("");
  const [comment, setComment] = useState(reason);
  const answers = { ...usualAnswers(questions), ...given };
  const way = wayOf(questions, answers, folder);
  const done = { onSuccess: () => { onClose(); onDone?.(); } };
  const back = useMutation(undo);
  const all = useMutation(rollBack);
  const copy = useMutation({ ...restoreQuarantined, onSuccess: ({ file }) => { onClose(); notify({ tone: "done", title: "Restored:", text: file }); } });
  const busy = back.isPending || all.isPending || copy.isPending;
  const said = comment.trim();
  const ready = !busy && !way.incomplete && !hopeless(steps) && (way.first.length === 0 || said !== "");
  const go = (): void => {
    if (way.from !== undefined) copy.mutate({ id: way.from.item, folder: way.from.folder, inert: false });
    else if (way.first.length > 0) all.mutate({ by: { all: "actions", ids: [...way.first, ...ids] }, comment: said, conflict: way.conflict, allow_days: way.allow_days }, done);
    else back.mutate({ ids: actions.map((a) => a.id), reason: said === "" ? null : said, conflict: way.conflict, instances: more.length > 0, allow_days: way.allow_days }, done);
  };
  const count = ids.length + way.first.length;
  return (
    <>
      <DialogContent className={s.form}>
        {actions.some((a) => a.device.practice) && <PracticeBar />}
        {!alone && <ul className={s.list} data-testid="undo-list">{steps.slice(0, 8).map((step) => <li key={step.name}>{step.name}</li>)}{steps.length > 8 && <li>And {steps.length - 8} more.</li>}</ul>}
        <Questions questions={questions} notes={notesOf(steps)} answers={answers} folder={folder} onAnswer={setGiven} onFolder={setFolder} />
        <Field label={words.comment} required={way.first.length > 0}><Textarea value={comment} onChange={(_, data) => setComment(data.value)} data-testid="undo-comment" /></Field>
      </DialogContent>
      <DialogActions>
        <Button appearance="primary" disabled={!ready} onClick={go} data-testid="undo-confirm">{way.from !== undefined ? "Restore the copy" : count === 1 ? words.undo : words.undoMany(count)}</Button>
        <Button disabled={busy} onClick={onClose} data-testid="undo-leave">{words.leave}</Button>
      </DialogActions>
    </>
  );
}
