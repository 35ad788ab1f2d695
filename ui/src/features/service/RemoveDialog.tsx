/** Removing the device service: what stays, what stops, and what has to be released first. */
import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ServiceStatus } from "../../api/bindings";
import { toFault } from "../../api/client";
import { removeService } from "../../api/mutations";
import { home, mitigations } from "../../api/queries";
import { notify } from "../../components/notices";
import { Failure } from "../../components/states";
import { words } from "./words";

const useStyles = makeStyles({
  form: { display: "flex", flexDirection: "column", gap: "16px" },
  go: { whiteSpace: "nowrap" },
  list: { margin: 0, padding: "0 0 0 20px", display: "flex", flexDirection: "column", gap: "4px" },
});

/** Without the service nobody could lift what stands: removing it then needs a word of its own. */
const HOLDING = "still_holding";

export function RemoveDialog({ status }: { status: ServiceStatus }) {
  const s = useStyles();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [release, setRelease] = useState(false);
  const here = useQuery(home).data?.this_computer;
  const stands = useQuery({ ...mitigations, enabled: open }).data?.mitigations.some((m) => m.device.id === here) === true;
  const remove = useMutation({
    ...removeService,
    onSuccess: () => { setOpen(false); notify({ tone: "done", title: words.removed, text: words.removedHow }); },
    onSettled: () => client.invalidateQueries(),
  });
  const fault = remove.error === null ? undefined : toFault(remove.error);
  // Whoever may not look into its folder learns it from the refusal.
  const holding = status.holding || stands || fault?.code === HOLDING;
  return (
    <Dialog modalType="alert" open={open} onOpenChange={(_, data) => { if (!remove.isPending) { setOpen(data.open); setRelease(false); remove.reset(); } }}>
      <DialogTrigger disableButtonEnhancement><Button data-testid="remove-service">{words.remove}</Button></DialogTrigger>
      <DialogSurface data-testid="remove-service-dialog">
        <DialogBody>
          <DialogTitle>{words.remove}</DialogTitle>
          <DialogContent className={s.form}>
            <ul className={s.list}>{words.removeWhat.map((text) => <li key={text}>{text}</li>)}</ul>
            {holding && (
              <Field hint={words.releaseHint} required>
                <Checkbox label={words.release} checked={release} onChange={(_, data) => setRelease(data.checked === true)} data-testid="remove-release" />
              </Field>
            )}
            {fault !== undefined && <Failure title={words.notRemoved} fault={fault} refusal={fault.code === "no_password" || fault.code === HOLDING} testid="remove-service-failed" />}
            <span aria-live="polite">{remove.isPending ? words.removing : words.password}</span>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" className={s.go} disabled={remove.isPending || (holding && !release)} onClick={() => remove.mutate({ release })} data-testid="remove-service-confirm">{words.remove}</Button>
            <DialogTrigger disableButtonEnhancement><Button disabled={remove.isPending} data-testid="remove-service-leave">{words.keep}</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
