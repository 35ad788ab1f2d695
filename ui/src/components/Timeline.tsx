/** What happened, who did it, when. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { visible } from "./text";
import { Moment } from "./time";

export interface TimelineLine { at: string; who: string; text: string; comment: string | null }

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column", gap: "10px" },
  item: { borderLeft: `2px solid ${tokens.colorNeutralStroke2}`, paddingLeft: "12px", overflowWrap: "anywhere" },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  comment: { fontStyle: "italic" },
});

/** Who is nobody in particular. */
const names: Record<string, string> = { system: "Assize", automation: "Automation", timer: "Its timer" };

export function Timeline({ lines }: { lines: readonly TimelineLine[] }) {
  const s = useStyles();
  return (
    <ol className={s.list} data-testid="timeline">
      {lines.map((line, i) => (
        <li key={`${i}-${line.at}`} className={s.item}>
          <div>{visible(line.text)}</div>
          {line.comment !== null && line.comment !== "" && <div className={s.comment}>“{visible(line.comment)}”</div>}
          <div className={s.small}>{names[line.who] ?? visible(line.who)}, <Moment at={line.at} /></div>
        </li>
      ))}
    </ol>
  );
}
