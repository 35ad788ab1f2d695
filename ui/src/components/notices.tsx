/** Short messages at the lower edge: what a decision did, and what failed. Newest last, each said to screen readers. */
import { Button, Link, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useSyncExternalStore } from "react";

export interface Notice {
  tone: "done" | "refused" | "failed";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
}

const STAY_MS = 10_000;
const MOST = 4;
let shown: readonly (Notice & { id: number })[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: typeof shown): void {
  shown = next;
  for (const each of listeners) each();
}

export function dismiss(id: number): void {
  change(shown.filter((n) => n.id !== id));
}

export function notify(notice: Notice): void {
  last += 1;
  const id = last;
  change([...shown, { ...notice, id }].slice(-MOST));
  // What failed stays until somebody has read it.
  if (notice.tone === "done") setTimeout(() => dismiss(id), STAY_MS);
}

export function clearNotices(): void {
  change([]);
}

const useStyles = makeStyles({
  // At the left, where no flyout and no decision is.
  place: { position: "fixed", left: "12px", bottom: "12px", zIndex: 1000, display: "flex", flexDirection: "column", gap: "8px", width: "min(520px, 34vw - 24px)", minWidth: "270px", pointerEvents: "none" },
  notice: { pointerEvents: "auto", display: "flex", alignItems: "center", gap: "12px", padding: "8px 8px 8px 16px", borderRadius: tokens.borderRadiusMedium, boxShadow: tokens.shadow16, backgroundColor: tokens.colorNeutralBackgroundInverted, color: tokens.colorNeutralForegroundInverted, borderLeft: "4px solid transparent" },
  done: { borderLeftColor: tokens.colorPaletteGreenBorderActive },
  refused: { borderLeftColor: tokens.colorPaletteDarkOrangeBorderActive },
  failed: { borderLeftColor: tokens.colorPaletteRedBorderActive },
  text: { flexGrow: 1, minWidth: 0, overflowWrap: "anywhere" },
  ink: { color: "inherit", textDecorationLine: "underline", ":hover": { color: "inherit" } },
});

export function Notices() {
  const styles = useStyles();
  const notices = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => shown);
  return (
    <div className={styles.place} aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={mergeClasses(styles.notice, styles[notice.tone])} role={notice.tone === "failed" ? "alert" : "status"} data-testid="toast" data-tone={notice.tone}>
          <span className={styles.text}><strong>{notice.title}</strong>{notice.text !== undefined && ` ${notice.text}`}</span>
          {notice.action !== undefined && (
            <Link as="button" className={styles.ink} data-testid="toast-action" onClick={() => { notice.action?.run(); dismiss(notice.id); }}>{notice.action.label}</Link>
          )}
          <Button size="small" appearance="transparent" className={styles.ink} icon={<DismissRegular />} aria-label="Dismiss" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
