/** Everything a screen can change. Each names what has failed when it fails; the answer itself arrives as a change. */
import { mutationOptions } from "@tanstack/react-query";
import type {
  AddDevice, AddGroup, AddIndicator, AddRules, ApproveActions, AssignIncident, CancelActions, ChangeGroup, ChooseLevel, Decision,
  ExportAudit, MoveGroup, Preferences, RejectActions, RemoveGroup, RemoveIndicator, RemoveRules, ResolveIncident,
  RestoreQuarantined, RetryActions, StartInvestigation, StopInvestigation, UndoActions,
} from "./bindings";
import { commands, unwrap } from "./client";
import type { ListSource } from "./queries";
import { everyRow } from "./queries";

/** `failure`: the title of the message when it fails. */
const writes = <Request, Answer>(failure: string, mutationFn: (request: Request) => Promise<Answer>) =>
  mutationOptions({ mutationFn, meta: { failure } });

/** What every mutation says about itself. */
export interface Saying {
  failure: string;
  /** A decision about actions, told item by item: "Approved". */
  decision?: string;
  /** It can be called off or taken back again. */
  takeBack?: boolean;
}

const decides = <Request>(failure: string, decision: string, takeBack: boolean, mutationFn: (request: Request) => Promise<Decision>) =>
  mutationOptions({ mutationFn, meta: { failure, decision, takeBack } });

export const approve = decides("Not approved", "Approved", true, (r: ApproveActions) => unwrap(commands.approveActions(r)));
export const reject = decides("Not rejected", "Rejected", false, (r: RejectActions) => unwrap(commands.rejectActions(r)));
export const cancel = decides("Not cancelled", "Cancelled", false, (r: CancelActions) => unwrap(commands.cancelActions(r)));
export const retry = decides("Not tried again", "Trying again", false, (r: RetryActions) => unwrap(commands.retryActions(r)));
export const undo = decides("Not undone", "Undoing", false, (r: UndoActions) => unwrap(commands.undoActions(r)));

/** Calls an action off while it has not started, and takes it back once it is done. */
export async function takeBack(ids: string[]): Promise<Decision> {
  const details = await Promise.all(ids.map((id) => unwrap(commands.showAction({ id }))));
  const started = details.some(({ action }) => action.started_at !== null || action.finished_at !== null);
  return started
    ? unwrap(commands.undoActions({ ids, reason: "Taken back right after the decision.", conflict: { choice: "stop" } }))
    : unwrap(commands.cancelActions({ ids, comment: "Called off right after the decision." }));
}

export const assignIncident = writes("Not assigned", (r: AssignIncident) => unwrap(commands.assignIncident(r)));
export const resolveIncident = writes("Not resolved", (r: ResolveIncident) => unwrap(commands.resolveIncident(r)));
export const startInvestigation = writes("The check did not start", (r: StartInvestigation) => unwrap(commands.startInvestigation(r)));
export const stopInvestigation = writes("Not stopped", (r: StopInvestigation) => unwrap(commands.stopInvestigation(r)));

export const addDevice = writes("Device not added", (r: AddDevice) => unwrap(commands.addDevice(r)));
export const addGroup = writes("Group not added", (r: AddGroup) => unwrap(commands.addGroup(r)));
export const changeGroup = writes("Group not changed", (r: ChangeGroup) => unwrap(commands.changeGroup(r)));
export const removeGroup = writes("Group not removed", (r: RemoveGroup) => unwrap(commands.removeGroup(r)));
export const moveGroup = writes("Rank not changed", (r: MoveGroup) => unwrap(commands.moveGroup(r)));

export const chooseLevel = writes("Level not chosen", (r: ChooseLevel) => unwrap(commands.chooseLevel(r)));
export const makePractice = writes("No practice range was made", () => unwrap(commands.makePractice({})));
export const removePractice = writes("The practice range was not removed", () => unwrap(commands.removePractice({})));

export const addIndicator = writes("Indicator not added", (r: AddIndicator) => unwrap(commands.addIndicator(r)));
export const removeIndicator = writes("Indicator not removed", (r: RemoveIndicator) => unwrap(commands.removeIndicator(r)));
export const addRules = writes("Rules not added", (r: AddRules) => unwrap(commands.addRules(r)));
export const removeRules = writes("Rules not removed", (r: RemoveRules) => unwrap(commands.removeRules(r)));
export const verifyQuarantine = writes("Quarantine not verified", () => unwrap(commands.verifyQuarantine({})));
export const restoreQuarantined = writes("Not restored", (r: RestoreQuarantined) => unwrap(commands.restoreQuarantined(r)));
export const verifyAudit = writes("Audit trail not verified", () => unwrap(commands.verifyAudit({})));
export const exportAudit = writes("Audit trail not exported", (r: ExportAudit) => unwrap(commands.exportAudit(r)));
export const keepPreferences = writes("How you like the window was not kept", (p: Preferences) => unwrap(commands.keepPreferences(p)));
export const openAgain = writes("Still not opened", () => unwrap(commands.openAgain()));

/** Exactly the rows of a list, as a file. `lines`: how a row becomes cells; the first line is the heading. */
export const exportList = <Row>(name: string, source: ListSource<Row>, head: readonly string[], cells: (row: Row) => readonly string[], csv: (lines: readonly (readonly string[])[]) => string) =>
  mutationOptions({
    meta: { failure: "Not exported" },
    mutationFn: async () => {
      const rows = await everyRow(source);
      const text = csv([head, ...rows.map(cells)]);
      const file = await unwrap(commands.keepExport(`assize-${name}-${new Date().toISOString().slice(0, 10)}`, text));
      return { rows: rows.length, file };
    },
  });
