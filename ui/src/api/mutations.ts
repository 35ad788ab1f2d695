/** Everything a screen can change. Each names what has failed when it fails; the answer itself arrives as a change. */
import { mutationOptions } from "@tanstack/react-query";
import type {
  Action, AddDevice, AddGroup, AllowAfterUndo, PinQuarantined, ReapplyAction, RollBack, RunAction, AddIndicator, AddRules, ApproveActions, AssignIncident, CancelActions, ChangeGroup, ChangeLimits, ChangeProtected, ChooseLevel, Decision,
  ExportAudit, MoveGroup, PickedFile, Preferences, RejectActions, RemoveGroup, RemoveIndicator, RemoveRules, ResolveIncident,
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
  /** What is said once it was carried out: "Done and checked". Without it nothing is carried out. */
  outcome?: string;
  /** It takes something back. */
  backwards?: boolean;
}

const decides = <Request>(saying: Saying, mutationFn: (request: Request) => Promise<Decision>) => mutationOptions({ mutationFn, meta: { ...saying } });

const carriedOut = "Done and checked";
export const approve = decides({ failure: "Not approved", decision: "Approved", takeBack: true, outcome: carriedOut }, (r: ApproveActions) => unwrap(commands.approveActions(r)));
export const reject = decides({ failure: "Not rejected", decision: "Rejected" }, (r: RejectActions) => unwrap(commands.rejectActions(r)));
export const cancel = decides({ failure: "Not cancelled", decision: "Cancelled" }, (r: CancelActions) => unwrap(commands.cancelActions(r)));
export const retry = decides({ failure: "Not tried again", decision: "Trying again", outcome: carriedOut }, (r: RetryActions) => unwrap(commands.retryActions(r)));
export const undo = decides({ failure: "Not undone", decision: "Undoing", outcome: "Undone and checked", backwards: true }, (r: UndoActions) => unwrap(commands.undoActions(r)));

/** A person's own action. */
export const runAction = mutationOptions({ mutationFn: (r: RunAction) => unwrap(commands.runAction(r)), meta: { failure: "Not started", decision: "Started", takeBack: true, outcome: carriedOut } });
/** The undo was wrong. */
export const reapply = mutationOptions({ mutationFn: (r: ReapplyAction) => unwrap(commands.reapplyAction(r)), meta: { failure: "Not done again", decision: "Started again", takeBack: true, outcome: carriedOut } });
export const rollBack = mutationOptions({ mutationFn: (r: RollBack) => unwrap(commands.rollBack(r)), meta: { failure: "Not taken back", decision: "Taking back", outcome: "Taken back", backwards: true } });
export const allowAfterUndo = writes("Not allowed", (r: AllowAfterUndo) => unwrap(commands.allowAfterUndo(r)));

/** Calls an action off while it has not started, and takes it back once it is done. Type by type, as every decision. */
export async function takeBack(ids: readonly string[]): Promise<Decision> {
  const now = await actionsNow(ids);
  const all: Decision = { approval_id: null, results: [], refused: [] };
  for (const type of new Set(now.map((action) => action.type))) {
    const mine = now.filter((action) => action.type === type);
    const started = mine.some((action) => action.started_at !== null || action.finished_at !== null);
    const these = mine.map((action) => action.id);
    const answer = started
      ? await unwrap(commands.undoActions({ ids: these, reason: "Taken back right after the decision.", conflict: { choice: "stop" } }))
      : await unwrap(commands.cancelActions({ ids: these, comment: "Called off right after the decision." }));
    all.results.push(...answer.results);
    all.refused.push(...answer.refused);
  }
  return all;
}

/** What became of these actions by now. */
export const actionsNow = (ids: readonly string[]): Promise<Action[]> => Promise.all(ids.map(async (id) => (await unwrap(commands.showAction({ id }))).action));

export const assignIncident = writes("Not assigned", (r: AssignIncident) => unwrap(commands.assignIncident(r)));
export const resolveIncident = writes("Not resolved", (r: ResolveIncident) => unwrap(commands.resolveIncident(r)));
export const startInvestigation = writes("The check did not start", (r: StartInvestigation) => unwrap(commands.startInvestigation(r)));
export const stopInvestigation = writes("Not stopped", (r: StopInvestigation) => unwrap(commands.stopInvestigation(r)));

/** Reads only; whether it is imported is decided afterwards. */
export const previewAlerts = writes("The file cannot be read", (r: PickedFile) => unwrap(commands.previewAlerts(r)));
export const importAlerts = writes("Not imported", (r: PickedFile) => unwrap(commands.importAlerts(r)));

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
export const changeLimits = writes("Limits not changed", (r: ChangeLimits) => unwrap(commands.changeLimits(r)));
export const changeProtected = writes("Protected items not changed", (r: ChangeProtected) => unwrap(commands.changeProtected(r)));
export const addRules = writes("Rules not added", (r: AddRules) => unwrap(commands.addRules(r)));
export const removeRules = writes("Rules not removed", (r: RemoveRules) => unwrap(commands.removeRules(r)));
export const verifyQuarantine = writes("Quarantine not verified", () => unwrap(commands.verifyQuarantine({})));
export const pinQuarantined = writes("Not changed", (r: PinQuarantined) => unwrap(commands.pinQuarantined(r)));
export const restoreQuarantined = writes("Not restored", (r: RestoreQuarantined) => unwrap(commands.restoreQuarantined(r)));
export const verifyAudit = writes("Audit trail not verified", () => unwrap(commands.verifyAudit({})));
export const exportAudit = writes("Audit trail not exported", (r: ExportAudit) => unwrap(commands.exportAudit(r)));
export const keepPreferences = writes("How you like the window was not kept", (p: Preferences) => unwrap(commands.keepPreferences(p)));
export const installService = writes("The device service was not installed", () => unwrap(commands.installService()));
export const removeService = writes("The device service was not removed", (r: { release: boolean }) => unwrap(commands.removeService(r.release)));
export const openAgain = writes("Still not opened", () => unwrap(commands.openAgain()));

/** The rows of a list to be selected, as it is now. */
export const firstRows = <Row>(source: ListSource<Row>, most: number) => mutationOptions({ meta: { failure: "Not selected" }, mutationFn: () => everyRow(source, most) });

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
