/** Counts what the content security policy refused, on the root element, where a test of the window can read it. */
export function countViolations(page: Document): void {
  const root = page.documentElement;
  root.dataset["cspViolations"] ??= "0";
  page.addEventListener("securitypolicyviolation", () => {
    root.dataset["cspViolations"] = String(Number(root.dataset["cspViolations"]) + 1);
  });
}
