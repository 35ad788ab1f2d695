/** What was done, by automation and by people, and what was refused: undo, one or several of one type. */
import { useState } from "react";
import type { Action } from "../../api/bindings";
import { Empty } from "../../components/states";
import { useNow } from "../../components/time";
import { actionStatusLooks } from "../../domain/action";
import { keysOf } from "../../url";
import type { BulkCommand, ListProps } from "./ActionList";
import { ActionList } from "./ActionList";
import { historyColumns } from "./columns";
import { RollbackChooser } from "./RollbackButton";
import { actionFilter, filterCount } from "./search";
import { UndoDialog } from "./UndoDialog";
import { words } from "./words";

const statuses = keysOf(actionStatusLooks).filter((status) => status !== "pending_approval");

export function HistoryList(p: ListProps) {
  const [taken, setTaken] = useState<{ actions: readonly Action[]; done: () => void }>();
  const filter = actionFilter("history", p.search, "updated", useNow());
  const commands = (chosen: readonly Action[], done: () => void): BulkCommand[] => {
    const fixed = chosen.find((a) => !a.undo.possible);
    return [
      {
        id: "undo", key: "u", label: chosen.length === 0 ? words.undo : words.undoMany(chosen.length), disabled: chosen.length === 0 || fixed !== undefined,
        title: chosen.length === 0 ? "Select rows first" : (fixed?.undo.reason ?? undefined),
        run: () => setTaken({ actions: chosen, done }),
      },
      { id: "go-hunt", key: "h", label: words.hunt, disabled: chosen.length !== 1, title: chosen.length === 1 ? undefined : "Select one row first", run: () => chosen[0] !== undefined && p.onHunt(chosen[0]) },
    ];
  };
  return (
    <>
      <ActionList
        {...p} name="history" tools={<RollbackChooser />} filter={filter} usualSort="updated" columns={historyColumns} statuses={statuses} commands={commands}
        empty={<Empty title={filterCount(p.search) > 0 ? words.nothingFits : words.nothingYet} />}
      />
      {taken !== undefined && <UndoDialog actions={taken.actions} onClose={() => setTaken(undefined)} onDone={taken.done} />}
    </>
  );
}
