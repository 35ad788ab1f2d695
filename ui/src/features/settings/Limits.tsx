/** How much automation may do before a person has looked, and what nothing ever acts on. */
import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Limits as LimitNumbers, LimitsInForce, ProtectedList } from "../../api/bindings";
import { toFault } from "../../api/client";
import { changeLimits, changeProtected } from "../../api/mutations";
import { limits, protectedItems } from "../../api/queries";
import { Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { When } from "../../components/time";

const useStyles = makeStyles({
  form: { display: "grid", gridTemplateColumns: "repeat(4, minmax(140px, 1fr)) max-content", gap: "12px", alignItems: "end", "@media (max-width: 1099px)": { gridTemplateColumns: "1fr 1fr" } },
  add: { display: "grid", gridTemplateColumns: "minmax(200px, 1fr) max-content", gap: "12px", alignItems: "end" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) minmax(0, 1fr) 130px max-content", gap: "12px", alignItems: "center", minHeight: "40px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  shipped: { display: "grid", gridTemplateColumns: "minmax(160px, 1fr) minmax(0, 3fr)", gap: "12px", padding: "8px 0", borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, overflowWrap: "anywhere" },
});

const numbers: Record<keyof LimitNumbers, string> = {
  same_type: "Actions of one type by themselves",
  minutes: "Within so many minutes",
  devices: "Devices a new rule acts on by itself",
  vault_gib: "GiB of kept copies on a device",
};
const names: readonly (keyof LimitNumbers)[] = ["same_type", "minutes", "devices", "vault_gib"];

export function Limits() {
  const now = useQuery(limits);
  const list = useQuery(protectedItems);
  return (
    <>
      <Section title="How much may run by itself" testid="limits">
        <span>Beyond these limits actions wait for a person, at every level. A rule counts as new until a person approves something it found.</span>
        {now.error !== null && <Failure title="The limits could not be read." fault={toFault(now.error)} retry={() => void now.refetch()} />}
        {now.data === undefined ? now.error === null && <SkeletonRows /> : <Numbers key={JSON.stringify(now.data)} now={now.data} />}
      </Section>
      <Section title="What nothing ever acts on" testid="protected">
        {list.error !== null && <Failure title="The protected items could not be read." fault={toFault(list.error)} retry={() => void list.refetch()} />}
        {list.data === undefined ? list.error === null && <SkeletonRows /> : <Protected list={list.data} />}
      </Section>
    </>
  );
}

function Numbers({ now }: { now: LimitsInForce }) {
  const s = useStyles();
  const [said, setSaid] = useState(() => Object.fromEntries(names.map((n) => [n, String(now[n])])));
  const change = useMutation(changeLimits);
  const read = (name: keyof LimitNumbers) => (/^\d+$/.test(said[name] ?? "") ? Number(said[name]) : null);
  const all = names.map(read);
  const changed = names.some((n, i) => all[i] !== now[n]);
  return (
    <>
      <div className={s.form}>
        {names.map((n) => (
          <Field key={n} label={numbers[n]}><Input type="number" min={0} value={said[n] ?? ""} onChange={(_, d) => setSaid((before) => ({ ...before, [n]: d.value }))} data-testid={`limit-${n}`} /></Field>
        ))}
        <Button
          disabled={!changed || all.includes(null) || change.isPending} data-testid="limits-change"
          onClick={() => change.mutate({ same_type: read("same_type"), minutes: read("minutes"), devices: read("devices"), vault_gib: read("vault_gib") })}
        >
          Change
        </Button>
      </div>
      {change.error !== null && <Failure title="The limits were not changed." refusal fault={toFault(change.error)} />}
      {now.held.map((h) => <span key={`${h.cause} ${h.about}`}>{visible(h.text)}</span>)}
    </>
  );
}

function Protected({ list }: { list: ProtectedList }) {
  const s = useStyles();
  const [pattern, setPattern] = useState("");
  const change = useMutation({ ...changeProtected, onSuccess: () => setPattern("") });
  return (
    <>
      <div className={s.add}>
        <Field label="Full path; a star stands for any name, /** at the end for everything below"><Input value={pattern} onChange={(_, d) => setPattern(d.value)} data-testid="protected-pattern" /></Field>
        <Button disabled={pattern.trim() === "" || change.isPending} onClick={() => change.mutate({ pattern, on: true })} data-testid="protected-add">Protect</Button>
      </div>
      {change.error !== null && <Failure title="The list was not changed." refusal fault={toFault(change.error)} />}
      {list.added.length === 0 ? <Empty title="Nobody added anything." /> : list.added.map((p) => (
        <div key={p.pattern} className={s.row} data-testid={`protected-row-${p.pattern}`}>
          <CodeText text={p.pattern} longest={80} /><span>{visible(p.added_by)}</span><When at={p.added_at} />
          <Button size="small" appearance="subtle" disabled={change.isPending} onClick={() => change.mutate({ pattern: p.pattern, on: false })}>Remove</Button>
        </div>
      ))}
      {list.shipped.map((g) => <div key={g.what} className={s.shipped}><span>{g.what}</span><span>{g.items.join(" · ")}</span></div>)}
    </>
  );
}
