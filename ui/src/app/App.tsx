/** Providers, and what is shown until the data folder is open, or when it cannot be opened. */
import { Button, FluentProvider, RendererProvider, Spinner, createDOMRenderer, makeStyles, tokens } from "@fluentui/react-components";
import { WarningRegular } from "@fluentui/react-icons";
import { QueryClientProvider, useMutation, useQuery } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { followChanges } from "../api/changes";
import { toFault } from "../api/client";
import { openAgain } from "../api/mutations";
import { opening, preferences } from "../api/queries";
import { Notices } from "../components/notices";
import { localTimes } from "../components/time";
import type { AppRouter } from "./routes";
import { dark, useTheme } from "./theme";

const useStyles = makeStyles({
  // Of its own: what the provider wears is worn by every tooltip, menu and dialog too, and must cover nothing.
  window: { height: "100vh" },
  // The browser's own boxes and scroll bars follow.
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  start: { height: "100%", display: "flex", flexDirection: "column", alignItems: "center", justifyContent: "center", gap: "16px", padding: "24px", boxSizing: "border-box", textAlign: "center" },
  sign: { fontSize: "40px", color: tokens.colorStatusWarningForeground3 },
  title: { fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold, margin: 0 },
  text: { margin: 0, maxWidth: "640px", overflowWrap: "anywhere" },
  hint: { margin: 0, maxWidth: "640px", color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

/** The heading says what it is, where there is more to say than that it failed. */
const titles: Record<string, string> = { database_newer: "Your data belong to a newer version of Assize", disk_full: "The disk is full", service_away: "The device service does not answer", database_damaged: "The database is damaged" };

export function App({ client, router, nonce }: { client: QueryClient; router: AppRouter; nonce: string }) {
  const renderer = createDOMRenderer(document, nonce === "" ? {} : { styleElementAttributes: { nonce } });
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <QueryClientProvider client={client}>
        <Themed client={client} router={router} />
      </QueryClientProvider>
    </RendererProvider>
  );
}

function Themed({ client, router }: { client: QueryClient; router: AppRouter }) {
  const styles = useStyles();
  const { data: liked } = useQuery(preferences);
  const theme = useTheme(liked?.theme ?? "system");
  useEffect(() => followChanges(client), [client]);
  return (
    <FluentProvider theme={theme} className={theme === dark ? styles.dark : styles.light}>
      <div className={styles.window}><Opening router={router} /></div>
      <Notices />
    </FluentProvider>
  );
}

function Opening({ router }: { router: AppRouter }) {
  const styles = useStyles();
  const state = useQuery(opening);
  const again = useMutation({ ...openAgain, onSettled: () => state.refetch() });
  if (state.isSuccess) return <RouterProvider router={router} />;
  if (state.isPending || again.isPending) {
    return <div className={styles.start} data-testid="opening"><Spinner label="Opening your data" labelPosition="below" /></div>;
  }
  const fault = toFault(state.error);
  return (
    <div className={styles.start} role="alert" data-testid="opening-failed" data-code={fault.code}>
      <WarningRegular className={styles.sign} aria-hidden />
      <h1 className={styles.title}>{titles[fault.code] ?? "Assize could not open its data"}</h1>
      <p className={styles.text} data-testid="opening-failed-message">{localTimes(fault.message)}</p>
      <p className={styles.hint} data-testid="opening-failed-hint">{fault.hint}</p>
      <Button appearance={fault.code === "database_newer" ? "secondary" : "primary"} onClick={() => again.mutate()} data-testid="open-again">Try again</Button>
    </div>
  );
}
