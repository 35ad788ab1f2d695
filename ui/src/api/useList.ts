/** A keyset-paged list that does not move under the pointer: what is new is counted until somebody asks for it. */
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useState } from "react";
import type { ListSource } from "./queries";
import { pages } from "./queries";

/** Whether a list may move: where the pointer and the scroll bar are, and whether somebody is busy with a row. */
export class Stillness {
  #scrolled = false;
  #pointed = false;
  #held = false;
  #shown = 0;

  scrolled(away: boolean): void {
    this.#scrolled = away;
  }
  pointed(inside: boolean): void {
    this.#pointed = inside;
  }
  drawn(rows: number, held: boolean): void {
    this.#shown = rows;
    this.#held = held;
  }
  /** What is shown now may go. */
  forget(): void {
    this.#shown = 0;
  }
  mayMove(): boolean {
    return this.#shown === 0 || (!this.#held && !this.#scrolled && !this.#pointed);
  }
}

export interface List<Row> {
  rows: Row[];
  total: number;
  newer: number;
  /** Nothing has ever arrived. */
  waiting: boolean;
  /** What is shown belongs to the filter before. */
  stale: boolean;
  error: Error | null;
  hasMore: boolean;
  more: () => void;
  reload: () => void;
  still: Stillness;
}

/** `held`: rows are selected or a flyout is open, so the list must not move at all. */
export function useList<Row>(source: ListSource<Row>, held: boolean): List<Row> {
  const client = useQueryClient();
  const [still] = useState(() => new Stillness());
  const options = pages(source, still);
  const query = useInfiniteQuery({ ...options, placeholderData: keepPreviousData });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  useLayoutEffect(() => still.drawn(rows.length, held), [still, rows.length, held]);
  const first = data?.pages[0];
  // Nothing is shown, so nothing can move under the pointer: an empty list never says that there is more.
  const hidden = !query.isFetching && query.error === null && rows.length === 0 && (first?.newer ?? 0) > 0;
  useEffect(() => {
    if (hidden) void client.invalidateQueries({ queryKey: options.queryKey, exact: true });
  });
  return {
    rows,
    total: first?.total ?? 0,
    newer: first?.newer ?? 0,
    waiting: query.isPending,
    stale: query.isPlaceholderData,
    error: query.error,
    hasMore: hasNextPage,
    more: () => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
    },
    reload: () => {
      still.forget();
      void client.invalidateQueries({ queryKey: options.queryKey, exact: true });
    },
    still,
  };
}
