/** A stretch of local time, as the fields of a browser write it, and as the engine takes it. */
import type { RollBackBy } from "../../api/bindings";

/** "2026-11-23T10:00", local. */
export function localInput(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** None while it is no stretch of time. */
export function windowOf(since: string, until: string, people_too: boolean): RollBackBy | undefined {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (Number.isNaN(from) || Number.isNaN(to) || to <= from) return undefined;
  return { all: "window", since: new Date(from).toISOString(), until: new Date(to).toISOString(), people_too };
}
