/** The page's nonce. Without it every style tag is refused and the style engine would loop until memory ends. */
export function pageNonce(page: Document): string {
  return page.querySelector<HTMLStyleElement>("style#csp-nonce")?.nonce ?? "";
}

/** Plain text, no styles: for the case that nothing else can be shown. */
export function showPlainError(page: Document, text: string): void {
  const root = page.getElementById("root") ?? page.body;
  const paragraph = page.createElement("p");
  paragraph.dataset["testid"] = "plain-error";
  paragraph.setAttribute("role", "alert");
  paragraph.textContent = text;
  root.replaceChildren(paragraph);
}
