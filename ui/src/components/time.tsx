/** Moments and countdowns: local and exact, UTC on hovering, "3 minutes ago" only beside the exact time. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";

const TICK_MS = 20_000;
let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Nobody looked for a while: what is shown first must not be old.
  if (ticking === undefined) now = Date.now();
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

/** The time, three times a minute. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

const exact = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const short = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });

export function span(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Moments inside a sentence of the engine, which writes them in UTC: local, with the zone. */
export const localTimes = (text: string): string =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => (Number.isNaN(Date.parse(at)) ? at : exact.format(new Date(at))));

export const ago = (at: string, present: number): string => `${span(present - Date.parse(at))} ago`;

/** "2026-11-23 10:00:00 UTC" */
const utc = (at: string): string => at.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC");

const useStyles = makeStyles({
  time: { fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" },
  beside: { color: tokens.colorNeutralForeground3 },
  soon: { color: tokens.colorStatusWarningForeground3, fontWeight: tokens.fontWeightSemibold },
});

/** Short for rows. */
export function When({ at }: { at: string | null }) {
  const styles = useStyles();
  if (at === null) return <span>–</span>;
  return <time dateTime={at} title={`${exact.format(new Date(at))}, ${utc(at)}`} className={styles.time}>{short.format(new Date(at))}</time>;
}

/** Exact, with how long ago beside it; `ahead`: it is still to come, and how long is said elsewhere. */
export function Moment({ at, ahead = false }: { at: string; ahead?: boolean }) {
  const styles = useStyles();
  const present = useNow();
  return (
    <time dateTime={at} title={utc(at)} className={styles.time}>
      {exact.format(new Date(at))}{!ahead && <> <span className={styles.beside}>({ago(at, present)})</span></>}
    </time>
  );
}

const DAY_MS = 86_400_000;

/** How long is left to decide. */
export function Countdown({ until, bare = false }: { until: string; bare?: boolean }) {
  const styles = useStyles();
  const left = Date.parse(until) - useNow();
  const text = left <= 0 ? "time is up" : span(left);
  return <span className={left < DAY_MS ? styles.soon : styles.time} title={`Until ${exact.format(new Date(until))}, ${utc(until)}`}>{bare ? text : left <= 0 ? text : `${text} left`}</span>;
}
