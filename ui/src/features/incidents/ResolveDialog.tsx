/** Closing an incident: what it was, and what about actions that still wait. */
import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Dropdown, Field, Option, Radio, RadioGroup, Textarea, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Classification, Incident } from "../../api/bindings";
import { resolveIncident } from "../../api/mutations";
import { plural } from "../../components/text";
import { classifications } from "../../domain/incident";
import { keysOf, oneOf } from "../../url";
import { words } from "./words";

const useStyles = makeStyles({ form: { display: "flex", flexDirection: "column", gap: "16px" } });

export function ResolveDialog({ incident }: { incident: Incident }) {
  const s = useStyles();
  const [open, setOpen] = useState(false);
  const [classification, setClassification] = useState<Classification>();
  const [determination, setDetermination] = useState("");
  const [comment, setComment] = useState("");
  const [evenSo, setEvenSo] = useState(false);
  const resolve = useMutation({ ...resolveIncident, onSuccess: () => setOpen(false) });
  const waiting = incident.pending_actions;
  const ready = classification !== undefined && determination !== "" && (waiting === 0 || evenSo) && !resolve.isPending;
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid="resolve">{words.resolve}</Button></DialogTrigger>
      <DialogSurface data-testid="resolve-dialog">
        <DialogBody>
          <DialogTitle>{words.resolve}</DialogTitle>
          <DialogContent className={s.form}>
            <Field label="Classification" required>
              <RadioGroup value={classification ?? ""} onChange={(_, data) => { setClassification(oneOf(keysOf(classifications), data.value)); setDetermination(""); }}>
                {keysOf(classifications).map((id) => <Radio key={id} value={id} label={`${classifications[id].label}. ${classifications[id].explanation}`} data-testid={`classification-${id}`} />)}
              </RadioGroup>
            </Field>
            <Field label="Determination" required>
              <Dropdown placeholder="Choose" disabled={classification === undefined} value={determination} selectedOptions={[determination]} onOptionSelect={(_, data) => setDetermination(data.optionValue ?? "")} data-testid="determination">
                {(classification === undefined ? [] : classifications[classification].determinations).map((d) => <Option key={d} value={d}>{d}</Option>)}
              </Dropdown>
            </Field>
            <Field label="Comment"><Textarea value={comment} onChange={(_, data) => setComment(data.value)} data-testid="resolve-comment" /></Field>
            {waiting > 0 && (
              <div data-testid="resolve-waiting">
                <div>{plural(waiting, "action")} waiting. {words.waitingStill}</div>
                <Checkbox label={words.evenSo} checked={evenSo} onChange={(_, data) => setEvenSo(data.checked === true)} data-testid="resolve-even-so" />
              </div>
            )}
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary" disabled={!ready} data-testid="resolve-confirm"
              onClick={() => classification !== undefined && resolve.mutate({ id: incident.id, classification, determination, comment: comment.trim() === "" ? null : comment.trim(), even_so: evenSo })}
            >
              {words.resolve}
            </Button>
            <DialogTrigger disableButtonEnhancement><Button>Leave it open</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
