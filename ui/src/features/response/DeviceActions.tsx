/** What a person may do to a whole device, what is in force on it now, and what was asked for last. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ActionType, Device } from "../../api/bindings";
import { toFault } from "../../api/client";
import { actionsPage } from "../../api/queries";
import { Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { When } from "../../components/time";
import { actionStatusLooks, actionTypeLooks } from "../../domain/action";
import { InForce } from "./InForce";
import { RunDialog } from "./RunDialog";
import { onDevices, unable } from "./verbs";
import { words } from "./words";

const useStyles = makeStyles({
  buttons: { display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(240px, 1fr))", gap: "8px" },
  button: { justifyContent: "flex-start", minHeight: "40px", textAlign: "left" },
  label: { display: "flex", flexDirection: "column" },
  cannot: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200, fontWeight: tokens.fontWeightRegular },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  rows: { display: "flex", flexDirection: "column", gap: "4px" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 1fr) max-content max-content", gap: "4px 12px", alignItems: "center", background: "none", border: "none", padding: "2px 0", minHeight: "32px", cursor: "pointer", font: "inherit", color: "inherit", textAlign: "left", ":hover": { textDecorationLine: "underline" } },
  outcome: { gridColumn: "1 / -1", color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, overflowWrap: "anywhere" },
});

export function DeviceActions({ device, onAction, onService }: { device: Device; onAction: (id: string) => void; onService: () => void }) {
  const s = useStyles();
  const [kind, setKind] = useState<ActionType>();
  const practice = device.kind === "practice";
  return (
    <>
      <InForce device={device.id} onAction={onAction} />
      <Section title={words.respond} testid="device-actions">
        <span className={s.quiet}>{words.respondHint}</span>
        <div className={s.buttons}>
          {onDevices.map((each) => {
            const Icon = actionTypeLooks[each].icon;
            const why = unable(each, device.capabilities);
            return (
              <Button key={each} className={s.button} icon={<Icon />} appearance={why === undefined ? "secondary" : "outline"} title={why ?? actionTypeLooks[each].explanation} onClick={() => setKind(each)} data-testid={`run-${each}`} data-possible={why === undefined}>
                <span className={s.label}>{actionTypeLooks[each].label}{why !== undefined && <span className={s.cannot}>{words.notHere}</span>}</span>
              </Button>
            );
          })}
        </div>
      </Section>
      <Latest device={device.id} onAction={onAction} />
      {kind !== undefined && <RunDialog wanted={{ kind, device: { id: device.id, name: device.name, practice, capabilities: device.capabilities }, ...(device.kind === "this_computer" && { onService }) }} onClose={() => setKind(undefined)} />}
    </>
  );
}

/** People see at once what they asked for, also while it runs. */
function Latest({ device, onAction }: { device: string; onAction: (id: string) => void }) {
  const s = useStyles();
  const { data, error } = useQuery(actionsPage({
    tab: null, kind: [...onDevices, "stop_and_quarantine_file"], status: [], device, source: [], investigation: null, approval: null, verdict: [], entity_type: [], since: null, text: null, sort: "created", descending: true,
  }, 5));
  return (
    <Section title={words.latest} testid="device-latest">
      {error !== null && <Failure title="The actions could not be read." fault={toFault(error)} />}
      {data === undefined ? error === null && <SkeletonRows rows={2} /> : data.rows.length === 0 ? <span className={s.quiet}>{words.noneYet}</span> : (
        <div className={s.rows}>
          {data.rows.map((a) => (
            <button type="button" key={a.id} className={s.row} onClick={() => onAction(a.id)} data-testid={`device-action-${a.id}`}>
              <span>{actionTypeLooks[a.type].label}</span><Pill look={actionStatusLooks[a.status]} shape="dot" testid={`status-${a.id}`} /><When at={a.created_at} />
              {(a.progress ?? a.outcome) !== null && <span className={s.outcome}>{visible(a.progress ?? a.outcome ?? "")}</span>}
            </button>
          ))}
        </div>
      )}
    </Section>
  );
}
