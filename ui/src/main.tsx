/** Starts the page. */
import { createHashHistory } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { makeClient } from "./app/client";
import { makeRouter } from "./app/routes";
import { pageNonce, showPlainError } from "./nonce";
import { countViolations } from "./violations";

countViolations(document);
const nonce = pageNonce(document);
const root = document.getElementById("root");
if (root === null || (nonce === "" && !import.meta.env.DEV)) {
  showPlainError(document, "Assize cannot show its window: the page came without its style nonce. Nothing was changed. Install the application again.");
} else {
  const client = makeClient();
  const router = makeRouter(client, createHashHistory());
  createRoot(root).render(
    <StrictMode>
      <App client={client} router={router} nonce={nonce} />
    </StrictMode>,
  );
}
