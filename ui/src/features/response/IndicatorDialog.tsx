/** Telling the judging beforehand: always allow this, or always block it; and for whom, and for how long. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Radio, RadioGroup, Select, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { IndicatorKind } from "../../api/bindings";
import { toFault } from "../../api/client";
import { addIndicator } from "../../api/mutations";
import { notify } from "../../components/notices";
import { CodeText } from "../../components/PathText";
import { Failure } from "../../components/states";
import { visible } from "../../components/text";
import { useNow } from "../../components/time";
import { indicatorActionLooks, indicatorKindLabels } from "../../domain/settings";
import { oneOf } from "../../url";
import { words } from "./words";

const useStyles = makeStyles({ form: { display: "flex", flexDirection: "column", gap: "16px" } });
const DAY_MS = 86_400_000;

interface Props {
  action: "allow" | "block";
  kind: IndicatorKind;
  value: string;
  title: string;
  group: string;
  onClose: () => void;
}

export function IndicatorDialog({ action, kind, value, title, group, onClose }: Props) {
  const s = useStyles();
  const now = useNow();
  // What is allowed is judged harmless whatever else is found: not for good, unless somebody says so.
  const [days, setDays] = useState(action === "allow" ? "30" : "");
  const [where, setWhere] = useState<"group" | "everywhere">(action === "allow" ? "group" : "everywhere");
  const [name, setName] = useState(visible(title));
  const add = useMutation({ ...addIndicator, onSuccess: (made) => { onClose(); notify({ tone: "done", title: `${indicatorActionLooks[made.action].label}:`, text: visible(made.title) }); } });
  const look = indicatorActionLooks[action === "allow" ? "allow" : "block"];
  const request = { kind, value, action, title: name.trim(), group: where === "group" ? group : null, expires_at: days === "" ? null : new Date(now + Number(days) * DAY_MS).toISOString() };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface data-testid="indicator-dialog">
        <DialogBody>
          <DialogTitle>{action === "allow" ? words.indicatorAllow : words.indicatorBlock}: {visible(title)}</DialogTitle>
          <DialogContent className={s.form}>
            <span>{look.explanation}</span>
            <Field label={indicatorKindLabels[kind]}><CodeText text={value} /></Field>
            <Field label="Title" required><Input value={name} onChange={(_, data) => setName(data.value)} data-testid="indicator-name" /></Field>
            <Field label="Where">
              <RadioGroup value={where} onChange={(_, data) => setWhere(oneOf(["group", "everywhere"] as const, data.value) ?? where)}>
                <Radio value="group" label={`In the group ${visible(group)}`} />
                <Radio value="everywhere" label="On every device" />
              </RadioGroup>
            </Field>
            <Field label="For how long">
              <Select value={days} onChange={(_, data) => setDays(data.value)} data-testid="indicator-days">
                <option value="7">7 days</option><option value="30">30 days</option><option value="90">90 days</option><option value="">For good</option>
              </Select>
            </Field>
            {add.error !== null && <Failure title="Not added." refusal fault={toFault(add.error)} />}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={name.trim() === "" || add.isPending} onClick={() => add.mutate(request)} data-testid="indicator-confirm">{action === "allow" ? "Allow it" : "Block it"}</Button>
            <Button onClick={onClose}>{words.leave}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
