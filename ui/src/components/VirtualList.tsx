/** Long lists: plain grid rows of 36 px, only those in sight, read page after page. */
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowDownRegular, ArrowUpRegular } from "@fluentui/react-icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useEffectEvent, useRef } from "react";
import type { MouseEvent, ReactNode } from "react";

export const ROW_HEIGHT = 36;
const AHEAD = 60;

export interface Column<Row> {
  id: string;
  title: string;
  /** A track of the grid, such as `minmax(160px, 2fr)`. */
  width: string;
  render: (row: Row) => ReactNode;
  sort?: string;
}

export interface SortState { by: string; descending: boolean }

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  total: number;
  idOf: (row: Row) => string;
  /** Test id before the row's own id. */
  testid?: string;
  hasMore: boolean;
  onMore: () => void;
  still: { scrolled: (away: boolean) => void; pointed: (inside: boolean) => void };
  open?: string | undefined;
  active?: string | undefined;
  onOpen: (row: Row) => void;
  practice?: (row: Row) => boolean;
  selection?: {
    has: (id: string) => boolean;
    /** Why a row cannot be chosen now. */
    refusal: (row: Row) => string | undefined;
    onToggle: (row: Row, extend: boolean) => void;
  };
  sort?: SortState;
  onSort?: (by: string) => void;
  stale?: boolean;
  /** So that the last columns stay reachable beside an open panel. */
  covered?: boolean;
}

