//! M68: whatever files there are, what was quarantined and brought back equals what was there in all but inode number,
//! change time and birth time. Trees by lot: odd names, modes, owners, lists of rights, attributes, capabilities, flags,
//! holes, other names, times, no bytes at all.
use super::*;
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use rustix::fs::{IFlags, XattrFlags, fsetxattr};

const KIND: ActionType = ActionType::QuarantineFile;

#[derive(Clone, Debug)]
enum Content {
    Empty,
    Bytes(Vec<u8>),
    /// A length, and bytes at some places of it.
    Holes(u64, Vec<(u64, Vec<u8>)>),
}

#[derive(Clone, Debug)]
struct Good {
    content: Content,
    mode: u32,
    owner: (u32, u32),
    times: ((i64, i64), (i64, i64)),
    notes: BTreeMap<u8, Vec<u8>>,
    /// Somebody of this number may do this, beside what the mode says.
    right: Option<(u32, u16)>,
    capability: bool,
    flags: u32,
    /// It has a second name.
    linked: bool,
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("not in a name", |byte| !matches!(byte, 0 | b'/'));
    vec(byte, 1..60).prop_filter("a folder's own, or ours", |n| n != b"." && n != b".." && !n.starts_with(b".assize-"))
}

fn content() -> impl Strategy<Value = Content> {
    let island = (0..300_000u64, vec(any::<u8>(), 1..5000));
    prop_oneof![
        1 => Just(Content::Empty),
        4 => vec(any::<u8>(), 1..20_000).prop_map(Content::Bytes),
        2 => (0..400_000u64, vec(island, 0..4)).prop_map(|(length, islands)| Content::Holes(length, islands)),
    ]
}

fn good() -> impl Strategy<Value = Good> {
    let moment = || (-2_000_000_000..8_000_000_000i64, 0..1_000_000_000i64);
    let flags = prop::sample::select(vec![
        0,
        0,
        IFlags::IMMUTABLE.bits(),
        IFlags::APPEND.bits(),
        IFlags::NODUMP.bits(),
        (IFlags::IMMUTABLE | IFlags::NODUMP | IFlags::NOATIME).bits(),
    ]);
    (
        content(),
        0..0o10000u32,
        (0..70_000u32, 0..70_000u32),
        (moment(), moment()),
        btree_map(any::<u8>(), vec(any::<u8>(), 0..300), 0..4),
        prop::option::of((1000..2000u32, 0..8u16)),
        any::<bool>(),
        flags,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(content, mode, owner, times, notes, right, capability, flags, linked)| Good {
            content,
            mode,
            owner,
            times,
            notes,
            right,
            capability,
            flags,
            linked,
        })
}

/// How much of what was drawn this disk and these rights allowed.
#[derive(Default)]
struct Dressed {
    files: usize,
    attributes: usize,
    refused: usize,
}

impl Dressed {
    fn note(&mut self, set: Result<(), rustix::io::Errno>) {
        self.attributes += 1;
        self.refused += usize::from(set.is_err());
    }

