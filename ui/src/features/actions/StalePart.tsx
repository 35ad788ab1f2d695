/** It changed since it was judged: what it was and what it is now, one above the other. */
import { MessageBar, MessageBarBody, MessageBarTitle, makeStyles, tokens } from "@fluentui/react-components";
import type { StaleNote } from "../../api/bindings";
import { CodeText } from "../../components/PathText";
import { visible } from "../../components/text";
import type { StaleSide } from "./stale";
import { compare } from "./stale";
import { words } from "./words";

const useStyles = makeStyles({
  bar: { flexShrink: 0, overflowWrap: "anywhere" },
  rows: { display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 12px", margin: "8px 0 4px" },
  term: { fontWeight: tokens.fontWeightSemibold },
  side: { display: "flex", flexDirection: "column", minWidth: 0 },
  hash: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
});

export function StalePart({ stale, title = "Changed meanwhile.", text = words.stale, testid = "stale" }: { stale: StaleNote; title?: string; text?: string; testid?: string }) {
  const s = useStyles();
  const { was, now } = compare(stale);
  return (
    <MessageBar intent="warning" layout="multiline" className={s.bar} data-testid={testid}>
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle> {text}
        <div className={s.rows}>
          <span className={s.term}>Was</span><Side side={was} testid="stale-was" />
          <span className={s.term}>Is now</span><Side side={now} testid="stale-now" />
        </div>
      </MessageBarBody>
    </MessageBar>
  );
}

function Side({ side, testid }: { side: StaleSide; testid: string }) {
  const s = useStyles();
  return (
    <span className={s.side} data-testid={testid}>
      <span>{visible(side.text)}</span>
      {side.sha256 !== undefined && <span className={s.hash}>SHA-256 <CodeText text={side.sha256} longest={24} /></span>}
    </span>
  );
}