const useStyles = makeStyles({
  scroller: { flexGrow: 1, minHeight: 0, overflow: "auto", contain: "strict", outlineStyle: "none", borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  stale: { opacity: 0.6 },
  content: { width: "100%" },
  // Nothing moves when a panel opens; what it covers can be scrolled to.
  covered: { boxSizing: "content-box", paddingRight: "560px" },
  head: { position: "sticky", top: 0, zIndex: 5, display: "grid", alignItems: "center", height: "36px", backgroundColor: tokens.colorNeutralBackground2, borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, boxSizing: "border-box" },
  title: { padding: "0 8px", overflow: "clip", minWidth: 0, textOverflow: "ellipsis", whiteSpace: "nowrap", fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground2, textAlign: "left" },
  sort: { justifyContent: "flex-start", minWidth: 0, padding: "0 8px", height: "32px", fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2, whiteSpace: "nowrap" },
  arrow: { fontSize: "12px", width: "12px", height: "12px", marginLeft: "2px" },
  body: { position: "relative" },
  row: {
    position: "absolute", top: 0, left: 0, right: 0, height: "36px", boxSizing: "border-box", display: "grid", alignItems: "center", cursor: "pointer",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, fontSize: tokens.fontSizeBase300, fontVariantNumeric: "tabular-nums",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  active: { boxShadow: `inset 3px 0 0 ${tokens.colorBrandStroke1}` },
  open: { backgroundColor: tokens.colorNeutralBackground1Selected },
  chosen: { backgroundColor: tokens.colorBrandBackground2 },
  practice: { backgroundImage: `repeating-linear-gradient(135deg, transparent 0 14px, ${tokens.colorNeutralStroke3} 14px 28px)` },
  cell: { padding: "0 8px", minWidth: 0, overflow: "clip", textOverflow: "ellipsis", whiteSpace: "nowrap", display: "flex", alignItems: "center", gap: "6px", "> svg": { flexShrink: 0 }, "> span": { overflow: "clip", minWidth: 0, textOverflow: "ellipsis" } },
  // The browser's own box looks ticked in the dark.
  tick: {
    appearance: "none", margin: 0, width: "16px", height: "16px", boxSizing: "border-box", flexShrink: 0, cursor: "pointer", display: "flex", alignItems: "center", justifyContent: "center",
    border: `1px solid ${tokens.colorNeutralStrokeAccessible}`, borderRadius: tokens.borderRadiusSmall, backgroundColor: tokens.colorNeutralBackground1,
    ":checked": { backgroundColor: tokens.colorCompoundBrandBackground, border: `1px solid ${tokens.colorCompoundBrandBackground}` },
    ":checked::before": { content: '""', width: "8px", height: "4px", marginTop: "-2px", borderLeft: `2px solid ${tokens.colorNeutralForegroundInverted}`, borderBottom: `2px solid ${tokens.colorNeutralForegroundInverted}`, transform: "rotate(-45deg)" },
    ":disabled": { cursor: "not-allowed", border: `1px solid ${tokens.colorNeutralStrokeDisabled}` },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "1px" },
  },
  box: { display: "flex", justifyContent: "center", alignItems: "center", height: "100%" },
});

/** The least width of all tracks together. */
export const narrowest = (tracks: string): number => [...tracks.matchAll(/(\d+)px/g)].reduce((sum, [, n]) => sum + Number(n), 0);

interface RowProps<Row> {
  row: Row;
  id: string;
  index: number;
  start: number;
  testid: string;
  columns: readonly Column<Row>[];
  tracks: string;
  open: boolean;
  active: boolean;
  practice: boolean;
  /** Undefined: this list has no boxes. */
  chosen: boolean | undefined;
  refusal: string | undefined;
  onOpen: (row: Row) => void;
  onToggle: ((row: Row, extend: boolean) => void) | undefined;
}

function LeanRow<Row>(p: RowProps<Row>) {
  const s = useStyles();
  const toggle = (event: MouseEvent): void => p.onToggle?.(p.row, event.shiftKey);
  return (
    <div
      role="row" aria-rowindex={p.index + 2} aria-selected={p.chosen ?? p.open} tabIndex={p.active ? 0 : -1} data-testid={`${p.testid}${p.id}`} data-row={p.id}
      className={mergeClasses(s.row, p.practice && s.practice, p.chosen === true && s.chosen, p.open && s.open, p.active && s.active)}
      style={{ transform: `translateY(${p.start}px)`, gridTemplateColumns: p.tracks }} onClick={() => p.onOpen(p.row)}
    >
      {p.chosen !== undefined && (
        <span role="gridcell" className={s.box} title={p.refusal} onClick={(e) => e.stopPropagation()}>
          <input type="checkbox" className={s.tick} aria-label="Select" data-testid={`select-${p.id}`} checked={p.chosen} disabled={p.refusal !== undefined} onClick={toggle} onChange={() => undefined} />
        </span>
      )}
      {p.columns.map((c) => <span key={c.id} role="gridcell" className={s.cell} data-column={c.id}>{c.render(p.row)}</span>)}
    </div>
  );
}
const MemoRow = memo(LeanRow) as typeof LeanRow;

export function VirtualList<Row>(p: Props<Row>) {
  const s = useStyles();
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- its functions change what they return; nothing here memoises them
  const virtual = useVirtualizer({
    count: p.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollPaddingStart: ROW_HEIGHT,
    getItemKey: (index) => {
      const row = p.rows[index];
      return row === undefined ? index : p.idOf(row);
    },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const wantsMore = p.hasMore && last >= p.rows.length - AHEAD;
  const { onMore } = p;
  useEffect(() => {
    // Read ahead in the direction of scrolling, before the end comes in sight.
    if (wantsMore) onMore();
  });
  const activeId = p.open ?? p.active;
  const activeIndex = activeId === undefined ? -1 : p.rows.findIndex((row) => p.idOf(row) === activeId);
  const reveal = useEffectEvent(() => {
    if (activeIndex >= 0) virtual.scrollToIndex(activeIndex, { align: "auto" });
  });
  // Only when the row in question changes, not whenever rows arrive.
  useEffect(() => reveal(), [activeId]);
  const { selection } = p;
  const tracks = `${selection === undefined ? "" : "40px "}${p.columns.map((c) => c.width).join(" ")}`;
  return (
    <div
      ref={scroller} role="grid" aria-label={p.label} aria-rowcount={p.total + 1} tabIndex={-1} data-testid="list"
      className={mergeClasses(s.scroller, p.stale === true && s.stale)}
      onScroll={(e) => p.still.scrolled(e.currentTarget.scrollTop > 0)}
      onPointerEnter={() => p.still.pointed(true)}
      onPointerLeave={() => p.still.pointed(false)}
    >
      <div className={mergeClasses(s.content, p.covered === true && s.covered)} style={{ minWidth: `${narrowest(tracks)}px` }}>
        <div role="row" aria-rowindex={1} className={s.head} style={{ gridTemplateColumns: tracks }}>
          {selection !== undefined && <span role="columnheader" aria-label="Selected" />}
          {p.columns.map((c) => {
            const by = c.sort;
            const sorted = by !== undefined && p.sort?.by === by;
            return (
              <span key={c.id} role="columnheader" aria-sort={sorted ? (p.sort?.descending === true ? "descending" : "ascending") : undefined}>
                {by === undefined || p.onSort === undefined ? <span className={s.title}>{c.title}</span> : (
                  <Button appearance="transparent" className={s.sort} iconPosition="after" data-testid={`sort-${by}`} onClick={() => p.onSort?.(by)}
                    icon={sorted ? { className: s.arrow, children: p.sort?.descending === true ? <ArrowDownRegular /> : <ArrowUpRegular /> } : undefined}>{c.title}</Button>
                )}
              </span>
            );
          })}
        </div>
        <div role="rowgroup" className={s.body} style={{ height: `${virtual.getTotalSize()}px` }}>
          {items.map((item) => {
            const row = p.rows[item.index];
            if (row === undefined) return null;
            const id = p.idOf(row);
            return (
              <MemoRow
                key={id} row={row} id={id} index={item.index} start={item.start} testid={p.testid ?? "row-"} columns={p.columns} tracks={tracks}
                open={p.open === id} active={activeId === id || (activeId === undefined && item.index === 0)} practice={p.practice?.(row) ?? false}
                chosen={selection?.has(id)} refusal={selection?.refusal(row)} onOpen={p.onOpen} onToggle={selection?.onToggle}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
