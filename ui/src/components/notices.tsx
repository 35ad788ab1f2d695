/** Short messages at the lower edge: what a decision did, and what failed. Newest last, each said to screen readers. */
import { Button, Link, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useState, useSyncExternalStore } from "react";
import { localTimes } from "./time";

export interface Notice {
  tone: "done" | "refused" | "failed";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
  /** What is told under the same key takes the place of what was told before. */
  key?: string;
}

const STAY_MS = 10_000;
type Shown = Notice & { id: number };
let shown: readonly Shown[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: typeof shown): void {
  shown = next;
  for (const each of listeners) each();
}

export function dismiss(id: number): void {
  change(shown.filter((n) => n.id !== id));
}

/** What was told under this key is not true any more. */
export function unsay(key: string): void {
  change(shown.filter((n) => n.key !== key));
}

const same = (a: Notice, b: Notice): boolean => (b.key === undefined ? a.title === b.title && a.text === b.text && a.tone === b.tone : a.key === b.key);

export function notify(notice: Notice): void {
  last += 1;
  const id = last;
  // Of what was done the last is told; of what failed, everything.
  change([...shown.filter((n) => !same(n, notice) && !(n.tone === "done" && notice.tone === "done")), { ...notice, id }]);
  // What failed stays until somebody has read it.
  if (notice.tone === "done") setTimeout(() => dismiss(id), STAY_MS);
}

export function clearNotices(): void {
  change([]);
}

/** Never a pile: the last thing that was done and the last that was not; what is older waits behind a number. */
export function inSight(all: readonly Shown[]): readonly Shown[] {
  const done = all.findLast((n) => n.tone === "done");
  const trouble = all.findLast((n) => n.tone !== "done");
  return all.filter((n) => n === done || n === trouble);
}

const useStyles = makeStyles({
  // At the left, where no flyout and no decision is.
  place: { position: "fixed", left: "12px", bottom: "12px", zIndex: 1000, display: "flex", flexDirection: "column", gap: "8px", width: "min(520px, 34vw - 24px)", minWidth: "270px", pointerEvents: "none" },
  notice: { pointerEvents: "auto", display: "flex", alignItems: "center", gap: "12px", padding: "8px 8px 8px 16px", borderRadius: tokens.borderRadiusMedium, boxShadow: tokens.shadow16, backgroundColor: tokens.colorNeutralBackgroundInverted, color: tokens.colorNeutralForegroundInverted, borderLeft: "4px solid transparent" },
  done: { borderLeftColor: tokens.colorPaletteGreenBorderActive },
  refused: { borderLeftColor: tokens.colorPaletteDarkOrangeBorderActive },
  failed: { borderLeftColor: tokens.colorPaletteRedBorderActive },
  text: { flexGrow: 1, minWidth: 0, overflowWrap: "anywhere" },
  more: { pointerEvents: "auto", alignSelf: "flex-start" },
  ink: { color: "inherit", textDecorationLine: "underline", ":hover": { color: "inherit" } },
});

export function Notices() {
  const styles = useStyles();
  const [all, setAll] = useState(false);
  const notices = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => shown);
  const seen = all ? notices : inSight(notices);
  const older = notices.length - inSight(notices).length;
  return (
    <div className={styles.place} aria-live="polite">
      {older > 0 && <Button size="small" className={styles.more} onClick={() => setAll(!all)} data-testid="toasts-older">{all ? "Only the last" : `${older} more`}</Button>}
      {seen.map((notice) => (
        <div key={notice.id} className={mergeClasses(styles.notice, styles[notice.tone])} role={notice.tone === "failed" ? "alert" : "status"} data-testid="toast" data-tone={notice.tone}>
          <span className={styles.text}><strong>{notice.title}</strong>{notice.text !== undefined && ` ${localTimes(notice.text)}`}</span>
          {notice.action !== undefined && (
            <Link as="button" className={styles.ink} data-testid="toast-action" onClick={() => { notice.action?.run(); dismiss(notice.id); }}>{notice.action.label}</Link>
          )}
          <Button size="small" appearance="transparent" className={styles.ink} icon={<DismissRegular />} aria-label="Dismiss" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
