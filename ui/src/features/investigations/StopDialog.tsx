/** Stopping an investigation needs a reason. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Textarea } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { stopInvestigation } from "../../api/mutations";
import { words } from "./words";

export function StopDialog({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState("");
  const stop = useMutation({ ...stopInvestigation, onSuccess: () => setOpen(false) });
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid="stop-investigation">{words.stop}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.stop}</DialogTitle>
          <DialogContent>
            <p>{words.stopText}</p>
            <Field label={words.stopReason} required><Textarea value={comment} onChange={(_, data) => setComment(data.value)} data-testid="stop-reason" /></Field>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={comment.trim() === "" || stop.isPending} onClick={() => stop.mutate({ id, comment: comment.trim() })} data-testid="stop-confirm">{words.stop}</Button>
            <DialogTrigger disableButtonEnhancement><Button>Let it go on</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
