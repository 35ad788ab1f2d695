/** Facts about a thing, each shown as what it is. */
import type { Fact } from "../fact";
import { Facts } from "./Page";
import { CodeText } from "./PathText";
import { bytes, visible } from "./text";
import { Moment } from "./time";

export function FactList({ facts }: { facts: readonly Fact[] }) {
  return <Facts facts={facts.map((fact) => [fact.term, <FactValue key={fact.term} fact={fact} />] as const)} />;
}

function FactValue({ fact }: { fact: Fact }) {
  switch (fact.kind) {
    case "text": return <span>{visible(fact.text)}</span>;
    case "code": return <CodeText text={fact.text} />;
    case "time": return <Moment at={fact.at} />;
    case "bytes": return <span title={`${fact.bytes} bytes`}>{bytes(fact.bytes)}</span>;
  }
}
