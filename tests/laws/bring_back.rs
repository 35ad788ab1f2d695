//! What was taken away comes back as it was, whatever it was (M68).

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assize_domain::action::ActionStatus;
use assize_domain::order::Conflict;
use assize_engine::door::{ApproveActions, UndoActions};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::shop::{Shop, ask};

#[derive(Clone, Debug)]
struct Good {
    content: Vec<u8>,
    mode: u32,
    changed: (u64, u32),
}

/// Any name the kernel takes, text or not.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("not in a name", |byte| !matches!(byte, 0 | b'/'));
    vec(byte, 1..40).prop_filter("a folder's own", |name| name != b"." && name != b"..")
}

fn good() -> impl Strategy<Value = Good> {
    let content = vec(any::<u8>(), 1..3000);
    // Readable by us also where the test does not run as root.
    let mode = (0..0o10000_u32).prop_map(|mode| mode | 0o600);
    (content, mode, (0..4_000_000_000_u64, 0..1_000_000_000_u32)).prop_map(|(content, mode, changed)| Good {
        content,
        mode,
        changed,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// M68
    #[test]
    fn a_file_with_any_name_content_mode_and_time_comes_back_as_it_was(goods in btree_map(name(), good(), 1..12)) {
        let shop = Shop::open();
        for (name, good) in &goods {
            let place = shop.place(name);
            fs::write(&place, &good.content).expect("a folder of our own");
            let changed = SystemTime::UNIX_EPOCH + Duration::new(good.changed.0, good.changed.1);
            fs::File::options().write(true).open(&place).and_then(|f| f.set_modified(changed)).expect("ours");
            fs::set_permissions(&place, Permissions::from_mode(good.mode)).expect("ours");
        }
        let marks: BTreeMap<PathBuf, _> =
            goods.keys().map(|name| shop.place(name)).map(|place| (place.clone(), mark(&place))).collect();

        let contents: Vec<&[u8]> = goods.values().map(|good| good.content.as_slice()).collect();
        let waiting = shop.waiting(&contents);
        prop_assert_eq!(waiting.len(), goods.len(), "every name can be read and acted on");
        let ids: Vec<_> = waiting.iter().map(|action| action.id.clone()).collect();
        ask!(shop, ApproveActions { ids: ids.clone(), comment: None, group_by_type: false });
        for done in shop.engine.settle_actions(&ids).expect("they rest") {
            prop_assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
        }
        prop_assert!(shop.goods().is_empty(), "all are away");
        prop_assert_eq!(shop.kept().len(), goods.len());

        ask!(shop, UndoActions { ids: ids.clone(), reason: None, conflict: Conflict::Stop, instances: false, allow_days: None });
        for undone in shop.engine.settle_actions(&ids).expect("they rest") {
            prop_assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
        }
        for (place, before) in marks {
            prop_assert_eq!(mark(&place), before, "{}", place.display());
        }
        prop_assert_eq!(shop.goods().len(), goods.len(), "and nothing else came");
        prop_assert!(shop.kept().is_empty());
    }
}

type Mark = (Vec<u8>, u32, (u32, u32), (i64, i64));

fn mark(place: &Path) -> Mark {
    let facts = fs::symlink_metadata(place).expect("it is there");
    let owner = (facts.uid(), facts.gid());
    (fs::read(place).expect("readable"), facts.mode(), owner, (facts.mtime(), facts.mtime_nsec()))
}
