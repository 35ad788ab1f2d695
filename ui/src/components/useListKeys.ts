/** The keys of a list: moving, opening, choosing, searching, leaving. */
import { useState } from "react";
import { focusSearch } from "./Filters";
import { useKeys } from "./keys";

interface Wanted<Row> {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  open: string | undefined;
  onOpen: (row: Row) => void;
  onClose: () => void;
  onToggle?: (row: Row) => void;
  onExtend?: (rows: readonly Row[]) => void;
  /** Esc with nothing open. */
  onLeave?: () => void;
}

export interface ListKeys {
  active: string | undefined;
  move: (step: 1 | -1) => void;
}

export function useListKeys<Row>({ rows, idOf, open, onOpen, onClose, onToggle, onExtend, onLeave }: Wanted<Row>): ListKeys {
  const [marked, setMarked] = useState<string>();
  const active = open ?? marked;
  const at = rows.findIndex((row) => idOf(row) === active);
  const neighbour = (step: 1 | -1): Row | undefined => rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  const move = (step: 1 | -1): void => {
    const next = neighbour(step);
    if (next === undefined) return;
    setMarked(idOf(next));
    if (open === undefined) focusRow(idOf(next));
    else if (idOf(next) !== open) onOpen(next);
  };
  const extend = (step: 1 | -1): void => {
    const here = rows[at];
    const next = neighbour(step);
    if (next === undefined || onExtend === undefined) return;
    onExtend(here === undefined ? [next] : [here, next]);
    setMarked(idOf(next));
    if (open === undefined) focusRow(idOf(next));
  };
  const here = rows[at];
  useKeys({
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    "Shift+ArrowDown": () => extend(1), "Shift+ArrowUp": () => extend(-1),
    Enter: here === undefined ? undefined : () => onOpen(here),
    " ": here === undefined || onToggle === undefined ? undefined : () => onToggle(here),
    "/": () => focusSearch(),
    Escape: open !== undefined ? () => { setMarked(open); onClose(); focusRow(open); } : onLeave,
  });
  return { active, move };
}

/** The keys go where the mark goes, so that Enter opens the marked row and not what was pressed before. */
function focusRow(id: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }));
}
