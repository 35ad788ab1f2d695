import { expect, test } from "vitest";
import { pageNonce, showPlainError } from "./nonce";
import { countViolations } from "./violations";

const page = (html: string): Document => new DOMParser().parseFromString(html, "text/html");

test("without a nonce there is plain text instead of a window that hangs", () => {
  const without = page('<style id="csp-nonce"></style><div id="root"><b>old</b></div>');
  expect(pageNonce(without)).toBe("");
  showPlainError(without, "It cannot be <b>shown</b>.");
  const alert = without.querySelector("[data-testid=plain-error]");
  expect(alert?.textContent).toBe("It cannot be <b>shown</b>.");
  expect(without.querySelector("b")).toBeNull();
});

test("the nonce is read from the page's own style element", () => {
  const stamped = page('<style id="csp-nonce"></style>');
  const style = stamped.querySelector<HTMLStyleElement>("#csp-nonce")!;
  style.nonce = "abc";
  expect(pageNonce(stamped)).toBe("abc");
});

test("what the policy refuses is counted where a test can read it", () => {
  countViolations(document);
  expect(document.documentElement.dataset["cspViolations"]).toBe("0");
  document.dispatchEvent(new Event("securitypolicyviolation"));
  expect(document.documentElement.dataset["cspViolations"]).toBe("1");
});
