//! Spec 2.2 and 2.3.
use assize_domain::{
    alert::Severity,
    group::AutomationLevel,
    indicator::IndicatorAction,
    location::{Location, LocationClass},
    policy::{Case, Outcome, PathlessItems, Rail, Ruling, cell, evaluate, location_rails, stricter_link},
    verdict::Verdict,
};
use proptest::prelude::*;

/// The table as the specification prints it: level, verdict, then the columns C, B, T, O, U.
const TABLE: &str = "
FULL         | Malicious        | AUTO  | AUTO  | AUTO  | AUTO  | AUTO
FULL         | Suspicious       | PEND  | PEND  | PEND  | PEND  | PEND
FULL         | No threats found | –     | –     | –     | –     | –
SEMI_ALL     | Malicious        | PEND  | PEND  | PEND  | PEND  | PEND
SEMI_ALL     | Suspicious       | PEND  | PEND  | PEND  | PEND  | PEND
SEMI_ALL     | No threats found | –     | –     | –     | –     | –
SEMI_CORE    | Malicious        | PEND  | PEND  | AUTO  | AUTO  | PEND
SEMI_CORE    | Suspicious       | PEND  | PEND  | PEND  | PEND  | PEND
SEMI_CORE    | No threats found | –     | –     | –     | –     | –
SEMI_NONTEMP | Malicious        | PEND  | AUTO  | AUTO  | PEND  | PEND
SEMI_NONTEMP | Suspicious       | PEND  | PEND  | PEND  | PEND  | PEND
SEMI_NONTEMP | No threats found | –     | –     | –     | –     | –
NONE         | Malicious        | NOINV | NOINV | NOINV | NOINV | NOINV
NONE         | Suspicious       | NOINV | NOINV | NOINV | NOINV | NOINV
NONE         | No threats found | NOINV | NOINV | NOINV | NOINV | NOINV
";

fn cells() -> Vec<(AutomationLevel, Verdict, LocationClass, Outcome)> {
    let mut cells = Vec::new();
    for line in TABLE.trim().lines() {
        let row: Vec<&str> = line.split('|').map(str::trim).collect();
        let level = match row[0] {
            "FULL" => AutomationLevel::Full,
            "SEMI_ALL" => AutomationLevel::SemiAll,
            "SEMI_CORE" => AutomationLevel::SemiCore,
            "SEMI_NONTEMP" => AutomationLevel::SemiNonTemp,
            "NONE" => AutomationLevel::None,
            other => panic!("{other}"),
        };
        let verdict = Verdict::ALL.into_iter().find(|v| v.label() == row[1]).expect("a verdict of the table");
        let columns =
            [LocationClass::Core, LocationClass::Both, LocationClass::Temp, LocationClass::Other, LocationClass::None];
        for (class, text) in columns.into_iter().zip(&row[2..]) {
            let outcome = match *text {
                "AUTO" => Outcome::Act,
                "PEND" => Outcome::Ask,
                "–" => Outcome::Nothing,
                "NOINV" => Outcome::NoInvestigation,
                other => panic!("{other}"),
            };
            cells.push((level, verdict, class, outcome));
        }
    }
    cells
}

fn plain(level: AutomationLevel, verdict: Verdict, class: LocationClass) -> Case<'static> {
    Case {
        level,
        verdict,
        class,
        pathless: PathlessItems::Ask,
        indicator: None,
        exclusion: None,
        alert: None,
        rails: &[],
        executor: true,
        reachable: true,
    }
}

/// M2, M3, M4, M5, M6, M7, M8, M9, M11, M16
#[test]
fn each_of_the_75_cells_says_what_the_specification_prints() {
    let cells = cells();
    let distinct: std::collections::HashSet<_> = cells.iter().map(|(l, v, c, _)| (*l, *v, *c)).collect();
    assert_eq!((cells.len(), distinct.len()), (75, 75), "every cell once, so exactly one outcome each");
    for (level, verdict, class, outcome) in cells {
        let at = (level, verdict, class);
        assert_eq!(cell(level, verdict, class, PathlessItems::Ask), outcome, "{at:?}");
        assert_eq!(evaluate(&plain(level, verdict, class)).outcome, outcome, "{at:?} by the evaluation order");
    }
}

