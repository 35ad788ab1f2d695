//! Actions: lists, the flyout, decisions and undo.
use assize_engine::door;

requests! {
    list_actions asks ListActions;
    show_action asks ShowAction;
    plan_action asks PlanAction;
    approve_actions asks ApproveActions;
    reject_actions asks RejectActions;
    cancel_actions asks CancelActions;
    retry_actions asks RetryActions;
    undo_actions asks UndoActions;
    allow_after_undo asks AllowAfterUndo;
    reapply_action asks ReapplyAction;
    plan_rollback asks PlanRollback;
    roll_back asks RollBack;
    run_action asks RunAction;
    plan_run asks PlanRun;
}
