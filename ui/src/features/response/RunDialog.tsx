/** A person's own action: what would change first, then why, then the one button. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Radio, RadioGroup, Select, Textarea, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Action, ActionType, Capability } from "../../api/bindings";
import { toFault } from "../../api/client";
import { runAction } from "../../api/mutations";
import { runPlan, serviceStatus } from "../../api/queries";
import { PracticeBar } from "../../components/Practice";
import { Failure, SkeletonRows } from "../../components/states";
import { Steps } from "../../components/Steps";
import { visible } from "../../components/text";
import { actionTypeLooks, lasting, onlyLooks } from "../../domain/action";
import { inTheWay, stepLines } from "../../domain/plan";
import { oneOf } from "../../url";
import type { Options } from "./verbs";
import { addresses, requestFor, spans, unable, usualOptions } from "./verbs";
import { words } from "./words";

const useStyles = makeStyles({
  // The bar that scrolls lies over nothing.
  form: { display: "flex", flexDirection: "column", gap: "16px", padding: "2px 14px 8px 2px", marginRight: "-14px" },
  text: { margin: 0, overflowWrap: "anywhere" },
  label: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  plan: { display: "flex", flexDirection: "column", gap: "8px" },
  // The one button says in one line what it does.
  go: { whiteSpace: "nowrap" },
  hand: { margin: 0, whiteSpace: "pre-line", overflowWrap: "anywhere" },
});

export interface Wanted {
  kind: ActionType;
  device: { id: string; name: string; practice: boolean; capabilities: readonly Capability[] | undefined };
  /** Where the device service is looked at: a way out for this computer. */
  onService?: (() => void) | undefined;
  /** What it is about; none: the whole device. */
  thing?: { evidence: string; name: string };
}

interface Props {
  wanted: Wanted;
  onClose: () => void;
  onStarted?: (action: Action) => void;
}

