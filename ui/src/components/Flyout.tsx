/** The panel over the right of a list: the list stays, the decision stays in sight, the evidence scrolls. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { ChevronDownRegular, ChevronUpRegular, DismissRegular } from "@fluentui/react-icons";
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  panel: {
    position: "absolute", top: 0, right: 0, bottom: 0, width: "min(560px, 66vw)", zIndex: 20, display: "flex", flexDirection: "column",
    backgroundColor: tokens.colorNeutralBackground1, borderLeft: `1px solid ${tokens.colorNeutralStroke1}`, boxShadow: tokens.shadow16, outlineStyle: "none",
    // Where the window is low, or its page enlarged, it takes the height of the screen below the header.
    "@media (max-height: 619px)": { position: "fixed", top: "48px" },
    "@media (max-width: 799px)": { width: "min(560px, 100vw - 56px)" },
    "@media (prefers-reduced-motion: no-preference)": {
      animationName: { from: { transform: "translateX(24px)", opacity: 0 }, to: { transform: "none", opacity: 1 } }, animationDuration: "120ms",
    },
  },
  head: { display: "flex", alignItems: "flex-start", gap: "8px", padding: "12px 12px 8px 20px", flexShrink: 0 },
  title: { flexGrow: 1, minWidth: 0 },
  body: { flexGrow: 1, overflowY: "auto", padding: "0 20px 20px", display: "flex", flexDirection: "column", gap: "20px" },
  foot: { flexShrink: 0, padding: "12px 20px", borderTop: `1px solid ${tokens.colorNeutralStroke2}`, display: "flex", flexWrap: "wrap", gap: "8px", alignItems: "center", backgroundColor: tokens.colorNeutralBackground1 },
});

interface Props {
  label: string;
  title: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  onClose: () => void;
  /** To the neighbouring row. */
  onMove?: (step: 1 | -1) => void;
  testid?: string;
}

export function Flyout({ label, title, children, footer, onClose, onMove, testid = "flyout" }: Props) {
  const styles = useStyles();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Focus follows what opened, and goes back to where it came from.
    const before = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside ref={panel} tabIndex={-1} className={styles.panel} role="dialog" aria-label={label} data-testid={testid}>
      <div className={styles.head}>
        <div className={styles.title}>{title}</div>
        {onMove !== undefined && (
          <>
            <Button appearance="subtle" icon={<ChevronUpRegular />} title="Previous (↑)" aria-label="Previous" onClick={() => onMove(-1)} data-testid="flyout-previous" />
            <Button appearance="subtle" icon={<ChevronDownRegular />} title="Next (↓)" aria-label="Next" onClick={() => onMove(1)} data-testid="flyout-next" />
          </>
        )}
        <Button appearance="subtle" icon={<DismissRegular />} title="Close (Esc)" aria-label="Close" onClick={onClose} data-testid="flyout-close" />
      </div>
      <div className={styles.body}>{children}</div>
      {footer !== undefined && <div className={styles.foot} data-testid="flyout-footer">{footer}</div>}
    </aside>
  );
}
