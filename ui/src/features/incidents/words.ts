/** The words of incidents. */
export const words = {
  title: "Incidents",
  none: "There are no incidents.",
  noneFits: "No incident fits these filters.",
  noneHint: "A check that finds something makes one.",
  state: "Automated investigation state",
  pendingAction: "Pending action",
  resolve: "Resolve incident",
  assign: "Assign to me",
  waitingStill: "Actions of this incident still wait for a decision. Resolving decides nothing about them.",
  evenSo: "Resolve although they wait. They stay in Pending.",
  evidence: "Evidence and Response",
  evidenceNone: "There is no evidence in this incident.",
  approve: "Approve pending action",
  reject: "Reject pending action",
  action: "Open the action",
  hunt: "Go hunt",
};
