//! Device groups: rules, rank, and what a change moves.
use crate::given::NOW;
use RuleOperator::{Contains, EndsWith, Equals, IsOneOf, StartsWith};
use RuleProperty::{Domain, Name, OsPlatform as Os, Tag};
use assize_domain::{
    group::{
        AutomationLevel, Device, DeviceGroup, DeviceKind, GroupRefusal, MatchingRule, OsPlatform, PREVIEW,
        RuleOperator, RuleProperty, UNGROUPED, close_gaps, demote, member_of, moves, promote,
    },
    id::{DeviceId, GroupId},
};
use proptest::prelude::*;

fn rule(property: RuleProperty, operator: RuleOperator, value: &str) -> MatchingRule {
    MatchingRule { property, operator, value: value.into() }
}

fn group(name: &str, rank: u32, level: AutomationLevel, rules: Vec<MatchingRule>) -> DeviceGroup {
    DeviceGroup {
        id: GroupId::from(name),
        name: name.into(),
        description: String::new(),
        level,
        rank: Some(rank),
        rules,
        created_at: NOW,
    }
}

fn default_group() -> DeviceGroup {
    DeviceGroup { rank: None, ..group(UNGROUPED, 0, AutomationLevel::SemiAll, vec![]) }
}

fn device(name: &str, domain: Option<&str>, tags: &[&str], os: OsPlatform) -> Device {
    Device {
        id: DeviceId::from(name),
        name: name.into(),
        domain: domain.map(Into::into),
        os,
        os_version: String::new(),
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        kind: DeviceKind::ThisComputer,
        created_at: NOW,
    }
}

/// M118
#[test]
fn rules_of_one_property_are_alternatives_and_properties_add_up() {
    let web = group(
        "web",
        1,
        AutomationLevel::Full,
        vec![rule(Name, StartsWith, "web-"), rule(Name, EndsWith, "-WWW"), rule(Os, IsOneOf, "linux, macos")],
    );
    let fits = |name, os| web.fits(&device(name, None, &[], os));
    assert!(fits("WEB-1", OsPlatform::Linux), "case does not matter");
    assert!(fits("one-www", OsPlatform::Macos), "the other row of the same property");
    assert!(!fits("web-1", OsPlatform::Windows), "the other property must fit too");
    assert!(!fits("db-1", OsPlatform::Linux));
    let tagged = group("t", 1, AutomationLevel::Full, vec![rule(Tag, Equals, "Shop"), rule(Domain, Contains, "corp")]);
    assert!(tagged.fits(&device("a", Some("eu.CORP.example"), &["x", "shop"], OsPlatform::Linux)));
    assert!(!tagged.fits(&device("a", None, &["shop"], OsPlatform::Linux)), "no domain fits no domain rule");
    assert!(!tagged.fits(&device("a", Some("corp"), &["shopping"], OsPlatform::Linux)), "equals is not begins with");
    let none = group("n", 1, AutomationLevel::Full, vec![]);
    assert!(!none.fits(&device("a", None, &[], OsPlatform::Linux)), "a group without rules takes nothing");
}

/// M118
#[test]
fn a_group_that_cannot_be_meant_is_refused() {
    let with = |rules| group("g", 1, AutomationLevel::Full, rules).check();
    let rows = |n: usize| (0..n).map(|i| rule(Name, Equals, &i.to_string())).collect::<Vec<_>>();
    assert_eq!(with(rows(10)), Ok(()));
    assert_eq!(with(rows(11)), Err(GroupRefusal::TooManyRows { property: Name }));
    assert_eq!(with(vec![rule(Tag, Equals, "  ")]), Err(GroupRefusal::EmptyValue { property: Tag }));
    assert_eq!(with(vec![rule(Name, IsOneOf, "a")]), Err(GroupRefusal::Operator { property: Name, operator: IsOneOf }));
    assert_eq!(with(vec![rule(Os, Contains, "lin")]), Err(GroupRefusal::Operator { property: Os, operator: Contains }));
    let unknown = with(vec![rule(Os, IsOneOf, "linux,beos")]);
    assert_eq!(unknown, Err(GroupRefusal::UnknownPlatform { value: "beos".into() }));
    assert_eq!(group(" ", 1, AutomationLevel::Full, vec![]).check(), Err(GroupRefusal::NoName));
    let reserved = group("ungrouped DEVICES", 1, AutomationLevel::Full, vec![]).check();
    assert_eq!(reserved, Err(GroupRefusal::ReservedName));
    let ruled = DeviceGroup { rules: rows(1), ..default_group() };
    assert_eq!((default_group().check(), ruled.check()), (Ok(()), Err(GroupRefusal::DefaultHasNoRules)));
}

