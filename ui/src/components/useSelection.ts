/** Chosen rows. The choice survives paging, sorting, filtering and new arrivals. */
import { useMemo, useState } from "react";

export interface Selection<Row> {
  ids: ReadonlySet<string>;
  rows: readonly Row[];
  has: (id: string) => boolean;
  toggle: (row: Row) => void;
  add: (rows: readonly Row[]) => void;
  clear: () => void;
}

export function useSelection<Row>(idOf: (row: Row) => string): Selection<Row> {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Row>>(new Map());
  return useMemo(() => {
    const put = (rows: readonly Row[], base: ReadonlyMap<string, Row>): Map<string, Row> => {
      const next = new Map(base);
      for (const row of rows) next.set(idOf(row), row);
      return next;
    };
    return {
      ids: new Set(chosen.keys()),
      rows: [...chosen.values()],
      has: (id) => chosen.has(id),
      toggle: (row) =>
        setChosen((before) => {
          if (!before.has(idOf(row))) return put([row], before);
          const next = new Map(before);
          next.delete(idOf(row));
          return next;
        }),
      add: (rows) => setChosen((before) => put(rows, before)),
      clear: () => setChosen(new Map()),
    };
  }, [chosen, idOf]);
}
