import { expect, test } from "vitest";
import { FaultError, isRefusal, toFault, unwrap } from "./client";

const fault = { code: "mixed_types", message: "These are of several types.", hint: "Choose one type." };

test("a fault of the engine arrives as it is", async () => {
  const failed = unwrap(Promise.resolve({ status: "error" as const, error: fault }));
  await expect(failed).rejects.toBeInstanceOf(FaultError);
  await failed.catch((thrown: unknown) => expect(toFault(thrown)).toEqual(fault));
  expect(isRefusal(fault)).toBe(true);
});

test("the shell's own refusal is plain text, and becomes a fault with a hint", async () => {
  const denied = unwrap(Promise.resolve({ status: "error" as const, error: "show_home not allowed" as unknown as typeof fault }));
  const got = await denied.then(() => undefined, toFault);
  expect(got).toMatchObject({ code: "shell", message: "show_home not allowed" });
  expect(got?.hint).not.toBe("");
  expect(isRefusal(got!)).toBe(false);
});

test.each([[undefined], [null], [42], [{ code: 1 }], [new Error("boom")]])("whatever is thrown (%s) has words", (thrown) => {
  const got = toFault(thrown);
  expect(got.message).not.toBe("");
  expect(got.hint).not.toBe("");
});
