/** What a screen shows while it loads, when it is empty, and when something failed. */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Skeleton, SkeletonItem, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { localTimes } from "./time";

const useStyles = makeStyles({
  empty: { display: "flex", flexDirection: "column", alignItems: "flex-start", gap: "8px", padding: "32px 24px", maxWidth: "560px", color: tokens.colorNeutralForeground2 },
  title: { fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground1, margin: 0 },
  bar: { flexShrink: 0, overflowWrap: "anywhere" },
  skeleton: {
    display: "flex", flexDirection: "column", gap: "12px", padding: "12px",
    // Nothing flickers when the answer is quick.
    animationName: { from: { opacity: 0 }, to: { opacity: 1 } }, animationDelay: "200ms", animationDuration: "1ms", animationFillMode: "both",
  },
});

/** Empty is an answer, with the next useful step. */
export function Empty({ title, children, testid = "empty" }: { title: string; children?: ReactNode; testid?: string }) {
  const styles = useStyles();
  return (
    <div className={styles.empty} data-testid={testid}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}

export interface Trouble { message: string; hint: string }

/** What happened, what is unharmed, what to do. Beside what was there, never instead of it. */
export function Failure({ title, fault, refusal = false, retry, testid = "failure" }: { title: string; fault: Trouble; refusal?: boolean; retry?: () => void; testid?: string }) {
  const styles = useStyles();
  return (
    <MessageBar intent={refusal ? "warning" : "error"} layout="multiline" className={styles.bar} data-testid={testid}>
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle> {localTimes(fault.message)} {localTimes(fault.hint)}
      </MessageBarBody>
      {retry !== undefined && (
        <MessageBarActions>
          <Button size="small" onClick={retry} data-testid="try-again">Try again</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  const styles = useStyles();
  return (
    <Skeleton className={styles.skeleton} aria-label="Loading" data-testid="loading">
      {Array.from({ length: rows }, (_, i) => <SkeletonItem key={i} size={16} />)}
    </Skeleton>
  );
}
