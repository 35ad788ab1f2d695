/** The parts every screen is made of: heading, command bar, tabs, sections, facts. */
import { Tab, TabList, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  page: { position: "relative", display: "flex", flexDirection: "column", flexGrow: 1, minHeight: 0, minWidth: 0, overflow: "hidden" },
  scroll: { overflowY: "auto" },
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 16px", padding: "12px 24px 8px", flexShrink: 0 },
  heading: { margin: 0, fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500, fontWeight: tokens.fontWeightSemibold, minWidth: 0, overflowWrap: "anywhere" },
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px", padding: "2px 24px", minHeight: "36px", flexShrink: 0 },
  body: { padding: "16px 24px 32px", display: "flex", flexDirection: "column", gap: "24px" },
  tabs: { padding: "4px 14px 0", flexShrink: 0 },
  section: { display: "flex", flexDirection: "column", gap: "8px", minWidth: 0 },
  label: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground1 },
  facts: { display: "grid", gridTemplateColumns: "minmax(110px, max-content) minmax(0, 1fr)", columnGap: "16px", rowGap: "4px", margin: 0, fontSize: tokens.fontSizeBase300 },
  term: { color: tokens.colorNeutralForeground3 },
  fact: { margin: 0, minWidth: 0, overflowWrap: "anywhere" },
  count: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums", marginLeft: "6px" },
});

export function Page({ children, scroll = false, testid }: { children: ReactNode; scroll?: boolean; testid?: string }) {
  const styles = useStyles();
  return <main className={mergeClasses(styles.page, scroll && styles.scroll)} data-testid={testid}>{children}</main>;
}

export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  const styles = useStyles();
  return <div className={styles.head}><h2 className={styles.heading}>{title}</h2>{children}</div>;
}

export function Bar({ children, testid }: { children: ReactNode; testid?: string }) {
  const styles = useStyles();
  return <div className={styles.bar} data-testid={testid}>{children}</div>;
}

export function Body({ children }: { children: ReactNode }) {
  return <div className={useStyles().body}>{children}</div>;
}

export interface TabItem<Id extends string> { id: Id; label: string; count?: number | undefined }

export function Tabs<Id extends string>({ label, tabs, current, onChange }: { label: string; tabs: readonly TabItem<Id>[]; current: Id; onChange: (id: Id) => void }) {
  const styles = useStyles();
  return (
    <TabList className={styles.tabs} aria-label={label} selectedValue={current} onTabSelect={(_, data) => {
      const next = tabs.find((tab) => tab.id === data.value);
      if (next !== undefined) onChange(next.id);
    }}>
      {tabs.map((tab) => (
        <Tab key={tab.id} value={tab.id} data-testid={`tab-${tab.id}`}>
          {tab.label}{tab.count !== undefined && <span className={styles.count} data-testid={`count-${tab.id}`}>{tab.count.toLocaleString("en-GB")}</span>}
        </Tab>
      ))}
    </TabList>
  );
}

export function Section({ title, children, testid }: { title: ReactNode; children: ReactNode; testid?: string }) {
  const styles = useStyles();
  return <section className={styles.section} data-testid={testid}><h3 className={styles.label}>{title}</h3>{children}</section>;
}

export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode] | false)[] }) {
  const styles = useStyles();
  return (
    <dl className={styles.facts}>
      {facts.filter((fact) => fact !== false).map(([term, value]) => [
        <dt key={`${term}-term`} className={styles.term}>{term}</dt>,
        <dd key={`${term}-value`} className={styles.fact}>{value}</dd>,
      ])}
    </dl>
  );
}
