/** What keeps devices isolated or restricted right now, as the devices tell it themselves: who, when, why, and the way out. */
import { Button, Link, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Mitigation } from "../../api/bindings";
import { toFault } from "../../api/client";
import { undo } from "../../api/mutations";
import { mitigations } from "../../api/queries";
import { DeviceName } from "../../components/Practice";
import { Failure } from "../../components/states";
import { visible } from "../../components/text";
import { Countdown, Moment } from "../../components/time";
import { actionTypeLooks } from "../../domain/action";
import { words } from "./words";

const useStyles = makeStyles({
  list: { display: "flex", flexDirection: "column", gap: "8px" },
  wide: { padding: "8px 24px" },
  bar: { flexShrink: 0, overflowWrap: "anywhere" },
  lines: { display: "flex", flexDirection: "column", gap: "2px" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
});

/** `device`: only what stands on this one. Without it: everything, with what could not be asked. `apart`: with room around it. */
export function InForce({ device, apart = false, onAction }: { device?: string; apart?: boolean; onAction: (id: string) => void }) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(mitigations);
  const place = apart ? mergeClasses(s.list, s.wide) : s.list;
  if (data === undefined) return error === null ? null : <div className={place}><Failure title={words.unread} fault={toFault(error)} retry={() => void refetch()} /></div>;
  const shown = data.mitigations.filter((m) => device === undefined || m.device.id === device);
  const unasked = device === undefined ? data.unasked : [];
  if (shown.length === 0 && unasked.length === 0) return null;
  return (
    <div className={place} data-testid="in-force">
      {shown.map((m) => <One key={`${m.action_id}-${m.type}`} mitigation={m} named={device === undefined} onAction={onAction} />)}
      {unasked.map((text) => <MessageBar key={text} intent="info" className={s.bar}><MessageBarBody><MessageBarTitle>{words.notAsked}</MessageBarTitle> {visible(text)}</MessageBarBody></MessageBar>)}
    </div>
  );
}

function One({ mitigation: m, named, onAction }: { mitigation: Mitigation; named: boolean; onAction: (id: string) => void }) {
  const s = useStyles();
  const back = useMutation(undo);
  const { action } = m;
  const who = action?.decided_by ?? null;
  const why = action?.comment ?? null;
  return (
    <MessageBar intent={m.complaints.length > 0 || !m.in_force ? "error" : "warning"} layout="multiline" className={s.bar} data-testid={`in-force-${m.action_id}`}>
      <MessageBarBody>
        <MessageBarTitle>{named && <><DeviceName name={visible(m.device.name)} practice={m.device.practice} />: </>}{visible(m.what)}</MessageBarTitle>
        <div className={s.lines}>
          <span>
            {who !== null && `Asked for by ${visible(who)}, `}since <Moment at={m.since} />.
            {m.until === null ? " Until somebody takes it back." : <> Ends by itself: <Countdown until={m.until} />.</>}
          </span>
          {why !== null && <span>“{visible(why)}”</span>}
          {!m.in_force && <strong>It is not in force now.</strong>}
          {m.complaints.map((complaint) => <span key={complaint}>{visible(complaint)}</span>)}
          {action !== null && <span className={s.small}><Link as="button" onClick={() => onAction(m.action_id)}>Open the action</Link></span>}
        </div>
      </MessageBarBody>
      <MessageBarActions>
        <Button
          size="small" disabled={back.isPending || action === null || !action.undo.possible} title={action === null ? "This installation does not know the action that put it in force." : (action.undo.reason ?? undefined)}
          onClick={() => back.mutate({ ids: [m.action_id], reason: null, conflict: { choice: "stop" } })} data-testid={`release-${m.action_id}`}
        >
          {words.release[m.type] ?? `Undo ${actionTypeLooks[m.type].object}`}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}
