/** What a page without a layout engine lacks. */
import { afterEach, vi } from "vitest";
import { cleanup } from "@testing-library/react";
import { clearMocks } from "@tauri-apps/api/mocks";
import { clearNotices } from "../components/notices";

// Fluent's motion cancels animations, which this environment rejects; without animate() it skips motion.
Object.defineProperty(Element.prototype, "animate", { configurable: true, value: undefined });
// The virtual list needs a height to show rows in.
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 720 });
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 1200 });

afterEach(async () => {
  cleanup();
  clearNotices();
  // Listeners end a moment later, and need the mocks until then.
  await new Promise((done) => setTimeout(done));
  clearMocks();
  vi.restoreAllMocks();
});
