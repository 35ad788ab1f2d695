/** Devices, and the groups whose automation level governs them. */
import type { ReactNode } from "react";
import type { Device } from "../../api/bindings";
import { Page, Tabs } from "../../components/Page";
import { compact, oneOf, text } from "../../url";
import type { Raw } from "../../url";
import { DeviceTable } from "./DeviceTable";
import { GroupList } from "./GroupList";
import { words } from "./words";

const tabs = ["devices", "groups"] as const;
export interface DeviceSearch {
  tab?: (typeof tabs)[number] | undefined;
  open?: string | undefined;
}
export const readDevices = (raw: Raw): DeviceSearch => compact({ tab: oneOf(tabs, raw["tab"]), open: text(raw["open"]) });

interface Props {
  search: DeviceSearch;
  onSearch: (next: DeviceSearch) => void;
  onPending: (device: string) => void;
  inForce: ReactNode;
  actions: (device: Device) => ReactNode;
}

export function DevicesPage({ search, onSearch, onPending, inForce, actions }: Props) {
  const tab = search.tab ?? "devices";
  return (
    <Page testid="devices">
      <Tabs label={words.title} current={tab} onChange={(next) => onSearch({ tab: next })} tabs={[{ id: "devices", label: "Devices" }, { id: "groups", label: "Device groups" }]} />
      {tab === "devices" ? <DeviceTable open={search.open} onOpen={(open) => onSearch({ tab, open })} onPending={onPending} onGroups={() => onSearch({ tab: "groups" })} inForce={inForce} actions={actions} /> : <GroupList />}
    </Page>
  );
}
