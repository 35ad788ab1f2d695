/** What became of the orders of an action: why it does not go on, how far they came, and whether what was done held. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { ActionDetail, Hop, Recheck, Stuck, Verb } from "../../api/bindings";
import { Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { Fold } from "../../components/Reasons";
import { Failure } from "../../components/states";
import { visible } from "../../components/text";
import { Moment } from "../../components/time";
import { hopLabels, rungLabels, stuckLabels } from "../../domain/action";
import { heldLooks } from "../../domain/verdict";
import { words } from "./words";

const useStyles = makeStyles({
  rows: { display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 16px", margin: 0 },
  term: { color: tokens.colorNeutralForeground2 },
  stack: { display: "flex", flexDirection: "column", gap: "12px" },
  check: { display: "grid", gridTemplateColumns: "120px minmax(0, 1fr)", gap: "4px 12px", overflowWrap: "anywhere" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
});

/** No action stays under way without saying why. */
export function StuckNote({ stuck }: { stuck: Stuck }) {
  return <Failure title={stuckLabels[stuck.cause]} refusal fault={{ message: visible(stuck.text), hint: stuck.hint }} testid="stuck" />;
}

export function DidNotHold({ check }: { check: Recheck }) {
  return <Failure title="It did not hold." fault={{ message: `${visible(check.text)} Seen at ${check.at}.`, hint: "Look at what brings it back before you treat it again." }} testid="did-not-hold" />;
}

export function OrderPart({ detail }: { detail: ActionDetail }) {
  const s = useStyles();
  const { hops, checks } = detail;
  return (
    <>
      {checks.length > 0 && detail.action.undone_by === null && (
        <Section title={words.checks} testid="checks">
          <div className={s.stack}>
            {checks.map((c) => (
              <div key={`${c.rung}-${c.at}`} className={s.check}>
                <Pill look={heldLooks[c.held === null ? "unknown" : c.held ? "held" : "back"]} shape="dot" />
                <span>{rungLabels[c.rung]}<div className={s.small}>{visible(c.text)} <Moment at={c.at} /></div></span>
              </div>
            ))}
          </div>
        </Section>
      )}
      {hops.length > 0 && (
        <Fold label={words.hops} testid="show-hops">
          <div className={s.stack} data-testid="hops">
            <Hops hops={hops} verb="apply" />
            {hops.some((hop) => hop.verb === "undo") && <><strong>{words.hopsBack}</strong><Hops hops={hops} verb="undo" /></>}
          </div>
        </Fold>
      )}
    </>
  );
}

function Hops({ hops, verb }: { hops: readonly Hop[]; verb: Verb }) {
  const s = useStyles();
  return (
    <dl className={s.rows}>
      {hops.filter((hop) => hop.verb === verb).map((hop) => [
        <dt key={`${hop.hop}-term`} className={s.term}>{hopLabels[hop.hop]}</dt>,
        <dd key={`${hop.hop}-at`} style={{ margin: 0 }} data-testid={`hop-${verb}-${hop.hop}`}><Moment at={hop.at} /></dd>,
      ])}
    </dl>
  );
}
