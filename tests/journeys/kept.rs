//! Kept copies on a real vault: warned of, pinned, and gone when their time is over.
use crate::staged::{BAD, Home, TEMP, about, ask};
use assize_domain::{group::AutomationLevel, order::Conflict, time::Span};
use assize_engine::door::{ListIndicators, ListQuarantine, PinQuarantined, RemoveIndicator, VerifyQuarantine};

/// M87: ninety days, a warning a week before, for good where a person pinned it: on the device's own vault, from whose
/// disk it really goes. What was pinned still comes back.
#[test]
fn a_copy_goes_after_its_time_and_a_pinned_one_stays_and_comes_back() {
    let home = Home::at(AutomationLevel::Full);
    let (one, two) = (home.device("till-01"), home.device("till-02"));
    let goes = [&one, &two].map(|till| {
        till.plant(TEMP, BAD);
        about(&till.investigate(), TEMP).unwrap().id.clone()
    });
    let kept = ask!(home, ListQuarantine {}).items;
    assert_eq!(kept.len(), 2);
    let of = |action| kept.iter().find(|i| i.action_id == action).unwrap();
    let (first, end) = (of(goes[0].clone()).id.clone(), of(goes[0].clone()).expires_at.unwrap());
    for item in &kept {
        ask!(home, PinQuarantined { id: item.id.clone(), pinned: true });
    }
    let later = |days| {
        home.pass(Span::days(days));
        home.engine.drive_what_is_due().unwrap();
        ask!(home, ListQuarantine {}).items
    };
    let pinned = later(200);
    assert!(pinned.len() == 2 && pinned.iter().all(|i| i.pinned && i.expires_at.is_none()));
    assert_eq!(ask!(home, VerifyQuarantine {}).damaged, []);
    for known in ask!(home, ListIndicators {}).indicators {
        ask!(home, RemoveIndicator { id: known.id });
    }
    home.undo(&goes[1], Conflict::Stop);
    assert!(two.has(TEMP), "what was pinned comes back after its time");

    ask!(home, PinQuarantined { id: first, pinned: false });
    let warned = later(1);
    assert!(warned[0].warned_at.is_some() && warned[0].expires_at.unwrap() > end, "warned first, however late");
    assert_eq!(later(8).len(), 0);
    assert_eq!(ask!(home, VerifyQuarantine {}).checked, 1, "the device has it no more; the pinned one stays");
    assert!(!one.has(TEMP));
}