/// M15: the setting of spec 2.2 exception 3 changes one cell and no other.
#[test]
fn the_literal_reading_changes_only_pathless_items_under_semi_core() {
    for (level, verdict, class, _) in cells() {
        let (asking, literal) = (
            cell(level, verdict, class, PathlessItems::Ask),
            cell(level, verdict, class, PathlessItems::LiteralReading),
        );
        if (level, verdict, class) == (AutomationLevel::SemiCore, Verdict::Malicious, LocationClass::None) {
            assert_eq!((asking, literal), (Outcome::Ask, Outcome::Act));
        } else {
            assert_eq!(asking, literal, "{level:?} {verdict:?} {class:?}");
        }
    }
}

fn level() -> impl Strategy<Value = AutomationLevel> {
    proptest::sample::select(AutomationLevel::ALL.to_vec())
}
fn verdict() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(Verdict::ALL.to_vec())
}
fn class() -> impl Strategy<Value = LocationClass> {
    proptest::sample::select(LocationClass::ALL.to_vec())
}
fn pathless() -> impl Strategy<Value = PathlessItems> {
    proptest::sample::select(vec![PathlessItems::Ask, PathlessItems::LiteralReading])
}
fn rail() -> impl Strategy<Value = Rail> {
    proptest::sample::select(vec![
        Rail::ProtectedItem { what: "sshd".into() },
        Rail::RemoteFile,
        Rail::StricterLink,
        Rail::InContainer,
        Rail::NoBackupSpace,
        Rail::StillLoaded { by: "/etc/ld.so.preload".into() },
        Rail::MassActionBreaker { same_type: 40, minutes: 5 },
        Rail::NewRule { rule: "dropper".into(), devices: 2 },
        Rail::DoubtedRule { rule: "dropper".into() },
    ])
}
fn indicator() -> impl Strategy<Value = Option<(&'static str, IndicatorAction)>> {
    use IndicatorAction::{Allow, Audit, Block, BlockAndRemediate, Warn};
    proptest::option::of(proptest::sample::select(vec![Allow, Audit, Warn, Block, BlockAndRemediate]))
        .prop_map(|action| action.map(|a| ("one", a)))
}
fn severity() -> impl Strategy<Value = Option<Severity>> {
    proptest::option::of(proptest::sample::select(vec![
        Severity::Informational,
        Severity::Low,
        Severity::Medium,
        Severity::High,
    ]))
}

proptest! {
    /// M16: whatever stands beside the matrix, waiting never becomes acting, and the more rails the more careful.
    #[test]
    fn nothing_turns_waiting_into_acting(
        level in level(), verdict in verdict(), class in class(), pathless in pathless(),
        rails in proptest::collection::vec(rail(), 0..4), executor: bool, reachable: bool,
        indicator in indicator(), excluded: bool, alert in severity(),
    ) {
        let bare = Case { pathless, ..plain(level, verdict, class) };
        let full = Case {
            rails: &rails, executor, reachable, indicator, alert,
            exclusion: excluded.then_some("a folder"), ..bare.clone()
        };
        let (bare, full) = (evaluate(&bare), evaluate(&full));
        if full.outcome == Outcome::Act {
            prop_assert_eq!(bare.outcome, Outcome::Act, "only what the matrix lets act acts");
            prop_assert!(rails.is_empty() && executor && !excluded, "a rail, a missing means or an exclusion was overlooked");
            prop_assert_eq!(verdict, Verdict::Malicious, "only Malicious acts");
        }
        if level == AutomationLevel::None {
            prop_assert_eq!(full.outcome, Outcome::NoInvestigation);
        }
        if bare.outcome == Outcome::Ask && !excluded {
            prop_assert_eq!(full.outcome, Outcome::Ask, "a rail never makes a question disappear");
        }
    }

    /// M19: the trace is in the order of the rows, and names the row that decided as one that applied.
    #[test]
    fn the_trace_names_the_row_that_decided(
        level in level(), verdict in verdict(), class in class(),
        rails in proptest::collection::vec(rail(), 0..3), executor: bool, reachable: bool,
        indicator in indicator(), excluded: bool, alert in severity(),
    ) {
        let case = Case {
            rails: &rails, executor, reachable, indicator, alert,
            exclusion: excluded.then_some("a folder"), ..plain(level, verdict, class)
        };
        let Ruling { decided_by_row, trace, .. } = evaluate(&case);
        prop_assert!(trace.iter().any(|r| r.row == decided_by_row && r.applied), "{trace:?}");
        prop_assert!(trace.windows(2).all(|w| w[0].row <= w[1].row), "{trace:?}");
        prop_assert!(trace.iter().all(|r| !r.text.is_empty()));
    }

    /// M14: of a link and its target the stricter decides, whichever of the two is which.
    #[test]
    fn an_item_waits_when_either_the_link_or_its_target_would(
        level in level(), real in class(), link in class(), pathless in pathless(),
    ) {
        let asks = |class| cell(level, Verdict::Malicious, class, pathless) == Outcome::Ask;
        let location = Location { class: real, link_class: Some(link), classified_by: None, remote: false };
        let rails = location_rails(level, &location, pathless);
        let case = Case { pathless, rails: &rails, ..plain(level, Verdict::Malicious, real) };
        let outcome = evaluate(&case).outcome;
        let expected = match level {
            AutomationLevel::None => Outcome::NoInvestigation,
            AutomationLevel::Full | AutomationLevel::SemiAll | AutomationLevel::SemiCore | AutomationLevel::SemiNonTemp => {
                if location.outcome_classes().any(asks) { Outcome::Ask } else { Outcome::Act }
            }
        };
        prop_assert_eq!(outcome, expected);
        prop_assert_eq!(stricter_link(level, real, link, pathless), stricter_link(level, link, real, pathless));
    }

    /// M1: unknown is not a verdict that acts.
    #[test]
    fn unknown_never_acts(level in level(), class in class(), alert in severity()) {
        let case = Case { alert, ..plain(level, Verdict::Unknown, class) };
        let expected = match (level, alert) {
            (AutomationLevel::None, _) => Outcome::NoInvestigation,
            (_, Some(Severity::Medium | Severity::High)) => Outcome::Ask,
            (_, Some(Severity::Informational | Severity::Low) | None) => Outcome::Nothing,
        };
        prop_assert_eq!(evaluate(&case).outcome, expected);
    }
}

