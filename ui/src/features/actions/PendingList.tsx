/** What waits for a person: approve or reject, one or several of one type. */
import { useMutation } from "@tanstack/react-query";
import type { Action } from "../../api/bindings";
import { approve, reject } from "../../api/mutations";
import { Empty } from "../../components/states";
import { useNow } from "../../components/time";
import type { BulkCommand, ListProps } from "./ActionList";
import { ActionList } from "./ActionList";
import { pendingColumns } from "./columns";
import { actionFilter, filterCount } from "./search";
import { words } from "./words";

export function PendingList(p: ListProps) {
  const yes = useMutation(approve);
  const no = useMutation(reject);
  const filter = actionFilter("pending", p.search, "expires", useNow());
  const commands = (chosen: readonly Action[], done: () => void): BulkCommand[] => {
    const request = { ids: chosen.map((a) => a.id), comment: null, group_by_type: false };
    const idle = chosen.length === 0 || yes.isPending || no.isPending;
    const title = chosen.length === 0 ? "Select rows first" : undefined;
    return [
      { id: "approve", key: "a", label: chosen.length === 0 ? words.approve : words.approveMany(chosen.length), primary: chosen.length > 0, disabled: idle, title, run: () => yes.mutate(request, { onSuccess: done }) },
      { id: "reject", key: "r", label: chosen.length === 0 ? words.reject : words.rejectMany(chosen.length), disabled: idle, title, run: () => no.mutate(request, { onSuccess: done }) },
      { id: "go-hunt", key: "h", label: words.hunt, disabled: chosen.length !== 1, title: chosen.length === 1 ? undefined : "Select one row first", run: () => chosen[0] !== undefined && p.onHunt(chosen[0]) },
    ];
  };
  const filtered = filterCount(p.search) > 0;
  return (
    <ActionList
      {...p} name="pending" filter={filter} usualSort="expires" columns={pendingColumns} statuses={[]} commands={commands}
      empty={<Empty title={filtered ? words.nothingFits : words.nothingWaits} testid="nothing-waits">{!filtered && <span>{words.checkHint}</span>}</Empty>}
    />
  );
}
