//! Whatever people decide in whatever order, and whatever is put into the empty places meanwhile: no content is ever
//! lost or doubled, and the rows tell the truth.

use std::fs;

use assize_domain::action::ActionStatus;
use assize_domain::order::Conflict;
use assize_engine::door::{ApproveActions, CancelActions, RejectActions, RetryActions, UndoActions};
use assize_engine::view::Action;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::shop::{Shop, sha256};

const GOODS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Approve,
    Reject,
    Cancel,
    Retry,
    Undo(Conflict),
    /// Somebody puts a file of their own where there is none.
    Place,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = select(vec![
        Step::Approve,
        Step::Approve,
        Step::Reject,
        Step::Cancel,
        Step::Retry,
        Step::Undo(Conflict::Stop),
        Step::Undo(Conflict::KeepBoth),
        Step::Undo(Conflict::Replace),
        Step::Place,
    ]);
    vec((0..GOODS, step), 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// M44, M68
    #[test]
    fn no_order_of_decisions_loses_or_doubles_anything(steps in steps()) {
        let shop = Shop::open();
        let names: Vec<String> = (0..GOODS).map(|n| format!("parcel-{n}")).collect();
        let mut contents: Vec<Vec<u8>> = names.iter().map(|name| format!("What is in {name}.\n").into_bytes()).collect();
        for (name, content) in names.iter().zip(&contents) {
            fs::write(shop.place(name.as_bytes()), content).expect("a folder of our own");
        }
        let watched: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
        let mut waiting = shop.waiting(&watched);
        waiting.sort_by(|a, b| a.target_title.cmp(&b.target_title));
        prop_assert_eq!(waiting.len(), GOODS);

        for (n, step) in steps {
            let place = shop.place(names[n].as_bytes());
            if matches!(step, Step::Place) {
                if !place.exists() {
                    let stranger = format!("Somebody's file number {}.\n", contents.len()).into_bytes();
                    fs::write(&place, &stranger).expect("a folder of our own");
                    contents.push(stranger);
                }
            } else {
                decide(&shop, &waiting[n], step);
            }
            all_are_there_once(&shop, &contents);
            for action in &waiting {
                tells_the_truth(&shop, action);
            }
        }
        shop.is_sound();
    }
}

fn decide(shop: &Shop, action: &Action, step: Step) {
    let ids = vec![action.id.clone()];
    let (engine, who) = (&shop.engine, &shop.person);
    let decision = match step {
        Step::Approve => engine.ask(who, ApproveActions { ids, comment: None, group_by_type: false }),
        Step::Reject => engine.ask(who, RejectActions { ids, comment: None, group_by_type: false }),
        Step::Cancel => engine.ask(who, CancelActions { ids, comment: None }),
        Step::Retry => engine.ask(who, RetryActions { ids }),
        Step::Undo(conflict) => {
            engine.ask(who, UndoActions { ids, reason: None, conflict, instances: false, allow_days: None })
        }
        Step::Place => return,
    };
    shop.decide(&action.id, decision);
}

/// Each content exists exactly once: on the device, under whatever name, or in quarantine.
fn all_are_there_once(shop: &Shop, contents: &[Vec<u8>]) {
    let (goods, kept) = (shop.goods(), shop.kept());
    for content in contents {
        let hash = sha256(content);
        let on_device = goods.iter().filter(|good| *good == content).count();
        let in_quarantine = kept.iter().filter(|item| item.sha256 == hash).count();
        assert_eq!(on_device + in_quarantine, 1, "{}", String::from_utf8_lossy(content));
    }
    assert!(goods.iter().all(|good| contents.contains(good)), "nothing half done lies about");
}

/// Done means in quarantine, everything else means on the device.
fn tells_the_truth(shop: &Shop, action: &Action) {
    let now = shop.action(&action.id);
    let kept = shop.kept().iter().any(|item| item.action_id == action.id && item.path.as_str() == now.target_title);
    let away = matches!(now.status, ActionStatus::Completed | ActionStatus::UndoFailed);
    assert_eq!(kept, away, "{now:#?}");
    let offers = now.undo.possible;
    assert_eq!(offers, away, "undo is offered for what was done, and for nothing else: {now:#?}");
}
