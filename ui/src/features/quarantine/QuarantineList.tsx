/** What lies in the vaults: what, from where, until when it is kept, and the proof that it is still whole. */
import { Button, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { QuarantineItem } from "../../api/bindings";
import { toFault } from "../../api/client";
import { verifyQuarantine } from "../../api/mutations";
import { devices, quarantine } from "../../api/queries";
import { Stillness } from "../../api/useList";
import { ClearFilters, FilterOne, SearchField, Showing } from "../../components/Filters";
import { notify } from "../../components/notices";
import { Bar } from "../../components/Page";
import { PathText } from "../../components/PathText";
import { DeviceName } from "../../components/Practice";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { bytes, plural, splitPath, visible } from "../../components/text";
import { Countdown, When } from "../../components/time";
import { useListKeys } from "../../components/useListKeys";
import type { Column } from "../../components/VirtualList";
import { VirtualList } from "../../components/VirtualList";
import { QuarantineFlyout } from "./QuarantineFlyout";
import { fits, isWarned } from "./items";
import { words } from "./words";

const useStyles = makeStyles({ area: { position: "relative", flexGrow: 1, minHeight: 0, display: "flex", flexDirection: "column" } });

const idOf = (item: QuarantineItem): string => item.id;
const columnsFor = (practice: ReadonlySet<string>): Column<QuarantineItem>[] => [
  { id: "name", title: "File", width: "minmax(140px, 1fr)", render: (i) => <span title={visible(i.path)}>{splitPath(visible(i.path)).name}</span> },
  { id: "path", title: "From", width: "minmax(200px, 2fr)", render: (i) => <PathText path={i.path} /> },
  { id: "device", title: "Device", width: "minmax(120px, 1fr)", render: (i) => <DeviceName name={visible(i.device)} practice={practice.has(i.device)} /> },
  { id: "size", title: "Size", width: "96px", render: (i) => <span title={`${i.size} bytes`}>{bytes(i.size)}</span> },
  { id: "moved", title: "Moved", width: "120px", render: (i) => <When at={i.quarantined_at} /> },
  { id: "kept", title: "Kept for", width: "140px", render: (i) => <Kept item={i} /> },
  { id: "proven", title: "Proven whole", width: "124px", render: (i) => <When at={i.verified_at} /> },
];

function Kept({ item }: { item: QuarantineItem }) {
  if (item.pinned) return <span>{words.pinned}</span>;
  return item.expires_at === null ? <span>–</span> : <Countdown until={item.expires_at} bare />;
}

export interface QuarantineSearch { open?: string | undefined; device?: string | undefined; text?: string | undefined }

interface Props {
  search: QuarantineSearch;
  onSearch: (next: QuarantineSearch) => void;
  onAction: (id: string) => void;
}

export function QuarantineList({ search, onSearch, onAction }: Props) {
  const s = useStyles();
  const { data, error, refetch } = useQuery(quarantine);
  const known = useQuery(devices).data?.devices ?? [];
  const [still] = useState(() => new Stillness());
  const verify = useMutation({
    ...verifyQuarantine,
    onSuccess: (check) => notify(check.damaged.length === 0
      ? { tone: "done", title: `${plural(check.checked, "item")} read back and compared.`, text: "All are whole." }
      : { tone: "failed", title: `${plural(check.damaged.length, "item")} damaged.`, text: check.damaged.map((f) => `${f.message} ${f.hint}`).join(" ") }),
  });
  const all = data?.items ?? [];
  const device = known.find((d) => d.id === search.device)?.name;
  const rows = all.filter((item) => fits(item, { device, text: search.text }));
  const put = (next: Partial<QuarantineSearch>): void => onSearch({ ...search, ...next });
  const open = (item: QuarantineItem): void => put({ open: item.id });
  const close = (): void => put({ open: undefined });
  const { active, move } = useListKeys({ rows, idOf, open: search.open, onOpen: open, onClose: close });
  const shown = all.find((item) => item.id === search.open);
  const warned = all.filter(isWarned);
  const practice = new Set(known.filter((d) => d.kind === "practice").map((d) => d.name));
  return (
    <>
      <Bar testid="filters">
        <FilterOne name="device" label="Device" chosen={search.device} choices={known.map((d) => ({ id: d.id, label: d.name }))} onChange={(next) => put({ device: next })} />
        <SearchField value={search.text} onChange={(text) => put({ text })} />
        <ClearFilters count={(search.device === undefined ? 0 : 1) + (search.text === undefined ? 0 : 1)} onClear={() => onSearch({})} />
        <Button size="small" disabled={all.length === 0 || verify.isPending} onClick={() => verify.mutate()} data-testid="verify-quarantine">{words.verify}</Button>
        <Showing shown={rows.length} total={all.length} />
      </Bar>
      {warned.length > 0 && <Failure title={words.soon(warned.length)} refusal fault={{ message: words.soonText, hint: "" }} testid="quarantine-warning" />}
      {error !== null && <Failure title="The quarantine could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      {verify.data?.damaged.map((fault) => <Failure key={fault.message} title="Damaged." fault={fault} />)}
      <div className={s.area}>
        {data === undefined ? error === null && <SkeletonRows /> : rows.length === 0 ? <Empty title={all.length === 0 ? words.none : words.noneFits}><span>{words.moved}</span></Empty> : (
          <VirtualList label={words.title} columns={columnsFor(practice)} rows={rows} total={rows.length} idOf={idOf} testid="quarantine-row-" hasMore={false} onMore={() => undefined} still={still} open={search.open} active={active} onOpen={open} practice={(i) => practice.has(i.device)} covered={search.open !== undefined} />
        )}
        {shown !== undefined && <QuarantineFlyout key={shown.id} item={shown} practice={practice.has(shown.device)} onClose={close} onMove={move} onAction={onAction} />}
      </div>
    </>
  );
}
