/** What the addresses of the alerts say. */
import type { AlertStatus, Severity } from "../../api/bindings";
import type { AlertFilter } from "../../api/queries";
import { alertLooks, severityLooks } from "../../domain/incident";
import type { Raw } from "../../url";
import { compact, keysOf, someOf, text } from "../../url";

export interface AlertSearch {
  status?: AlertStatus[] | undefined;
  severity?: Severity[] | undefined;
  text?: string | undefined;
}

export const readAlerts = (raw: Raw): AlertSearch =>
  compact({ status: someOf(keysOf(alertLooks), raw["status"]), severity: someOf(keysOf(severityLooks), raw["severity"]), text: text(raw["text"]) });
export const alertFilter = (s: AlertSearch): AlertFilter => ({ status: s.status ?? [], severity: s.severity ?? [], device: null, text: s.text ?? null });
export const alertFilters = (s: AlertSearch): number => Object.values(compact({ ...s })).length;
