import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { port: 1420, strictPort: true, watch: { ignored: ["**/src-tauri/**", "**/target/**"] } },
  envPrefix: ["VITE_", "TAURI_ENV_"],
  build: {
    target: "safari16", // a floor: WebKitGTK 2.50 is newer
    modulePreload: { polyfill: false },
    sourcemap: false,
    assetsInlineLimit: 0, // no data: URLs, so that the content security policy can stay strict
    chunkSizeWarningLimit: 1500, // read from the binary, so splitting gains nothing
  },
  test: { environment: "happy-dom", globals: false, setupFiles: ["src/test/setup.ts"] },
});
