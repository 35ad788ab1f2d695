/** The first start: three sentences on automation levels, and the owner's choice. */
import { Badge, Button, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { toFault } from "../../api/client";
import { chooseLevel } from "../../api/mutations";
import { PageHead } from "../../components/Page";
import { Failure } from "../../components/states";
import { levelLooks, levelOrder, recommendedLevel } from "../../domain/level";
import { words } from "./words";

const useStyles = makeStyles({
  whole: { display: "flex", flexDirection: "column", gap: "16px", maxWidth: "760px", margin: "-12px -24px 0" },
  body: { display: "flex", flexDirection: "column", gap: "16px", padding: "0 24px" },
  sentences: { display: "flex", flexDirection: "column", gap: "4px", margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
  choices: { display: "flex", flexDirection: "column", gap: "8px" },
  choice: { display: "flex", alignItems: "center", gap: "16px", padding: "8px 12px", border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium },
  name: { fontWeight: tokens.fontWeightSemibold, display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" },
  text: { color: tokens.colorNeutralForeground2 },
  quiet: { color: tokens.colorNeutralForeground3 },
  big: { minHeight: "44px", flexShrink: 0 },
  words: { display: "flex", flexDirection: "column", flexGrow: 1, minWidth: 0 },
});

export function FirstRun() {
  const s = useStyles();
  const choose = useMutation(chooseLevel);
  return (
    <div className={s.whole} data-testid="first-run">
      <PageHead title={words.title} />
      <div className={s.body}>
        <div className={s.sentences}>{words.sentences.map((sentence) => <span key={sentence}>{sentence}</span>)}</div>
        <div className={s.choices}>
          {levelOrder.map((code) => (
            <div key={code} className={s.choice}>
              <span className={s.words}>
                <span className={s.name}>{levelLooks[code].label}{code === recommendedLevel && <Badge appearance="tint">{words.recommended}</Badge>}</span>
                <span className={s.text}>{levelLooks[code].explanation}</span>
              </span>
              <Button
                appearance={code === recommendedLevel ? "primary" : "secondary"} className={s.big} disabled={choose.isPending} aria-label={`${words.choose}: ${levelLooks[code].label}`}
                onClick={() => choose.mutate({ level: code })} data-testid={`choose-level-${code}`}
              >
                {words.choose}
              </Button>
            </div>
          ))}
        </div>
        {choose.error !== null && <Failure title="The level was not chosen." fault={toFault(choose.error)} />}
        <span className={s.quiet}>{words.until}</span>
      </div>
    </div>
  );
}