export function RunDialog({ wanted, onClose, onStarted }: Props) {
  const { kind, device, thing } = wanted;
  const look = actionTypeLooks[kind];
  const why = unable(kind, device.capabilities);
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface data-testid="run-dialog" data-kind={kind}>
        <DialogBody>
          <DialogTitle>{look.label}: {visible(thing === undefined ? device.name : `${thing.name} on ${device.name}`)}</DialogTitle>
          {why === undefined ? <Form {...{ wanted, onClose }} {...(onStarted !== undefined && { onStarted })} /> : <Unable why={why} onClose={onClose} onService={wanted.onService} />}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** What this device cannot do, and how to do it by hand. */
function Unable({ why, onClose, onService }: { why: string; onClose: () => void; onService: (() => void) | undefined }) {
  const s = useStyles();
  const service = useQuery({ ...serviceStatus, enabled: onService !== undefined }).data;
  const helps = onService !== undefined && service !== undefined && !service.connected;
  return (
    <>
      <DialogContent className={s.form}>
        <strong>{words.cannot}</strong>
        <p className={s.hand} data-testid="run-unable">{visible(why.replaceAll("\n", "␊")).replaceAll("␊", "\n")}</p>
      </DialogContent>
      <DialogActions>
        {helps && <Button appearance="primary" className={s.go} onClick={onService} data-testid="run-service">{words.toService}</Button>}
        <Button appearance={helps ? "secondary" : "primary"} onClick={onClose} data-testid="run-leave">{words.close}</Button>
      </DialogActions>
    </>
  );
}

const TYPING_MS = 400;

function Form({ wanted, onClose, onStarted }: Props) {
  const s = useStyles();
  const { kind, device, thing } = wanted;
  const [options, setOptions] = useState<Options>(usualOptions(kind));
  const [comment, setComment] = useState("");
  const settled = useSettled(options, TYPING_MS);
  const evidence = thing?.evidence ?? null;
  const incomplete = kind === "isolate_device" && settled.scope === "selective" && addresses(settled.allow).length === 0;
  const plan = useQuery({ ...runPlan(requestFor(kind, device.id, evidence, settled, "")), enabled: !incomplete });
  const run = useMutation({ ...runAction, onSuccess: (action: Action) => { onClose(); onStarted?.(action); } });
  const blocked = plan.data !== undefined && inTheWay(plan.data.obstacles).length > 0;
  const ready = comment.trim() !== "" && plan.data !== undefined && settled === options && !blocked && !incomplete && !run.isPending;
  const put = (next: Partial<Options>): void => setOptions({ ...options, ...next });
  return (
    <>
      <DialogContent className={s.form}>
        {device.practice && <PracticeBar />}
        <p className={s.text}>{actionTypeLooks[kind].explanation}</p>
        {kind === "isolate_device" && <Isolation options={options} onChange={put} />}
        {kind === "run_antivirus_scan" && (
          <Field label={words.scope}>
            <RadioGroup value={options.scope} onChange={(_, data) => put({ scope: oneOf(["quick", "full"] as const, data.value) ?? "quick" })}>
              <Radio value="quick" label={`${words.quick.label}. ${words.quick.text}`} data-testid="scan-quick" />
              <Radio value="full" label={`${words.whole.label}. ${words.whole.text}`} data-testid="scan-full" />
            </RadioGroup>
          </Field>
        )}
        {lasting.has(kind) && (
          <Field label={words.howLong} hint={options.seconds === undefined ? undefined : words.howLongHint}>
            <Select value={spans.find((span) => span.seconds === options.seconds)?.id ?? "hand"} onChange={(_, data) => put({ seconds: spans.find((span) => span.id === data.value)?.seconds })} data-testid="run-for">
              {spans.map((span) => <option key={span.id} value={span.id}>{span.label}</option>)}
            </Select>
          </Field>
        )}
        <section className={s.plan} data-testid="run-plan" aria-live="polite">
          <h3 className={s.label}>{onlyLooks.has(kind) ? words.happens : words.change}</h3>
          {plan.error !== null && <Failure title="Not possible now." refusal fault={toFault(plan.error)} testid="run-refused" />}
          {plan.data === undefined ? plan.error === null && !incomplete && <SkeletonRows rows={2} /> : (
            <>
              <Steps steps={stepLines(plan.data)} looks={onlyLooks.has(kind)} />
              {plan.data.obstacles.map((o) => (
                <Failure key={`${o.code}-${o.text}`} title={o.blocking ? "In the way." : "To know."} refusal={!o.blocking} fault={{ message: visible(o.text), hint: "" }} testid={`run-obstacle-${o.code}`} />
              ))}
            </>
          )}
          {incomplete && <span>{words.nameFirst}</span>}
        </section>
        <Field label={words.comment} required>
          <Textarea value={comment} onChange={(_, data) => setComment(data.value)} data-testid="run-comment" />
        </Field>
      </DialogContent>
      <DialogActions>
        <Button appearance="primary" className={s.go} disabled={!ready} onClick={() => run.mutate(requestFor(kind, device.id, evidence, options, comment.trim()))} data-testid="run-confirm">{actionTypeLooks[kind].run}</Button>
        <Button onClick={onClose} data-testid="run-leave">{words.leave}</Button>
      </DialogActions>
    </>
  );
}

function Isolation({ options, onChange }: { options: Options; onChange: (next: Partial<Options>) => void }) {
  return (
    <>
      <Field label={words.scope}>
        <RadioGroup value={options.scope} onChange={(_, data) => onChange({ scope: oneOf(["full", "selective"] as const, data.value) ?? "full" })}>
          <Radio value="full" label={`${words.full.label}. ${words.full.text}`} data-testid="isolate-full" />
          <Radio value="selective" label={`${words.selective.label}. ${words.selective.text}`} data-testid="isolate-selective" />
        </RadioGroup>
      </Field>
      {options.scope === "selective" && (
        <Field label={words.allow} hint={words.allowHint} required>
          <Textarea value={options.allow} onChange={(_, data) => onChange({ allow: data.value })} data-testid="isolate-allow" />
        </Field>
      )}
    </>
  );
}

/** The value once nobody has changed it for a moment: the dry run is not asked at every letter. */
function useSettled<T>(value: T, pause: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
