/** Settings: what people told the judging, the device service, health, the audit trail, and how the window looks. */
import { makeStyles } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { Body, Page, Tabs } from "../../components/Page";
import { compact, oneOf } from "../../url";
import type { Raw } from "../../url";
import { Audit } from "./Audit";
import { Health } from "./Health";
import { Indicators } from "./Indicators";
import { Limits } from "./Limits";
import { LookOfWindow } from "./LookOfWindow";
import { Rules } from "./Rules";

const sections = ["indicators", "rules", "limits", "service", "health", "audit", "look"] as const;
type SettingsSection = (typeof sections)[number];
export interface SettingsSearch { section?: SettingsSection | undefined }
export const readSettings = (raw: Raw): SettingsSearch => compact({ section: oneOf(sections, raw["section"]) });

const useStyles = makeStyles({ scroll: { overflowY: "auto", flexGrow: 1, minHeight: 0 } });

export function SettingsPage({ search, onSearch, service }: { search: SettingsSearch; onSearch: (next: SettingsSearch) => void; service: ReactNode }) {
  const s = useStyles();
  const section = search.section ?? "indicators";
  return (
    <Page testid="settings">
      <Tabs
        label="Settings" current={section} onChange={(next) => onSearch({ section: next })}
        tabs={[{ id: "indicators", label: "Indicators" }, { id: "rules", label: "Rules" }, { id: "limits", label: "Limits" }, { id: "service", label: "Device service" }, { id: "health", label: "Health" }, { id: "audit", label: "Audit trail" }, { id: "look", label: "Look" }]}
      />
      <div className={s.scroll}>
        <Body>
          {section === "indicators" && <Indicators />}
          {section === "rules" && <Rules />}
          {section === "limits" && <Limits />}
          {section === "service" && service}
          {section === "health" && <Health />}
          {section === "audit" && <Audit />}
          {section === "look" && <LookOfWindow />}
        </Body>
      </div>
    </Page>
  );
}