    fn plant(&mut self, path: &Path, good: &Good) {
        use std::os::unix::fs::FileExt;
        let file = fs::File::create(path).unwrap();
        match &good.content {
            Content::Empty => {}
            Content::Bytes(bytes) => file.write_all_at(bytes, 0).unwrap(),
            Content::Holes(length, islands) => {
                file.set_len(*length).unwrap();
                islands.iter().for_each(|(at, bytes)| file.write_all_at(bytes, *at).unwrap());
            }
        }
        if good.linked {
            let mut other = path.as_os_str().to_owned();
            other.push("~");
            let _ = fs::hard_link(path, other);
        }
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(path, Some(good.owner.0), Some(good.owner.1)).unwrap();
        }
        // Readable by us also where the test does not run as root.
        fs::set_permissions(path, fs::Permissions::from_mode(good.mode | 0o400)).unwrap();
        for (name, value) in &good.notes {
            self.note(fsetxattr(&file, format!("user.note-{name}"), value, XattrFlags::empty()));
        }
        if let Some((who, may)) = good.right {
            self.note(fsetxattr(&file, "system.posix_acl_access", &rights(good.mode, who, may), XattrFlags::empty()));
        }
        if good.capability {
            // Version 2, effective: may bind to low ports.
            let words = [0x0200_0001u32, 1 << 10, 0, 0, 0];
            let value: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            self.note(fsetxattr(&file, "security.capability", &value, XattrFlags::empty()));
        }
        let spec = |(s, n): (i64, i64)| rustix::fs::Timespec { tv_sec: s, tv_nsec: n };
        let times = rustix::fs::Timestamps { last_access: spec(good.times.0), last_modification: spec(good.times.1) };
        rustix::fs::futimens(&file, &times).unwrap();
        if good.flags != 0 {
            self.note(Facts::only_flags(&file, good.flags));
        }
        self.files += 1;
    }
}

/// A list of rights as the kernel keeps it.
fn rights(mode: u32, who: u32, may: u16) -> Vec<u8> {
    let of = |shift: u32| u16::try_from(mode >> shift & 7).unwrap();
    let entries =
        [(1u16, of(6), u32::MAX), (2, may, who), (4, of(3), u32::MAX), (0x10, 7, u32::MAX), (0x20, of(0), u32::MAX)];
    let mut out = 2u32.to_le_bytes().to_vec();
    for (tag, may, who) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(may.to_le_bytes());
        out.extend(who.to_le_bytes());
    }
    out
}

/// What is locked cannot be removed with the folder of the test.
struct Unlocks<'a>(&'a Rig);

impl Drop for Unlocks<'_> {
    fn drop(&mut self) {
        for entry in fs::read_dir(self.0.real("/srv")).into_iter().flatten().flatten() {
            if let Ok(file) = fs::File::open(entry.path()) {
                let _ = Facts::only_flags(&file, 0);
            }
        }
    }
}

/// Second names are names of a file of their own afterwards.
fn counted_apart(mut tree: BTreeMap<PathBuf, Thing>) -> BTreeMap<PathBuf, Thing> {
    for thing in tree.values_mut() {
        if let Thing::File(snapshot) = thing {
            snapshot.facts.links = 1;
        }
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// M68
    #[test]
    fn whatever_was_quarantined_comes_back_in_all_that_can_be_set(goods in btree_map(name(), good(), 1..10)) {
        let rig = Rig::in_memory();
        let _unlocks = Unlocks(&rig);
        let hands = rig.hands();
        fs::create_dir(rig.real("/srv")).unwrap();
        let paths: Vec<DevicePath> =
            goods.keys().map(|name| DevicePath::from_bytes(&[&b"/srv/"[..], name.as_slice()].concat())).collect();
        let mut dressed = Dressed::default();
        for (path, good) in paths.iter().zip(goods.values()) {
            dressed.plant(&Root::staged(rig.root()).real(path), good);
        }
        let before = tree(&rig);
        let mut kept = Vec::new();
        for path in &paths {
            let target = file_target(&rig.root(), path);
            let receipt = quarantine(&hands, &target);
            let (ReceiptOutcome::Done { proof } | ReceiptOutcome::Partly { proof, .. }) = receipt.outcome else {
                return Err(TestCaseError::fail(format!("{path:?}: {:?}", receipt.outcome)));
            };
            prop_assert!(fs::symlink_metadata(Root::staged(rig.root()).real(path)).is_err());
            kept.push((target, proof.kept));
        }
        for (target, kept) in kept.iter().rev() {
            done(&undo(&hands, KIND, target, kept, Conflict::Stop));
        }
        prop_assert_eq!(counted_apart(tree(&rig)), counted_apart(before));
        prop_assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
        println!(
            "exactness law: {} files, {} attributes and flags ({} of them refused by this disk)",
            dressed.files, dressed.attributes, dressed.refused
        );
    }
}
