/** What is offered once it was undone: that it is not caught again, that the incident is called harmless, and doing it again. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Link, Textarea, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Action } from "../../api/bindings";
import { allowAfterUndo, reapply } from "../../api/mutations";
import { notify } from "../../components/notices";
import { Section } from "../../components/Page";
import { visible } from "../../components/text";
import type { Leads } from "./ActionFlyout";
import { words } from "./words";

const useStyles = makeStyles({ line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" }, stack: { display: "flex", flexDirection: "column", gap: "12px" } });

export function AfterUndoPart({ action, onIncident, onAction }: { action: Action } & Pick<Leads, "onIncident" | "onAction">) {
  const s = useStyles();
  const allow = useMutation({ ...allowAfterUndo, onSuccess: (made) => notify({ tone: "done", title: "Allowed:", text: visible(made.title) }) });
  const { after_undo: after, reapplied_by, reapplies } = action;
  if (after === null && reapplied_by === null && reapplies === null) return null;
  const offer = after?.allow_indicator ?? null;
  const incident = after?.classify_incident ?? null;
  return (
    <Section title={words.afterwards} testid="after-undo">
      <div className={s.stack}>
        {reapplies !== null && <span>{words.reapplies}: <Link as="button" onClick={() => onAction(reapplies)}>open it</Link></span>}
        {reapplied_by !== null && <span>{words.reapplied}: <Link as="button" onClick={() => onAction(reapplied_by)} data-testid="reapplied">open it</Link></span>}
        {offer !== null && (
          <div>
            {words.allowText(visible(offer.group))}
            <div className={s.line}>
              <Button size="small" disabled={allow.isPending} onClick={() => allow.mutate({ id: action.id, days: offer.days })} data-testid="allow-days">{words.allowFor(offer.days)}</Button>
              <Button size="small" appearance="subtle" disabled={allow.isPending} onClick={() => allow.mutate({ id: action.id, days: null })} data-testid="allow-good">{words.allowGood}</Button>
            </div>
          </div>
        )}
        {incident !== null && <div>{words.classifyText}<div className={s.line}><Button size="small" onClick={() => onIncident(incident)} data-testid="classify">{words.classify}</Button></div></div>}
        {after?.reapply === true && reapplied_by === null && <div>{words.reapplyText}<div className={s.line}><Again action={action} onAction={onAction} /></div></div>}
      </div>
    </Section>
  );
}

function Again({ action, onAction }: { action: Action; onAction: (id: string) => void }) {
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState("");
  const again = useMutation({ ...reapply, onSuccess: (made: Action) => { setOpen(false); onAction(made.id); } });
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid="reapply">{words.reapply}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.reapply}: {visible(action.target_name)} on {visible(action.device.name)}</DialogTitle>
          <DialogContent><Field label="Why? It is kept with the action." required><Textarea value={comment} onChange={(_, data) => setComment(data.value)} data-testid="reapply-comment" /></Field></DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={comment.trim() === "" || again.isPending} onClick={() => again.mutate({ id: action.id, comment: comment.trim(), command_line: false })} data-testid="reapply-confirm">{words.reapply}</Button>
            <DialogTrigger disableButtonEnhancement><Button>{words.leave}</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
