/** The ways into a rollback: all of an incident, all of an investigation, or what a rule or a stretch of time led to. */
import { Button, Checkbox, Field, Input, Radio, RadioGroup, makeStyles } from "@fluentui/react-components";
import { ArrowUndoRegular } from "@fluentui/react-icons";
import { useState } from "react";
import type { RollBackBy } from "../../api/bindings";
import { oneOf } from "../../url";
import { RollbackDialog } from "./RollbackDialog";
import { localInput, windowOf } from "./rollback";
import { rollbackWords as words } from "./words";

const useStyles = makeStyles({ pair: { display: "grid", gridTemplateColumns: "1fr 1fr", gap: "12px" } });

/** Everything of one incident or investigation. The report stays, also when nothing is left to take back. */
export function RollbackButton({ by, title, possible }: { by: RollBackBy; title: string; possible: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {possible && <Button size="small" icon={<ArrowUndoRegular />} onClick={() => setOpen(true)} data-testid="rollback">{words.button}</Button>}
      {open && <RollbackDialog title={title} by={by} onClose={() => setOpen(false)} />}
    </>
  );
}

/** By time or by rule, chosen in the dialog. */
export function RollbackChooser() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" appearance="subtle" onClick={() => setOpen(true)} data-testid="rollback">{words.chooser}</Button>
      {open && <Chooser onClose={() => setOpen(false)} />}
    </>
  );
}

const DAY_MS = 86_400_000;

function Chooser({ onClose }: { onClose: () => void }) {
  const s = useStyles();
  const [kind, setKind] = useState<"window" | "rule">("window");
  const [opened] = useState(() => Date.now());
  const [since, setSince] = useState(() => localInput(opened - DAY_MS));
  const [until, setUntil] = useState(() => localInput(opened + 60_000));
  const [people, setPeople] = useState(false);
  const [rule, setRule] = useState("");
  const by: RollBackBy | undefined = kind === "rule" ? (rule.trim() === "" ? undefined : { all: "rule", name: rule.trim() }) : windowOf(since, until, people);
  return (
    <RollbackDialog
      title={words.title} by={by} onClose={onClose}
      choose={
        <>
          <RadioGroup layout="horizontal" value={kind} onChange={(_, data) => setKind(oneOf(["window", "rule"] as const, data.value) ?? kind)}>
            <Radio value="window" label={words.byTime} data-testid="rollback-by-window" />
            <Radio value="rule" label={words.byRule} data-testid="rollback-by-rule" />
          </RadioGroup>
          {kind === "window" ? (
            <>
              <div className={s.pair}>
                <Field label={words.since}><Input type="datetime-local" value={since} onChange={(_, data) => setSince(data.value)} data-testid="rollback-since" /></Field>
                <Field label={words.until}><Input type="datetime-local" value={until} onChange={(_, data) => setUntil(data.value)} data-testid="rollback-until" /></Field>
              </div>
              <Checkbox checked={people} onChange={(_, data) => setPeople(data.checked === true)} label={words.people} data-testid="rollback-people" />
            </>
          ) : <Field label={words.rule} hint={words.ruleHint}><Input value={rule} onChange={(_, data) => setRule(data.value)} data-testid="rollback-rule" /></Field>}
        </>
      }
    />
  );
}
