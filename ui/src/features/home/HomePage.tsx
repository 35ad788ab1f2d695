/** The first screen: what waits, what was found last, and the next right step. */
import { Button, Card, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, ProgressBar, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ScanRegular } from "@fluentui/react-icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Home } from "../../api/bindings";
import { toFault } from "../../api/client";
import { startInvestigation } from "../../api/mutations";
import { home } from "../../api/queries";
import { Body, Page, Section } from "../../components/Page";
import { DeviceName } from "../../components/Practice";
import { Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { Countdown, Moment } from "../../components/time";
import { actionTypeLooks } from "../../domain/action";
import { levelLooks } from "../../domain/level";
import { words } from "./words";

const useStyles = makeStyles({
  grid: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(320px, 1fr))", gap: "16px", alignItems: "stretch" },
  figure: { fontSize: tokens.fontSizeHero800, lineHeight: tokens.lineHeightHero800, fontWeight: tokens.fontWeightSemibold, fontVariantNumeric: "tabular-nums" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" },
  row: { display: "flex", flexWrap: "wrap", gap: "24px" },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
  fact: { display: "flex", flexDirection: "column", alignItems: "flex-start", minHeight: "44px", padding: 0, background: "none", border: "none", font: "inherit", color: "inherit", textAlign: "left" },
  leads: { cursor: "pointer", ":hover": { textDecorationLine: "underline" }, ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` } },
  small: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
  number: { fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold, fontVariantNumeric: "tabular-nums" },
  big: { minHeight: "44px" },
  // At the lower edge, whatever stands above.
  last: { marginTop: "auto" },
});

interface Props {
  firstRun: ReactNode;
  practice: (home: Home) => ReactNode;
  /** What keeps devices isolated or restricted now. */
  inForce: ReactNode;
  service: ReactNode;
  onPending: () => void;
  onAction: (id: string) => void;
  onIncidents: () => void;
  onHistory: (failedOnly: boolean) => void;
}

export function HomePage(p: Props) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(home);
  return (
    <Page scroll testid="home">
      <Body>
        {error !== null && <Failure title="Home could not be read." fault={toFault(error)} retry={() => void refetch()} />}
        {data === undefined ? error === null && <SkeletonRows /> : (
          <>
            {p.inForce}
            {data.first_run ? p.firstRun : <Waiting {...p} home={data} />}
            {!data.first_run && p.practice(data)}
            <Section title={words.rights}><p className={s.quiet} data-testid="rights">{data.rights}</p>{p.service}</Section>
          </>
        )}
      </Body>
    </Page>
  );
}

function Waiting({ home: now, onPending, onAction, onIncidents, onHistory }: Props & { home: Home }) {
  const s = useStyles();
  const oldest = now.oldest_pending;
  const level = levelLooks[now.level];
  return (
    <>
    {now.held.map((h) => (
      <MessageBar key={`${h.cause} ${h.about}`} intent="warning" layout="multiline" data-testid="held">
        <MessageBarBody><MessageBarTitle>{words.held[h.cause]}</MessageBarTitle> {visible(h.text)} {words.since} <Moment at={h.since} />.</MessageBarBody>
        <MessageBarActions><Button size="small" onClick={onPending}>{words.view}</Button></MessageBarActions>
      </MessageBar>
    ))}
    <div className={s.grid}>
      <Card data-testid="waiting">
        {now.pending === 0 ? (
          <>
            <strong data-testid="waiting-text">{words.nothingWaits}</strong>
            <LastCheck home={now} />
          </>
        ) : (
          <>
            <div><span className={s.figure} data-testid="waiting-count">{now.pending.toLocaleString("en-GB")}</span> <span data-testid="waiting-text">{now.pending === 1 ? "action waits for you" : "actions wait for you"}</span></div>
            {oldest !== null && (
              <div className={s.line} data-testid="oldest">
                <span className={s.small}>{words.oldest}:</span>
                <Button appearance="subtle" size="small" onClick={() => onAction(oldest.id)} data-testid="open-oldest">
                  {actionTypeLooks[oldest.type].label}: {visible(oldest.target_name)}
                </Button>
                <DeviceName name={oldest.device.name} practice={oldest.device.practice} />
                {oldest.expires_at !== null && <Countdown until={oldest.expires_at} />}
              </div>
            )}
            <div className={s.last}><Button appearance="primary" className={s.big} onClick={onPending} data-testid="view-pending">{words.view}</Button></div>
          </>
        )}
      </Card>
      <Check home={now} prominent={now.pending === 0} />
      <Card data-testid="figures">
        <div className={s.row}>
          <Figure n={now.open_incidents} label={now.open_incidents === 1 ? "open incident" : "open incidents"} onOpen={onIncidents} testid="open-incidents" />
          <Figure n={now.alerts} label={now.alerts === 1 ? "alert" : "alerts"} testid="alerts" />
          <Figure n={now.history} label="in History" onOpen={() => onHistory(false)} testid="history" />
          <Figure n={now.running} label="running now" testid="running" />
          <Figure n={now.failed} label="failed" {...(now.failed > 0 && { onOpen: () => onHistory(true) })} testid="failed" />
        </div>
        <p className={s.quiet} title={level.explanation} data-testid="level">Level of this computer: {level.label}. {level.explanation}</p>
      </Card>
    </div>
    </>
  );
}

function Figure({ n, label, onOpen, testid }: { n: number; label: string; onOpen?: () => void; testid: string }) {
  const s = useStyles();
  const body = <><span className={s.number} data-testid={`figure-${testid}`}>{n.toLocaleString("en-GB")}</span><span className={s.small}>{label}</span></>;
  return onOpen === undefined ? <span className={s.fact}>{body}</span> : <button type="button" className={mergeClasses(s.fact, s.leads)} onClick={onOpen}>{body}</button>;
}

function LastCheck({ home: now }: { home: Home }) {
  const s = useStyles();
  if (now.last_check_at === null) return <p className={s.quiet} data-testid="last-check">{words.neverChecked}</p>;
  return <p className={s.quiet} data-testid="last-check">{words.lastCheck}: <Moment at={now.last_check_at} />. {now.last_check_text}</p>;
}

function Check({ home: now, prominent }: { home: Home; prominent: boolean }) {
  const s = useStyles();
  const start = useMutation(startInvestigation);
  const running = now.checking !== null || start.isPending;
  return (
    <Card data-testid="check">
      {running ? (
        <>
          <strong>{words.checking}</strong>
          <ProgressBar aria-label={words.checking} />
          <p className={s.quiet} data-testid="checking" aria-live="polite">{now.checking ?? "Starting."}</p>
        </>
      ) : (
        <>
          <p className={s.quiet}>{words.checkHint}</p>
          {now.pending > 0 && <LastCheck home={now} />}
          <div className={s.last}>
            <Button
              appearance={prominent ? "primary" : "secondary"} className={s.big} icon={<ScanRegular />} data-testid="check-this-computer"
              onClick={() => start.mutate({ device: now.this_computer, paths: [], full: false, comment: "Check this computer, from Home." })}
            >
              {words.check}
            </Button>
          </div>
        </>
      )}
      {now.failed > 0 && <p className={s.quiet}>{plural(now.failed, "action")} failed. Nothing was lost by it.</p>}
    </Card>
  );
}
