/** A page with a shell that answers as a test says. */
import { FluentProvider, webLightTheme } from "@fluentui/react-components";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { ReactNode } from "react";
import { makeClient } from "../app/client";
import { Notices } from "../components/notices";

export type Answers = Record<string, (request: unknown) => unknown>;
export interface Call { command: string; request: unknown }

/** Answers by command name; a thrown value is the command's error. Returns what was asked. */
export function shell(answers: Answers): Call[] {
  const calls: Call[] = [];
  mockIPC((command, payload) => {
    const request = typeof payload === "object" && payload !== null && "request" in payload ? payload.request : undefined;
    calls.push({ command, request });
    const answer = answers[command];
    if (answer === undefined) return Promise.reject(`no answer for ${command}`);
    return answer(request);
  }, { shouldMockEvents: true });
  Object.defineProperty(window, "__TAURI_EVENT_PLUGIN_INTERNALS__", { configurable: true, value: { unregisterListener: () => undefined } });
  return calls;
}

export function show(children: ReactNode): void {
  render(
    <FluentProvider theme={webLightTheme}>
      <QueryClientProvider client={makeClient()}>
        {children}
        <Notices />
      </QueryClientProvider>
    </FluentProvider>,
  );
}
