/** The address bar is read by total decoders: whatever stands there, something sensible is shown. */

export type Raw = Record<string, unknown>;

export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

export const oneOf = <T extends string>(allowed: readonly T[], value: unknown): T | undefined => allowed.find((each) => each === value);

/** Members only, each once, in the order of the address. One alone may stand without brackets. */
export function someOf<T extends string>(allowed: readonly T[], value: unknown): T[] | undefined {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = given.flatMap((each) => oneOf(allowed, each) ?? []);
  return found.length === 0 ? undefined : [...new Set(found)];
}

export const flag = (value: unknown): true | undefined => (value === true || value === "true" ? true : undefined);

/** The keys of a total record, as a list. */
export const keysOf = <T extends string>(record: Record<T, unknown>): T[] => Object.keys(record) as T[];

/** Without what is not set, so that addresses stay short. */
export function compact<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;
}
