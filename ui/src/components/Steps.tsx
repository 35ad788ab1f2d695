/** What would change, line by line, and whether each could be taken back. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { Look } from "../look";
import { visible } from "./text";

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column", gap: "8px" },
  step: { display: "grid", gridTemplateColumns: "24px minmax(0, 1fr)", overflowWrap: "anywhere" },
  mark: { display: "flex", alignItems: "center", height: tokens.lineHeightBase300, fontSize: "16px" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
});

const useInk = makeStyles({
  success: { color: tokens.colorStatusSuccessForeground1 },
  warning: { color: tokens.colorStatusWarningForeground3 },
  danger: { color: tokens.colorStatusDangerForeground1 },
  attention: { color: tokens.colorBrandForeground1 },
  neutral: { color: tokens.colorNeutralForeground3 },
});

export interface Step { reversible: Look; what: string; detail: string }

/** `quiet`: whether it could be taken back is said by the mark alone. `looks`: nothing is changed, so nothing is to be taken back. */
export function Steps({ steps, quiet = false, looks = false }: { steps: readonly Step[]; quiet?: boolean; looks?: boolean }) {
  const s = useStyles();
  const ink = useInk();
  return (
    <ul className={s.list}>
      {steps.map((step, i) => {
        const Icon = step.reversible.icon;
        return (
          <li key={`${i}-${step.what}`} className={s.step}>
            <span className={looks ? s.mark : mergeClasses(s.mark, ink[step.reversible.tone])} title={looks ? undefined : step.reversible.explanation}>{looks ? "•" : <Icon aria-label={step.reversible.label} />}</span>
            <span>
              {visible(step.what)}{!quiet && !looks && <span className={s.small}> ({step.reversible.label})</span>}
              {step.detail !== "" && <div className={s.small}>{visible(step.detail)}</div>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
