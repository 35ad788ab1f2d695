/** The Action center: what waits, what was done, what lies in quarantine, and every verdict. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { home } from "../../api/queries";
import { Page, Tabs } from "../../components/Page";
import type { ActionTab } from "./search";
import { words } from "./words";

export function ActionsPage({ tab, onTab, children }: { tab: ActionTab; onTab: (tab: ActionTab) => void; children: ReactNode }) {
  const { data } = useQuery(home);
  return (
    <Page testid="action-center">
      <Tabs
        label={words.title} current={tab} onChange={onTab}
        tabs={[{ id: "pending", label: "Pending", count: data?.pending }, { id: "history", label: "History", count: data?.history }, { id: "quarantine", label: "Quarantine" }, { id: "verdicts", label: "Verdicts" }]}
      />
      {children}
    </Page>
  );
}
