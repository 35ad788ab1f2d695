/** Text that came from a device may be hostile: what steers a terminal or turns words around is made visible. */

/** One raw byte of a path that is not UTF-8 travels as one of these characters. */
const RAW_FIRST = 0xef80;

function escapeOf(c: string): string | undefined {
  const code = c.codePointAt(0) ?? 0;
  if (code >= RAW_FIRST && code < RAW_FIRST + 0x80) return `\\x${(code - RAW_FIRST + 0x80).toString(16).toUpperCase()}`;
  const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const direction =
    (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) ||
    code === 0xfeff || code === 0x061c || (code >= 0xe0000 && code <= 0xe007f);
  return control || direction ? `\\u{${code.toString(16)}}` : undefined;
}

export function visible(text: string): string {
  let out = "";
  for (const c of text) out += escapeOf(c) ?? c;
  return out;
}

/** Shortened in the middle: the beginning says where, the end says what. */
export function middle(text: string, longest: number): string {
  const letters = [...text];
  if (letters.length <= longest) return text;
  const tail = Math.ceil((longest - 1) * 0.6);
  const head = longest - 1 - tail;
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - tail).join("")}`;
}

/** So much of a content's hash that two can be told apart. */
export const withShortHash = (text: string): string => text.replaceAll(/(\(SHA-256 [0-9a-f]{8})[0-9a-f]{56}\)/g, "$1…)");

/** Splits before the last part of a path, so that the name can be kept when room runs out. */
export function splitPath(path: string): { folder: string; name: string } {
  // A line of a file: its beginning matters most.
  if (/:\s/.test(path)) return { folder: "", name: path };
  const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return at <= 0 ? { folder: "", name: path } : { folder: path.slice(0, at + 1), name: path.slice(at + 1) };
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
}

export function bytes(n: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? plural(n, "byte") : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}

/** A cell of a CSV file that no spreadsheet takes for a formula. */
export function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (rows: readonly (readonly string[])[]): string => rows.map((row) => row.map(csvCell).join(",")).join("\r\n");