fn decided(case: &Case<'_>) -> (Outcome, u8) {
    let ruling = evaluate(case);
    (ruling.outcome, ruling.decided_by_row)
}

/// M8, M11, M18, M19
#[test]
fn the_rows_are_walked_in_the_order_of_the_specification() {
    let bad = plain(AutomationLevel::Full, Verdict::Malicious, LocationClass::Temp);
    assert_eq!(decided(&bad), (Outcome::Act, 8));
    assert_eq!(decided(&Case { verdict: Verdict::Suspicious, ..bad.clone() }), (Outcome::Ask, 7));
    assert_eq!(decided(&Case { verdict: Verdict::NoThreatsFound, ..bad.clone() }), (Outcome::Nothing, 5));
    let excluded = Case { exclusion: Some("/srv/build"), ..bad.clone() };
    assert_eq!(decided(&excluded), (Outcome::Nothing, 2), "an exclusion ends it before any verdict");
    let none = Case { level: AutomationLevel::None, ..excluded.clone() };
    assert_eq!(decided(&none), (Outcome::NoInvestigation, 0), "the level comes first");
    let protected = [Rail::ProtectedItem { what: "the shell".into() }];
    assert_eq!(decided(&Case { rails: &protected, ..bad.clone() }), (Outcome::Ask, 9));
    assert_eq!(decided(&Case { executor: false, ..bad.clone() }), (Outcome::Ask, 10));
    let both = Case { rails: &protected, executor: false, ..bad.clone() };
    assert_eq!(decided(&both), (Outcome::Ask, 9), "the first rail that lowers is the one named");
    let away = Case { reachable: false, ..bad };
    assert_eq!(decided(&away), (Outcome::Act, 8), "a decision stands while the device is away");
    assert!(evaluate(&away).trace.iter().any(|r| r.row == 11 && r.applied));
}

/// M19
#[test]
fn the_trace_tells_the_indicator_the_exclusion_and_the_rail_by_name() {
    let bad = plain(AutomationLevel::Full, Verdict::Malicious, LocationClass::Core);
    let said = |case: &Case<'_>| evaluate(case).trace.iter().map(|r| r.text.clone()).collect::<Vec<_>>().join("\n");
    assert!(said(&Case { exclusion: Some("/srv/build"), ..bad.clone() }).contains("/srv/build"));
    assert!(
        said(&Case { indicator: Some(("Known tool", IndicatorAction::Block)), ..bad.clone() }).contains("Known tool")
    );
    assert!(said(&Case { rails: &[Rail::ProtectedItem { what: "sudo".into() }], ..bad.clone() }).contains("sudo"));
    assert!(said(&bad).contains("core folder") && said(&bad).contains(AutomationLevel::Full.label()));
}
