/** Things as the engine would send them. */
import type { Action, ActionDetail, ActionPage, DeviceRef, Evidence, Home, Plan, UndoOffer } from "../api/bindings";

export const device: DeviceRef = { id: "d1", name: "web-01", group: "Ungrouped devices", level: "semi_all", practice: false };

export const noUndo = (reason: string): UndoOffer => ({ possible: false, reason, proven_at: null, until: null, pinned: false });
export const canUndo = (over: Partial<UndoOffer> = {}): UndoOffer => ({ possible: true, reason: null, proven_at: null, until: null, pinned: false, ...over });

export const anAction = (over: Partial<Action> = {}): Action => ({
  id: "a1", approval_id: null, investigation_id: "v1", incident_id: "i1", evidence_id: "e1", device, type: "quarantine_file", status: "pending_approval",
  source: "automated_investigation", target: { target: "file", path: "/tmp/.x/kswapd0", sha256: "ab".repeat(32), identity: "1:2" }, target_title: "/tmp/.x/kswapd0", target_name: "kswapd0",
  entity_type: "file", verdict: "malicious", location_class: "temp", classified_by: "/tmp/.x/kswapd0", level: "semi_all", why: ["A rule recognised it."], decision: null, decided_by: null, decided_at: null,
  comment: null, created_at: "2026-11-23T10:00:00.000Z", updated_at: "2026-11-23T10:00:00.000Z", started_at: null, finished_at: null, expires_at: "2099-11-30T10:00:00.000Z",
  stale: null, result: null, outcome: null, progress: null, parent: null, undo: noUndo("It has not been done."), undone_by: null, undo_approval_id: null,
  after_undo: null, reapplies: null, reapplied_by: null, stuck: null, did_not_hold: null, ...over,
});

export const aDetail = (action: Action, over: Partial<ActionDetail> = {}): ActionDetail => ({
  action, sentence: `Move ${action.target_name} into quarantine on ${action.device.name}.`, if_approved: "It is moved into the vault.", if_rejected: "It stays.", if_nothing: "After 7 days it counts as rejected.",
  reasons: [{ text: "A rule recognised it.", source: "yara_rule", weight: "bad", rule: "miner", author: "us" }],
  ruling: { outcome: "ask", decided_by_row: 8, trace: [{ row: 8, applied: true, text: "Malicious: this level asks a person." }] },
  evidence: null, incident_number: 12, steps: [], after: [], timeline: [], related: [], spread: null, hops: [], checks: [], more_instances: 0, more_instance_ids: [], ...over,
});

export const aPlan = (over: Partial<Plan> = {}): Plan => ({
  steps: [{ what: "Move the file into the vault", target: "/tmp/.x/kswapd0", reversible: "yes", detail: "" }],
  witnesses: [{ name: "Package", says: "bad", detail: "No installed package owns it." }], obstacles: [], ...over,
});

export const aPage = (actions: Action[], over: Partial<ActionPage> = {}): ActionPage => ({ actions, total: actions.length, next: null, newer: 0, snapshot: "s1", ...over });

export const someEvidence = (over: Partial<Pick<Evidence, "id" | "pending_action" | "remediation_status">> = {}): Evidence => ({
  id: "e1", type: "ip", ip: { address: "192.0.2.1", port: null }, title: "kswapd0", place: "/tmp/.x/kswapd0", device, investigation_id: "v1", incident_id: "i1", verdict: "malicious",
  reasons: [], remediation_status: "pending_approval", location_class: "temp", related: [], first_seen: "2026-11-23T10:00:00.000Z", last_seen: "2026-11-23T10:00:00.000Z", pending_action: "a1", actions: ["a1"], ...over,
});

export const aHome = (over: Partial<Home> = {}): Home => ({
  first_run: false, level: "semi_all", person: "owner", this_computer: "d1", rights: "Everything.", pending: 1, running: 0, failed: 0, history: 0, alerts: 1, open_incidents: 1,
  oldest_pending: null, last_check_at: null, last_check_text: null, checking: null, practice: null, held: [], ...over,
});
