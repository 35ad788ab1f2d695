/** The frame of the window: navigation at the left, the header above, the screen in the rest. */
import { Button, Tooltip, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { KeyboardRegular } from "@fluentui/react-icons";
import type { ComponentType, ReactNode } from "react";

export interface NavItem {
  id: string;
  label: string;
  icon: ComponentType;
  href: string;
  current: boolean;
  /** How many wait for a person. */
  count?: number | undefined;
}

const useStyles = makeStyles({
  frame: { display: "grid", gridTemplateColumns: "200px minmax(0, 1fr)", gridTemplateRows: "48px minmax(0, 1fr)", height: "100%", backgroundColor: tokens.colorNeutralBackground1, "@media (max-width: 1099px)": { gridTemplateColumns: "56px minmax(0, 1fr)" } },
  nav: { gridRow: "1 / 3", display: "flex", flexDirection: "column", gap: "2px", padding: "0 8px 8px", backgroundColor: tokens.colorNeutralBackground3, borderRight: `1px solid ${tokens.colorNeutralStroke2}`, overflowY: "auto" },
  brand: { height: "48px", display: "flex", alignItems: "center", gap: "10px", padding: "0 10px", fontWeight: tokens.fontWeightSemibold, fontSize: tokens.fontSizeBase400, flexShrink: 0 },
  item: {
    display: "flex", alignItems: "center", gap: "8px", height: "36px", padding: "0 6px 0 10px", borderRadius: tokens.borderRadiusMedium, textDecorationLine: "none", color: tokens.colorNeutralForeground2, flexShrink: 0, position: "relative",
    ":hover": { backgroundColor: tokens.colorNeutralBackground3Hover }, ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  current: { backgroundColor: tokens.colorNeutralBackground1, color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightSemibold, boxShadow: `inset 3px 0 0 ${tokens.colorBrandStroke1}` },
  icon: { fontSize: "20px", display: "flex" },
  word: { flexGrow: 1, overflow: "clip", minWidth: 0, textOverflow: "ellipsis", whiteSpace: "nowrap", "@media (max-width: 1099px)": { display: "none" } },
  count: { minWidth: "20px", padding: "0 5px", borderRadius: "10px", textAlign: "center", fontSize: tokens.fontSizeBase200, lineHeight: "20px", backgroundColor: tokens.colorBrandBackground, color: tokens.colorNeutralForegroundOnBrand, fontVariantNumeric: "tabular-nums", "@media (max-width: 1099px)": { position: "absolute", top: "-2px", right: "-2px", minWidth: "16px", padding: "0 4px", lineHeight: "16px" } },
  header: { display: "flex", alignItems: "center", gap: "8px", padding: "0 16px 0 24px", borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, minWidth: 0 },
  name: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, flexGrow: 1, overflow: "clip", minWidth: 0, textOverflow: "ellipsis", whiteSpace: "nowrap" },
  person: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, maxWidth: "200px", overflow: "clip", minWidth: 0, textOverflow: "ellipsis", whiteSpace: "nowrap" },
  screen: { display: "flex", flexDirection: "column", minHeight: 0, minWidth: 0 },
});

interface Props {
  items: readonly NavItem[];
  title: string;
  person?: string | undefined;
  /** Buttons at the right of the header. */
  tools: ReactNode;
  /** Above every screen: the practice bar. */
  banner?: ReactNode;
  onKeys: () => void;
  children: ReactNode;
}

export function Frame({ items, title, person, tools, banner, onKeys, children }: Props) {
  const s = useStyles();
  return (
    <div className={s.frame} data-testid="frame">
      <nav className={s.nav} aria-label="Main">
        <div className={s.brand}><Mark /><span className={s.word}>Assize</span></div>
        {items.map((item) => {
          const Icon = item.icon;
          return (
            <a key={item.id} href={item.href} className={mergeClasses(s.item, item.current && s.current)} aria-current={item.current ? "page" : undefined} data-testid={`nav-${item.id}`} title={item.label}>
              <span className={s.icon}><Icon /></span>
              <span className={s.word}>{item.label}</span>
              {item.count !== undefined && item.count > 0 && <span className={s.count} aria-label={`${item.count} waiting`} data-testid={`nav-count-${item.id}`}>{item.count > 999 ? "999+" : item.count}</span>}
            </a>
          );
        })}
      </nav>
      <header className={s.header}>
        <h1 className={s.name}>{title}</h1>
        {tools}
        <Tooltip content="Keys (?)" relationship="label"><Button appearance="subtle" icon={<KeyboardRegular />} onClick={onKeys} data-testid="show-keys" /></Tooltip>
        {person !== undefined && <span className={s.person} title={`You decide as ${person}`}>{person}</span>}
      </header>
      <div className={s.screen}>{banner}{children}</div>
    </div>
  );
}

/** The scales of an assize: two plates that weigh evidence. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden>
      <path d="M12 3v18M7 21h10M4 7h16M4 7l-2.5 6a3 3 0 0 0 5 0L4 7zM20 7l-2.5 6a3 3 0 0 0 5 0L20 7z" />
    </svg>
  );
}
