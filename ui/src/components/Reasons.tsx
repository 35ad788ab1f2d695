/** Why: short sentences, strongest first, each with its source; and the rules that were walked through. */
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ChevronDownRegular, ChevronRightRegular } from "@fluentui/react-icons";
import { useState } from "react";
import type { ReactNode } from "react";
import type { Tone } from "../look";
import { visible } from "./text";

export interface ReasonLine { text: string; source: string; rule?: string | null | undefined; author?: string | null | undefined; tone: Tone }

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column", gap: "8px" },
  item: { borderLeft: `3px solid ${tokens.colorNeutralStroke1}`, paddingLeft: "10px", overflowWrap: "anywhere" },
  danger: { borderLeftColor: tokens.colorStatusDangerBorderActive },
  warning: { borderLeftColor: tokens.colorStatusWarningBorderActive },
  success: { borderLeftColor: tokens.colorStatusSuccessBorderActive },
  attention: {},
  neutral: {},
  source: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  rows: { display: "grid", gridTemplateColumns: "max-content max-content minmax(0, 1fr)", gap: "4px 12px", fontSize: tokens.fontSizeBase200 },
  off: { color: tokens.colorNeutralForeground4 },
  decided: { fontWeight: tokens.fontWeightSemibold },
  fold: { display: "flex", flexDirection: "column", gap: "8px", alignItems: "flex-start" },
  inside: { alignSelf: "stretch" },
});

export function Reasons({ reasons }: { reasons: readonly ReasonLine[] }) {
  const s = useStyles();
  return (
    <ul className={s.list} data-testid="reasons">
      {reasons.map((r, i) => (
        <li key={`${i}-${r.text}`} className={mergeClasses(s.item, s[r.tone])}>
          <div>{visible(r.text)}</div>
          <div className={s.source}>{r.source}{typeof r.rule === "string" && `, rule ${visible(r.rule)}`}{typeof r.author === "string" && `, by ${visible(r.author)}`}</div>
        </li>
      ))}
    </ul>
  );
}

export interface TraceLine { row: number; applied: boolean; text: string }

export function Trace({ lines, decidedBy }: { lines: readonly TraceLine[]; decidedBy: number }) {
  const s = useStyles();
  return (
    <div className={s.rows} data-testid="trace">
      {lines.map((line, i) => {
        const look = line.row === decidedBy && line.applied ? s.decided : line.applied ? undefined : s.off;
        return [
          <span key={`${i}n`} className={look}>{line.row}</span>,
          <span key={`${i}a`} className={look}>{line.row === decidedBy && line.applied ? "decided" : line.applied ? "applied" : "passed"}</span>,
          <span key={`${i}t`} className={look}>{visible(line.text)}</span>,
        ];
      })}
    </div>
  );
}

/** Folded until somebody wants it. */
export function Fold({ label, children, testid, open: atFirst = false }: { label: string; children: ReactNode; testid: string; open?: boolean }) {
  const s = useStyles();
  const [open, setOpen] = useState(atFirst);
  return (
    <div className={s.fold}>
      <Button size="small" appearance="subtle" icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />} aria-expanded={open} onClick={() => setOpen(!open)} data-testid={testid}>{label}</Button>
      {open && <div className={s.inside}>{children}</div>}
    </div>
  );
}
