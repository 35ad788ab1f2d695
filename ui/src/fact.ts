/** One fact about a thing, and what kind of thing the fact is. */
export type Fact = { term: string } & (
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "time"; at: string }
  | { kind: "bytes"; bytes: number }
);