/// M10, M119: the highest rank wins wherever the group stands in the list; what fits nothing is in the default group.
#[test]
fn a_device_belongs_to_its_highest_ranked_group_alone() {
    let all = || vec![rule(Name, Contains, "a")];
    let groups = [
        default_group(),
        group("second", 2, AutomationLevel::Full, all()),
        group("first", 1, AutomationLevel::SemiCore, all()),
    ];
    assert_eq!(member_of(&groups, &device("anna", None, &[], OsPlatform::Linux)).name, "first");
    assert_eq!(member_of(&groups, &device("otto", None, &[], OsPlatform::Linux)).name, UNGROUPED);
}

/// M118
#[test]
fn promoting_and_demoting_exchange_neighbours() {
    let named = |groups: &[DeviceGroup]| {
        let mut ranked: Vec<_> = groups.iter().filter_map(|g| Some((g.rank?, g.name.clone()))).collect();
        ranked.sort();
        ranked.into_iter().map(|(_, name)| name).collect::<String>()
    };
    let mut groups = vec![
        group("a", 1, AutomationLevel::Full, vec![]),
        default_group(),
        group("b", 2, AutomationLevel::Full, vec![]),
        group("c", 3, AutomationLevel::Full, vec![]),
    ];
    assert!(promote(&mut groups, &GroupId::from("c")));
    assert_eq!(named(&groups), "acb");
    assert!(demote(&mut groups, &GroupId::from("a")));
    assert_eq!(named(&groups), "cab");
    assert!(!promote(&mut groups, &GroupId::from("c")), "1 is the top");
    assert!(!demote(&mut groups, &GroupId::from("b")), "only the default group is below");
    assert!(!promote(&mut groups, &GroupId::from(UNGROUPED)), "the default group is always last");
    groups.retain(|g| g.name != "a");
    close_gaps(&mut groups);
    assert_eq!(groups.iter().filter_map(|g| g.rank).collect::<std::collections::BTreeSet<_>>(), [1, 2].into());
}

/// M118
#[test]
fn a_preview_shows_ten_devices_at_most() {
    let devices: Vec<Device> = (0..30).map(|i| device(&format!("a{i:02}"), None, &[], OsPlatform::Linux)).collect();
    let g = group("g", 1, AutomationLevel::Full, vec![rule(Name, StartsWith, "a")]);
    let preview = g.preview(&devices);
    assert_eq!((preview.len(), preview[0].name.as_str()), (PREVIEW, "a00"));
}

/// M119: the list of moves tells group and level before and after, and leaves out who stays.
#[test]
fn a_change_tells_which_devices_move_and_what_their_level_becomes() {
    let before = [group("web", 1, AutomationLevel::Full, vec![rule(Name, StartsWith, "web")]), default_group()];
    let mut after = before.clone().to_vec();
    after[0].rules = vec![rule(Name, StartsWith, "db")];
    after[1].level = AutomationLevel::SemiAll;
    let devices: Vec<Device> = ["web1", "db1", "x"].iter().map(|n| device(n, None, &[], OsPlatform::Linux)).collect();
    let told: Vec<_> = moves(&before, &after, &devices)
        .into_iter()
        .map(|m| (m.device_name, m.from, m.to, m.level_before, m.level_after))
        .collect();
    let (full, all) = (AutomationLevel::Full, AutomationLevel::SemiAll);
    assert_eq!(
        told,
        [
            ("web1".to_owned(), "web".to_owned(), UNGROUPED.to_owned(), full, all),
            ("db1".to_owned(), UNGROUPED.to_owned(), "web".to_owned(), all, full),
        ]
    );
    let mut level = before.clone();
    level[1].level = AutomationLevel::None;
    assert_eq!(moves(&before, &level, &devices).len(), 2, "a new level of the same group counts");
    assert!(moves(&before, &before, &devices).is_empty());
}

proptest! {
    /// M118, M119: whatever is promoted and demoted, ranks stay 1, 2, 3 … and every device has one group.
    #[test]
    fn ranks_stay_without_gaps(
        steps in proptest::collection::vec((0usize..5, any::<bool>()), 0..30),
        starts in proptest::collection::vec("[ab]", 5),
    ) {
        let mut groups: Vec<DeviceGroup> = (0..5u32)
            .map(|i| group(&format!("g{i}"), i + 1, AutomationLevel::Full, vec![rule(Name, StartsWith, &starts[i as usize])]))
            .collect();
        groups.push(default_group());
        for (at, up) in steps {
            let id = GroupId(format!("g{at}"));
            if up { promote(&mut groups, &id) } else { demote(&mut groups, &id) };
            let mut ranks: Vec<u32> = groups.iter().filter_map(|g| g.rank).collect();
            ranks.sort_unstable();
            prop_assert_eq!(ranks, vec![1, 2, 3, 4, 5]);
        }
        let one = device("abc", None, &[], OsPlatform::Linux);
        let home = member_of(&groups, &one);
        let better = groups.iter().filter(|g| g.fits(&one) && g.rank < home.rank).count();
        prop_assert!(home.is_default() || better == 0);
    }
}
