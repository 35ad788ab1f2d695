/** The kept copy of what was taken away: when it was proven, when it goes for good, and the pin that keeps it. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { PinOffRegular, PinRegular } from "@fluentui/react-icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Action } from "../../api/bindings";
import { pinQuarantined } from "../../api/mutations";
import { quarantine } from "../../api/queries";
import { Section } from "../../components/Page";
import { Countdown, Moment } from "../../components/time";
import { words } from "./words";

const useStyles = makeStyles({ line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 12px" }, quiet: { color: tokens.colorNeutralForeground2 } });

export function KeptPart({ action }: { action: Action }) {
  const s = useStyles();
  const { undo } = action;
  const kept = undo.possible && (undo.proven_at !== null || undo.until !== null || undo.pinned);
  const { data } = useQuery({ ...quarantine, enabled: kept });
  const pin = useMutation(pinQuarantined);
  if (!kept) return null;
  const item = data?.items.find((each) => each.action_id === action.id);
  return (
    <Section title={words.kept} testid="kept">
      <div className={s.line}>
        {undo.pinned ? <span>It is kept for good.</span> : undo.until === null ? <span>It is kept until it is undone.</span> : <span>It goes for good in <Countdown until={undo.until} bare />, on <Moment at={undo.until} ahead />. Until then it can be undone.</span>}
        {item !== undefined && (
          <Button size="small" icon={item.pinned ? <PinOffRegular /> : <PinRegular />} disabled={pin.isPending} onClick={() => pin.mutate({ id: item.id, pinned: !item.pinned })} data-testid="pin">
            {item.pinned ? "Let its time run" : "Keep it for good"}
          </Button>
        )}
      </div>
      {undo.proven_at !== null && <span className={s.quiet}>Read back and compared: <Moment at={undo.proven_at} /></span>}
    </Section>
  );
}
