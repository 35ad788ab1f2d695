/** What would change, line by line, and whether each could be taken back. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { visible } from "./text";

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column", gap: "8px" },
  step: { display: "grid", gridTemplateColumns: "20px minmax(0, 1fr)", overflowWrap: "anywhere" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
});

export interface Step { mark: string; reversible: string; what: string; detail: string }

export function Steps({ steps, quiet = false }: { steps: readonly Step[]; quiet?: boolean }) {
  const s = useStyles();
  return (
    <ul className={s.list}>
      {steps.map((step, i) => (
        <li key={`${i}-${step.what}`} className={s.step}>
          <span title={step.reversible}>{step.mark}</span>
          <span>
            {visible(step.what)}{!quiet && <span className={s.small}> ({step.reversible})</span>}
            {step.detail !== "" && <div className={s.small}>{visible(step.detail)}</div>}
          </span>
        </li>
      ))}
    </ul>
  );
}
