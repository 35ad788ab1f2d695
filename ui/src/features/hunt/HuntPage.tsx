/** Hunting is honest about itself: it says what it would look for, and that it comes later. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { Body, Facts, Page, Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { Moment } from "../../components/time";
import { compact, text } from "../../url";
import type { Raw } from "../../url";

export interface HuntSearch {
  what?: string | undefined;
  target?: string | undefined;
  hash?: string | undefined;
  device?: string | undefined;
  around?: string | undefined;
}
export const readHunt = (raw: Raw): HuntSearch => compact({ what: text(raw["what"]), target: text(raw["target"]), hash: text(raw["hash"]), device: text(raw["device"]), around: text(raw["around"]) });

const useStyles = makeStyles({ text: { margin: 0, maxWidth: "720px", fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 } });

const words = {
  later: "Hunting comes with a later version. Nothing is searched here yet, and nothing is collected for it.",
  would: "What a hunt would look for",
  from: "Open an action or a piece of evidence and choose Go hunt to see what it would look for.",
  meanwhile: "Until then: the Verdicts list in the Action center searches everything that was judged, by name, place and reason.",
  verdicts: "Search the verdicts",
};

export function HuntPage({ search, onVerdicts }: { search: HuntSearch; onVerdicts: (text: string | undefined) => void }) {
  const s = useStyles();
  const { what, target, hash, device, around } = search;
  return (
    <Page scroll testid="hunt">
      <Body>
        <p className={s.text} data-testid="hunt-later">{words.later}</p>
        {what === undefined ? <p className={s.text}>{words.from}</p> : (
          <Section title={words.would} testid="hunt-would">
            <p className={s.text}>It would look for {what}.</p>
            <Facts facts={[
              target !== undefined && ["Target", <CodeText key="t" text={target} />], hash !== undefined && ["SHA-256", <CodeText key="h" text={hash} />],
              device !== undefined && ["Device", device], around !== undefined && ["Around", Number.isNaN(Date.parse(around)) ? around : <Moment key="a" at={around} />],
            ]} />
          </Section>
        )}
        <p className={s.text}>{words.meanwhile}</p>
        <div><Button onClick={() => onVerdicts(target === undefined ? undefined : target.split("/").at(-1))} data-testid="hunt-verdicts">{words.verdicts}</Button></div>
      </Body>
    </Page>
  );
}
