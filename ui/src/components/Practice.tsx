/** What belongs to a practice range says so everywhere, with stripes and the word. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { BeakerRegular } from "@fluentui/react-icons";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  bar: {
    display: "flex", alignItems: "center", gap: "8px", padding: "6px 12px", flexShrink: 0, fontSize: tokens.fontSizeBase300, borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1, backgroundColor: tokens.colorNeutralBackground3,
    backgroundImage: `repeating-linear-gradient(135deg, transparent 0 14px, ${tokens.colorNeutralStroke2} 14px 28px)`,
  },
  tag: { display: "inline-flex", alignItems: "center", gap: "2px", marginRight: "4px", padding: "0 6px", borderRadius: "2px", border: `1px dashed ${tokens.colorNeutralStroke1}`, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200, flexShrink: 0, backgroundColor: tokens.colorNeutralBackground1 },
});

export function PracticeBar({ children }: { children?: ReactNode }) {
  const styles = useStyles();
  return (
    <div className={styles.bar} data-testid="practice-banner" role="note">
      <BeakerRegular /> <span><strong>Practice.</strong> {children ?? "These are harmless planted files. Nothing here can reach a real device."}</span>
    </div>
  );
}

export function PracticeTag() {
  const styles = useStyles();
  return <span className={styles.tag} data-testid="practice-tag"><BeakerRegular /> Practice</span>;
}

/** The name of a device, marked when it is practice. */
export function DeviceName({ name, practice }: { name: string; practice: boolean }) {
  return <>{practice && <PracticeTag />}<span title={name}>{name}</span></>;
}
