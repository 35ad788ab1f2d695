/** Light or dark, as chosen or as the system says. */
import { webDarkTheme, webLightTheme } from "@fluentui/react-components";
import type { Theme as FluentTheme } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";
import type { Theme } from "../api/bindings";

/** Narrow, well-drawn faces first: lists hold long paths. */
const fontFamilyBase = "'Segoe UI Variable Text', 'Segoe UI', Inter, 'Noto Sans', 'Liberation Sans', system-ui, sans-serif";
export const light: FluentTheme = { ...webLightTheme, fontFamilyBase };
export const dark: FluentTheme = { ...webDarkTheme, fontFamilyBase };

const media = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

export function useTheme(chosen: Theme): FluentTheme {
  const systemIsDark = useSyncExternalStore(
    (listener) => {
      const query = media();
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => media().matches,
  );
  const isDark = chosen === "dark" || (chosen === "system" && systemIsDark);
  return isDark ? dark : light;
}
