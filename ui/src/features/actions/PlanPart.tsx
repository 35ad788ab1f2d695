/** The dry run: what would change and whether it could be undone, what stands in the way, and what speaks for the thing. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { Action, Plan } from "../../api/bindings";
import { toFault } from "../../api/client";
import { Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { Steps } from "../../components/Steps";
import { Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { localTimes } from "../../components/time";
import { stepLines } from "../../domain/plan";
import { witnessLooks } from "../../domain/verdict";
import { readChanged } from "./stale";
import { StalePart } from "./StalePart";
import { words } from "./words";

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column", gap: "8px" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  witness: { display: "grid", gridTemplateColumns: "110px minmax(0, 1fr)", gap: "8px", alignItems: "start" },
});

export function PlanPart({ action, plan, error }: { action: Action; plan: Plan | undefined; error: Error | null }) {
  const waits = action.status === "pending_approval";
  if (!waits && !action.undo.possible) return null;
  return (
    <Section title={waits ? words.change : words.undoChange} testid="plan">
      {error !== null && <Failure title="What would change could not be found out." refusal fault={toFault(error)} />}
      {plan === undefined ? error === null && <SkeletonRows rows={2} /> : (
        <>
          <Steps steps={stepLines(plan)} quiet={!waits} />
          {plan.obstacles.map((o) => {
            const changed = o.code === "changed" ? readChanged(o.text) : undefined;
            // The note above the plan says it already.
            if (changed !== undefined && action.stale !== null) return null;
            if (changed !== undefined) return <StalePart key={o.code} stale={changed} title="In the way." text={words.staleBefore} testid={`obstacle-${o.code}`} />;
            return <Failure key={`${o.code}-${o.text}`} title={(o.choices ?? []).some((c) => c.choice !== "stop") ? "To choose." : o.blocking ? "In the way." : "To know."} refusal={!o.blocking || (o.choices ?? []).length > 0} fault={{ message: visible(o.text), hint: "" }} testid={`obstacle-${o.code}`} />;
          })}
        </>
      )}
    </Section>
  );
}

export function WitnessPart({ plan }: { plan: Plan | undefined }) {
  const s = useStyles();
  if (plan === undefined) return null;
  return (
    <Section title={words.witnesses} testid="witnesses">
      {plan.witnesses.length === 0 ? <span className={s.small}>{words.noWitnesses}</span> : (
        <ul className={s.list}>
          {plan.witnesses.map((w) => (
            <li key={w.name} className={s.witness}>
              <Pill look={witnessLooks[w.says]} shape="dot" />
              <span>{visible(w.name)}{w.detail !== "" && <div className={s.small}>{localTimes(visible(w.detail))}</div>}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
