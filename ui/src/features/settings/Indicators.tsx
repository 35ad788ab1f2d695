/** What a person told the judging beforehand: hashes, addresses and names. */
import { Button, Field, Input, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { IndicatorAction, IndicatorKind } from "../../api/bindings";
import { toFault } from "../../api/client";
import { addIndicator, removeIndicator } from "../../api/mutations";
import { indicators } from "../../api/queries";
import { CodeText } from "../../components/PathText";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { When } from "../../components/time";
import { indicatorActionLooks, indicatorKindLabels } from "../../domain/settings";
import { keysOf, oneOf } from "../../url";

const useStyles = makeStyles({
  form: { display: "grid", gridTemplateColumns: "160px minmax(200px, 2fr) 180px minmax(160px, 1fr) max-content", gap: "12px", alignItems: "end", "@media (max-width: 1099px)": { gridTemplateColumns: "1fr 1fr" } },
  row: { display: "grid", gridTemplateColumns: "140px minmax(0, 2fr) 160px minmax(0, 1fr) 130px max-content", gap: "12px", alignItems: "center", minHeight: "40px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, "@media (max-width: 999px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))", padding: "8px 0" } },
});

export function Indicators() {
  const s = useStyles();
  const { data, error, refetch } = useQuery(indicators);
  const [kind, setKind] = useState<IndicatorKind>("sha256");
  const [action, setAction] = useState<IndicatorAction>("block");
  const [value, setValue] = useState("");
  const [title, setTitle] = useState("");
  const add = useMutation({ ...addIndicator, onSuccess: () => { setValue(""); setTitle(""); } });
  const remove = useMutation(removeIndicator);
  return (
    <>
      <div className={s.form}>
        <Field label="Kind"><Select value={kind} onChange={(_, d) => setKind(oneOf(keysOf(indicatorKindLabels), d.value) ?? kind)} data-testid="indicator-kind">{keysOf(indicatorKindLabels).map((id) => <option key={id} value={id}>{indicatorKindLabels[id]}</option>)}</Select></Field>
        <Field label="Value"><Input value={value} onChange={(_, d) => setValue(d.value)} data-testid="indicator-value" /></Field>
        <Field label="Action"><Select value={action} onChange={(_, d) => setAction(oneOf(keysOf(indicatorActionLooks), d.value) ?? action)} data-testid="indicator-action" title={indicatorActionLooks[action].explanation}>{keysOf(indicatorActionLooks).map((id) => <option key={id} value={id}>{indicatorActionLooks[id].label}</option>)}</Select></Field>
        <Field label="Title"><Input value={title} onChange={(_, d) => setTitle(d.value)} data-testid="indicator-title" /></Field>
        <Button disabled={value.trim() === "" || title.trim() === "" || add.isPending} onClick={() => add.mutate({ kind, value, action, title, expires_at: null, group: null })} data-testid="indicator-add">Add indicator</Button>
      </div>
      <span>{indicatorActionLooks[action].label}: {indicatorActionLooks[action].explanation}</span>
      {add.error !== null && <Failure title="The indicator was not added." refusal fault={toFault(add.error)} />}
      {error !== null && <Failure title="The indicators could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      {data === undefined ? error === null && <SkeletonRows /> : data.indicators.length === 0 ? <Empty title="There are no indicators." /> : (
        <div>
          {data.indicators.map((i) => (
            <div key={i.id} className={s.row} data-testid={`indicator-row-${i.id}`}>
              <span>{indicatorKindLabels[i.kind]}</span><CodeText text={i.value} longest={44} /><span title={indicatorActionLooks[i.action].explanation}>{indicatorActionLooks[i.action].label}</span>
              <span>{visible(i.title)}</span><When at={i.created_at} />
              <Button size="small" appearance="subtle" disabled={remove.isPending} onClick={() => remove.mutate({ id: i.id })}>Remove</Button>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
