/** An action on several devices: how it stands on each, and every part of it. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";
import type { ActionId, Spread, Standing } from "../../api/bindings";
import { FilterOne } from "../../components/Filters";
import { Section } from "../../components/Page";
import { PathText } from "../../components/PathText";
import { Pill } from "../../components/Pill";
import { DeviceName } from "../../components/Practice";
import { visible } from "../../components/text";
import { Moment } from "../../components/time";
import { actionStatusLooks, actionTypeLooks, standingLooks } from "../../domain/action";
import { words } from "./words";

const useStyles = makeStyles({
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" },
  rows: { display: "flex", flexDirection: "column", gap: "4px" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) max-content", gap: "2px 12px", alignItems: "center", background: "none", border: "none", padding: "2px 0", minHeight: "32px", cursor: "pointer", font: "inherit", color: "inherit", textAlign: "left", ":hover": { textDecorationLine: "underline" } },
  head: { marginTop: "8px", fontWeight: tokens.fontWeightSemibold },
  path: { gridColumn: "1 / -1", minWidth: 0, display: "flex" },
  small: { gridColumn: "1 / -1", fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3, overflowWrap: "anywhere" },
});

const order: readonly Standing[] = ["succeeded", "failed", "pending"];

export function SpreadPart({ spread, onAction }: { spread: Spread; onAction: (id: ActionId) => void }) {
  const s = useStyles();
  const [only, setOnly] = useState<Standing>();
  const devices = spread.devices.filter((d) => only === undefined || d.standing === only);
  const shown = new Set(devices.map((d) => d.device.id));
  const parts = spread.parts.filter((p) => shown.has(p.device.id));
  return (
    <Section title={words.spread} testid="spread">
      <div className={s.line}>
        {order.map((each) => <span key={each} className={s.line}><Pill look={standingLooks[each]} shape="dot" /><span data-testid={`spread-${each}`}>{spread[each]}</span></span>)}
        <FilterOne name="standing" label="Show" any="all" chosen={only} choices={order.map((id) => ({ id, label: standingLooks[id].label }))} onChange={setOnly} />
      </div>
      <span>Asked for <Moment at={spread.submitted_at} /></span>
      <div className={s.rows}>
        {devices.map((d) => (
          <button type="button" key={d.device.id} className={s.row} onClick={() => onAction(d.action)} data-testid={`spread-device-${d.device.id}`}>
            <span><DeviceName name={visible(d.device.name)} practice={d.device.practice} /></span><Pill look={standingLooks[d.standing]} shape="dot" />
            {d.text !== null && <span className={s.small}>{visible(d.text)}</span>}
          </button>
        ))}
        {parts.length > 0 && <span className={s.head}>{words.parts}</span>}
        {parts.map((p) => (
          <button type="button" key={p.id} className={s.row} onClick={() => onAction(p.id)} data-testid={`spread-part-${p.id}`}>
            <span>{actionTypeLooks[p.type].label}{devices.length > 1 && <> on <DeviceName name={visible(p.device.name)} practice={p.device.practice} /></>}</span><Pill look={actionStatusLooks[p.status]} shape="dot" />
            <span className={s.path}><PathText path={p.target_title} /></span>
          </button>
        ))}
      </div>
    </Section>
  );
}
