/** The device service: how it stands, what it does, and the one button that installs it. */
import { Button, Card, MessageBar, MessageBarBody, MessageBarTitle, Spinner, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleRegular, CircleRegular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ServiceStatus } from "../../api/bindings";
import { toFault } from "../../api/client";
import { installService } from "../../api/mutations";
import { serviceStatus } from "../../api/queries";
import { notify } from "../../components/notices";
import { Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { Failure, SkeletonRows } from "../../components/states";
import { keysOf } from "../../url";
import { RemoveDialog } from "./RemoveDialog";
import type { Standing } from "./standing";
import { standingOf } from "./standing";
import { words } from "./words";

const useStyles = makeStyles({
  card: { maxWidth: "760px", gap: "16px", padding: "20px 24px" },
  text: { margin: 0 },
  list: { margin: 0, padding: "0 0 0 20px", display: "flex", flexDirection: "column", gap: "4px" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "12px" },
  checks: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(260px, 1fr))", gap: "4px 16px" },
  check: { display: "flex", alignItems: "center", gap: "8px" },
  yes: { color: tokens.colorStatusSuccessForeground1, display: "flex" },
  no: { color: tokens.colorNeutralForeground3, display: "flex" },
  quiet: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  big: { minHeight: "44px", whiteSpace: "nowrap" },
  bar: { flexShrink: 0 },
});

const headlines: Record<Standing, { intent: "success" | "info" | "warning"; title: string; text: string }> = {
  works: { intent: "success", title: words.works, text: words.worksHow },
  absent: { intent: "info", title: words.notInstalled, text: words.notInstalledWhy },
  unpackaged: { intent: "info", title: words.unpackaged, text: words.unpackagedWhy },
  silent: { intent: "warning", title: words.silent, text: words.silentHow },
  elsewhere: { intent: "warning", title: words.elsewhere, text: words.elsewhereHow },
};

export function ServiceCard() {
  const s = useStyles();
  const { data, error, refetch } = useQuery(serviceStatus);
  return (
    <Section title={words.title} testid="service">
      {error !== null && <Failure title={words.unread} fault={toFault(error)} retry={() => void refetch()} />}
      {data === undefined ? error === null && <SkeletonRows rows={4} /> : <Card className={s.card}><Known status={data} /></Card>}
    </Section>
  );
}

function Known({ status }: { status: ServiceStatus }) {
  const s = useStyles();
  const client = useQueryClient();
  const standing = standingOf(status);
  const headline = headlines[standing];
  const install = useMutation({
    ...installService,
    onSuccess: (now) => notify({ tone: "done", title: words.installed, text: standingOf(now) === "works" ? words.installedHow : words.elsewhereHow }),
    // What is open now may be another data folder, or the service: nothing that was read before counts.
    onSettled: () => client.invalidateQueries(),
  });
  const button = (label: string, primary: boolean) => (
    <div className={s.line}>
      <Button
        appearance={primary ? "primary" : "secondary"} className={s.big} disabledFocusable={install.isPending} icon={install.isPending ? <Spinner size="tiny" /> : undefined}
        onClick={() => install.mutate()} data-testid="install-service"
      >
        {label}
      </Button>
      <span className={s.quiet} aria-live="polite" data-testid="service-busy">{install.isPending ? words.installing : words.password}</span>
    </div>
  );
  return (
    <>
      <p className={s.text}>{words.lead}</p>
      <MessageBar intent={headline.intent} layout="multiline" className={s.bar} data-testid="service-standing" data-standing={standing}>
        <MessageBarBody><MessageBarTitle>{headline.title}</MessageBarTitle> {headline.text}{status.holding && <> {words.holding}</>}</MessageBarBody>
      </MessageBar>
      {install.error !== null && <Failure title={words.notDone} fault={toFault(install.error)} refusal={toFault(install.error).code === "no_password"} testid="service-failed" />}
      {standing === "unpackaged" && <><p className={s.text}>{words.unpackagedDo}</p><CodeText text={words.packageCommand} /></>}
      {standing === "absent" && (
        <>
          <ul className={s.list} data-testid="service-does">{words.does.map((text) => <li key={text}>{text}</li>)}</ul>
          {button(words.install, true)}
          <ByHand command={words.installCommand} />
        </>
      )}
      {(standing === "silent" || standing === "elsewhere" || standing === "works") && (
        <>
          <ul className={s.checks} data-testid="service-checks">
            {keysOf(words.checks).map((check) => (
              <li key={check} className={s.check} data-testid={`service-${check}`} data-holds={status[check]}>
                <span className={status[check] ? s.yes : s.no} title={status[check] ? "Yes" : "No"}>{status[check] ? <CheckmarkCircleRegular /> : <CircleRegular />}</span>
                <span>{words.checks[check]}{!status[check] && ": no"}</span>
              </li>
            ))}
          </ul>
          {standing === "silent" && button(words.repair, true)}
          <div><RemoveDialog status={status} /></div>
        </>
      )}
    </>
  );
}

export function ByHand({ command }: { command: string }) {
  const s = useStyles();
  return <div className={s.line}><span className={s.quiet}>{words.byHandInstall}</span><CodeText text={command} /></div>;
}
