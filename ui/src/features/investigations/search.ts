/** What the addresses of the investigations say. */
import type { InvestigationStatus } from "../../api/bindings";
import type { InvestigationFilter } from "../../api/queries";
import { investigationLooks } from "../../domain/investigation";
import type { Raw } from "../../url";
import { compact, keysOf, oneOf, someOf, text } from "../../url";

export interface ListSearch {
  status?: InvestigationStatus[] | undefined;
  device?: string | undefined;
  text?: string | undefined;
}
export const readList = (raw: Raw): ListSearch =>
  compact({ status: someOf(keysOf(investigationLooks), raw["status"]), device: text(raw["device"]), text: text(raw["text"]) });
export const listFilter = (s: ListSearch): InvestigationFilter => ({ status: s.status ?? [], device: s.device ?? null, text: s.text ?? null });

export const investigationTabs = ["actions", "evidence", "log"] as const;
export type InvestigationTab = (typeof investigationTabs)[number];
export interface PageSearch {
  tab?: InvestigationTab | undefined;
  /** The open action. */
  open?: string | undefined;
}
export const readPage = (raw: Raw): PageSearch => compact({ tab: oneOf(investigationTabs, raw["tab"]), open: text(raw["open"]) });
