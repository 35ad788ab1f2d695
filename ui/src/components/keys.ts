/** Keyboard shortcuts: heard on the whole page, unless somebody is typing or a dialog is open. */
import { useEffect, useEffectEvent } from "react";

export type KeyHandler = (event: KeyboardEvent) => void;

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const OWN_ARROWS = "[role=tablist], [role=menu], [role=listbox], [role=radiogroup], [role=combobox]";

function busy(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (document.querySelector("[role=dialog][aria-modal=true], [role=alertdialog], [role=menu]") !== null) return true;
  if (target === null) return false;
  if (target.closest(TYPING) !== null) return event.key !== "Escape";
  if (event.key.startsWith("Arrow") && target.closest(OWN_ARROWS) !== null) return true;
  // Enter and Space press what has the focus.
  return (event.key === "Enter" || event.key === " ") && target.closest("button, a, summary, [role=tab], [role=checkbox], input") !== null;
}

/** Handlers by `event.key`; `Shift+ArrowDown` where Shift matters. */
export function useKeys(handlers: Record<string, KeyHandler | undefined>): void {
  const hear = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || busy(event)) return;
    const handler = (event.shiftKey ? handlers[`Shift+${event.key}`] : undefined) ?? handlers[event.key];
    if (handler === undefined) return;
    event.preventDefault();
    handler(event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => hear(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}

const PAIR_MS = 1500;

/** Two keys one after the other: `g` then `p`. */
export function useKeyPairs(first: string, seconds: Record<string, () => void>): void {
  const go = useEffectEvent((key: string): boolean => {
    const run = seconds[key];
    run?.();
    return run !== undefined;
  });
  useEffect(() => {
    let armed = 0;
    const listener = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || busy(event)) return;
      if (Date.now() - armed < PAIR_MS) {
        armed = 0;
        if (go(event.key)) {
          event.preventDefault();
          event.stopImmediatePropagation();
        }
      } else if (event.key === first) {
        armed = Date.now();
      }
    };
    document.addEventListener("keydown", listener, { capture: true });
    return () => document.removeEventListener("keydown", listener, { capture: true });
  }, [first]);
}
