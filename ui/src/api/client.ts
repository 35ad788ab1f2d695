/** The one file that talks to the shell. */
import { commands, events } from "./bindings";
import type { Fault } from "./bindings";

export { commands };

/** What the engine or the shell refused or could not do. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.name = "FaultError";
    this.fault = fault;
  }
}

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Fault };

/** The data of an answer, or its fault thrown. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const got = await answer;
  if (got.status === "ok") return got.data;
  throw new FaultError(toFault(got.error));
}

/** Whatever was thrown, in the one shape that screens show. The shell's own refusals arrive as plain text. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault;
  if (isFault(thrown)) return thrown;
  const text = thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : "";
  return {
    code: "shell",
    message: text === "" ? "Something in the window failed." : text,
    hint: "Nothing was decided by it. Try again; if it happens again, run the health check in Settings.",
  };
}

function isFault(value: unknown): value is Fault {
  return (
    typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" &&
    "message" in value && typeof value.message === "string" && "hint" in value && typeof value.hint === "string"
  );
}

/** A refusal is an answer that a person can act on; everything else is a fault of the program. */
export const isRefusal = (fault: Fault): boolean => fault.code !== "shell" && fault.code !== "internal";

/** Calls `heard` whenever anything was written, by whichever process; returns how to stop. */
export function onChanged(heard: () => void): () => void {
  const listening = events.changed.listen(() => heard());
  return () => {
    void listening.then((stop) => stop());
  };
}
