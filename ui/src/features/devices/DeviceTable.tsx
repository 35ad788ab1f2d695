/** The list of devices with the one that is open. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Input, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import type { Device } from "../../api/bindings";
import { toFault } from "../../api/client";
import { addDevice, startInvestigation } from "../../api/mutations";
import { devices as devicesQuery } from "../../api/queries";
import { Stillness } from "../../api/useList";
import { Showing } from "../../components/Filters";
import { Flyout } from "../../components/Flyout";
import { notify } from "../../components/notices";
import { Bar, Facts, Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { DeviceName, PracticeBar } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { visible } from "../../components/text";
import { Moment, When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { osLabels } from "../../domain/entity";
import { levelLooks } from "../../domain/level";
import { deviceKinds, words } from "./words";

const useStyles = makeStyles({
  area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" },
  form: { display: "flex", flexDirection: "column", gap: "12px" },
});

const isPractice = (d: Device): boolean => d.kind === "practice";
const idOf = (d: Device): string => d.id;
const columns: Column<Device>[] = [
  { id: "name", title: "Name", width: "minmax(180px, 1.4fr)", render: (d) => <DeviceName name={d.name} practice={isPractice(d)} /> },
  { id: "kind", title: "Kind", width: "140px", render: (d) => <span>{deviceKinds[d.kind] ?? d.kind}</span> },
  { id: "os", title: "Operating system", width: "minmax(140px, 1fr)", render: (d) => <span title={d.os_version}>{osLabels[d.os]} {visible(d.os_version)}</span> },
  { id: "group", title: "Group", width: "minmax(140px, 1fr)", render: (d) => <span>{visible(d.group.name)}</span> },
  { id: "level", title: "Automation level", width: "minmax(150px, 1fr)", render: (d) => <span title={levelLooks[d.level].explanation}>{levelLooks[d.level].short}</span> },
  { id: "tags", title: "Tags", width: "minmax(100px, 1fr)", render: (d) => <span>{d.tags.length === 0 ? "–" : visible(d.tags.join(", "))}</span> },
  { id: "pending", title: "Waiting", width: "90px", render: (d) => (d.pending_actions === 0 ? "–" : d.pending_actions) },
  { id: "checked", title: "Last check", width: "124px", render: (d) => <When at={d.last_investigated_at} /> },
];

interface Props {
  open: string | undefined;
  onOpen: (id: string | undefined) => void;
  onPending: (device: string) => void;
  onGroups: () => void;
  /** What stands on devices now; what may be done to one. */
  inForce: ReactNode;
  actions: (device: Device) => ReactNode;
}

export function DeviceTable({ open, onOpen, onPending, onGroups, inForce, actions }: Props) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(devicesQuery);
  const [still] = useState(() => new Stillness());
  const rows = data?.devices ?? [];
  const { active, move } = useListKeys({ rows, idOf, open, onOpen: (d) => onOpen(d.id), onClose: () => onOpen(undefined) });
  const shown = rows.find((d) => d.id === open);
  return (
    <>
      <Bar><AddDevice /><Showing shown={rows.length} total={rows.length} /></Bar>
      {inForce}
      {error !== null && <Failure title="The devices could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      <div className={s.area}>
        {data === undefined ? error === null && <SkeletonRows /> : rows.length === 0 ? <Empty title={words.none} /> : (
          <VirtualList label={words.title} columns={columns} rows={rows} total={rows.length} idOf={idOf} testid="device-row-" hasMore={false} onMore={() => undefined} still={still} open={open} active={active} onOpen={(d) => onOpen(d.id)} practice={isPractice} covered={open !== undefined} />
        )}
        {shown !== undefined && <DeviceFlyout device={shown} onClose={() => onOpen(undefined)} onMove={move} onPending={onPending} onGroups={onGroups}>{actions(shown)}</DeviceFlyout>}
      </div>
    </>
  );
}

function DeviceFlyout({ device: d, onClose, onMove, onPending, onGroups, children }: { children: ReactNode; device: Device; onClose: () => void; onMove: (step: 1 | -1) => void; onPending: (device: string) => void; onGroups: () => void }) {
  const start = useMutation({ ...startInvestigation, onSuccess: () => notify({ tone: "done", title: "The check has started.", text: d.name }) });
  return (
    <Flyout
      label={d.name} testid="device-flyout" onClose={onClose} onMove={onMove} title={<strong>{visible(d.name)}</strong>}
      footer={
        <>
          <Button disabled={start.isPending} onClick={() => start.mutate({ device: d.id, paths: [], full: false, comment: "From the list of devices." })} data-testid="device-check">Check this device</Button>
          {d.pending_actions > 0 && <Button appearance="primary" onClick={() => onPending(d.id)} data-testid="device-pending">View pending actions</Button>}
          <Button appearance="subtle" onClick={onGroups}>Device groups</Button>
        </>
      }
    >
      {isPractice(d) && <PracticeBar />}
      {children}
      <Section title="Device">
        <Facts facts={[
          ["Kind", deviceKinds[d.kind] ?? d.kind], ["System", `${osLabels[d.os]} ${visible(d.os_version)}`], d.domain !== null && ["Domain", visible(d.domain)],
          d.root !== null && ["Folder", <CodeText key="r" text={d.root} />], ["Tags", d.tags.length === 0 ? "None" : visible(d.tags.join(", "))], ["Added", <Moment key="a" at={d.created_at} />],
          ["Last check", d.last_investigated_at === null ? "Never" : <Moment key="l" at={d.last_investigated_at} />],
        ]} />
      </Section>
      <Section title="Automation level">
        <span>{visible(d.group.name)}: {levelLooks[d.level].label}. {levelLooks[d.level].explanation}</span>
      </Section>
    </Flyout>
  );
}

function AddDevice() {
  const s = useStyles();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [root, setRoot] = useState("");
  const add = useMutation({ ...addDevice, onSuccess: () => setOpen(false) });
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid="add-device">{words.addDevice}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.addDevice}</DialogTitle>
          <DialogContent className={s.form}>
            <span>{words.addDeviceText}</span>
            <Field label="Name" required><Input value={name} onChange={(_, data) => setName(data.value)} data-testid="device-name" /></Field>
            <Field label="Folder" required><Input value={root} placeholder="/mnt/disk" onChange={(_, data) => setRoot(data.value)} data-testid="device-folder" /></Field>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={name.trim() === "" || root.trim() === "" || add.isPending} onClick={() => add.mutate({ name: name.trim(), root: root.trim(), os: null })} data-testid="device-add">{words.addDevice}</Button>
            <DialogTrigger disableButtonEnhancement><Button>Leave it</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
