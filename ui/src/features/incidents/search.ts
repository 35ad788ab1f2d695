/** What the addresses of the incidents say. */
import type { IncidentStatus, InvestigationStatus, RemediationStatus, Severity, Verdict } from "../../api/bindings";
import type { IncidentFilter } from "../../api/queries";
import { remediationLooks } from "../../domain/action";
import { incidentLooks, severityLooks } from "../../domain/incident";
import { investigationLooks } from "../../domain/investigation";
import { verdictLooks } from "../../domain/verdict";
import type { Raw } from "../../url";
import { compact, keysOf, oneOf, someOf, text } from "../../url";

export interface QueueSearch {
  state?: InvestigationStatus | undefined;
  status?: IncidentStatus[] | undefined;
  severity?: Severity[] | undefined;
  text?: string | undefined;
}

export const readQueue = (raw: Raw): QueueSearch =>
  compact({
    state: oneOf(keysOf(investigationLooks), raw["state"]),
    status: someOf(keysOf(incidentLooks), raw["status"]),
    severity: someOf(keysOf(severityLooks), raw["severity"]),
    text: text(raw["text"]),
  });

export const queueFilter = (s: QueueSearch): IncidentFilter => ({
  investigation_state: s.state ?? null, status: s.status ?? [], severity: s.severity ?? [], text: s.text ?? null,
});
export const queueFilters = (s: QueueSearch): number => Object.values(compact({ ...s })).length;

export const incidentTabs = ["summary", "evidence", "alerts", "investigations", "activity"] as const;
export type IncidentTab = (typeof incidentTabs)[number];

export interface PageSearch {
  tab?: IncidentTab | undefined;
  /** The open piece of evidence. */
  open?: string | undefined;
  verdict?: Verdict[] | undefined;
  remediation?: RemediationStatus[] | undefined;
}

export const readPage = (raw: Raw): PageSearch =>
  compact({
    tab: oneOf(incidentTabs, raw["tab"]),
    open: text(raw["open"]),
    verdict: someOf(keysOf(verdictLooks), raw["verdict"]),
    remediation: someOf(keysOf(remediationLooks), raw["remediation"]),
  });
