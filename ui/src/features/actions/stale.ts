/** What an approval was about, beside what stands there now: what differs, in words, and the rest where somebody wants it. */
import type { StaleNote } from "../../api/bindings";

export interface StaleSide {
  /** What it is, in words. */
  text: string;
  sha256: string | undefined;
}

export interface Comparison { was: StaleSide; now: StaleSide }

/** The device writes "file DEVICE:INODE with SHA-256 HASH" or "file DEVICE:INODE with N bytes". */
const FILE = /^file (?:(\d+:\d+) )?with (?:SHA-256 ([0-9a-fA-F]{64})|(\d+) bytes)$/;

export function compare({ was, now }: StaleNote): Comparison {
  const old = FILE.exec(was);
  const found = FILE.exec(now);
  if (old === null || found === null) return { was: side(was, old), now: side(now, found) };
  const [, oldPlace, oldHash] = old;
  const [, place, hash, size] = found;
  const other = oldPlace !== undefined && place !== undefined && oldPlace !== place;
  const sameContent = hash !== undefined && hash.toLowerCase() === oldHash?.toLowerCase();
  const text = other
    ? sameContent ? "Another file with the same content, put in its place" : "Another file, put in its place"
    : "The same file with other content";
  return {
    was: { text: "The file that was judged", sha256: oldHash },
    now: { text: size === undefined ? text : `${text}, ${Number(size).toLocaleString("en-GB")} bytes long`, sha256: hash },
  };
}

/** The same said as one sentence, by a dry run. */
export function readChanged(text: string): StaleNote | undefined {
  const found = /^It was (.+) and is now (.+)\.$/s.exec(text);
  return found === null ? undefined : { was: found[1] ?? "", now: found[2] ?? "" };
}

const side = (text: string, file: RegExpExecArray | null): StaleSide =>
  file === null ? { text: text.charAt(0).toUpperCase() + text.slice(1), sha256: undefined } : { text: "The file that was judged", sha256: file[2] };
