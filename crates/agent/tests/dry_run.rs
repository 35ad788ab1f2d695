//! A dry run of every verb on a staged device, with its undo: what is on the disk afterwards is what was there before.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]
use assize_agent::{LocalDevice, Where};
use assize_domain::{
    device::Device,
    id::{InvestigationId, VaultId},
    investigation::Scope,
    order::Conflict,
    question::{Plan, Question},
    remedy::{ActionType, remedy_for},
    target::{Isolation, Target},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command},
};

/// Everything of a tree that can be told apart, but when it was last read.
fn state(root: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(path: &Path, out: &mut BTreeMap<PathBuf, String>) {
        let m = fs::symlink_metadata(path).unwrap();
        let content = if m.is_file() {
            format!("{:?}", fs::read(path).unwrap())
        } else if m.is_symlink() {
            format!("{:?}", fs::read_link(path).unwrap())
        } else {
            String::new()
        };
        let times = (m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
        let facts = (m.ino(), m.mode(), m.uid(), m.gid(), m.nlink(), m.size(), times);
        out.insert(path.to_owned(), format!("{facts:?} {content}"));
        if m.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                walk(&entry.unwrap().path(), out);
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(root, &mut out);
    out
}

/// A process of the device, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write(root: &Path, path: &str, text: impl AsRef<[u8]>, mode: u32) {
    let real = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::write(&real, text).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(mode)).unwrap();
}

/// One thing at least for every verb that acts on things.
fn plant(root: &Path) -> Running {
    write(root, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n", 0o644);
    let program = fs::read("/bin/sleep").unwrap();
    write(root, "/tmp/.x/run", program, 0o755);
    write(root, "/etc/cron.d/sync", "# it\n*/5 * * * * root /tmp/.x/run 900\n", 0o644);
    write(root, "/var/spool/cron/crontabs/ann", "1 2 * * * /bin/true\n*/9 * * * * /tmp/.x/run 9\n", 0o600);
    write(
        root,
        "/etc/systemd/system/x.service",
        "[Service]\nExecStart=/tmp/.x/run 9\n[Install]\nWantedBy=multi-user.target\n",
        0o644,
    );
    fs::create_dir_all(root.join("etc/systemd/system/multi-user.target.wants")).unwrap();
    symlink("/etc/systemd/system/x.service", root.join("etc/systemd/system/multi-user.target.wants/x.service"))
        .unwrap();
    write(
        root,
        "/etc/systemd/system/x.timer",
        "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n",
        0o644,
    );
    write(root, "/home/ann/.bashrc", "umask 022\n/tmp/.x/run 900 &\n", 0o644);
    write(
        root,
        "/home/ann/.config/autostart/x.desktop",
        "[Desktop Entry]\nType=Application\nName=x\nExec=/tmp/.x/run 9\n",
        0o644,
    );
    write(root, "/etc/modules-load.d/x.conf", "x_mod\n", 0o644);
    write(root, "/lib/modules/6.1.0/extra/x_mod.ko", "\u{7f}ELF no module", 0o644);
    Running(Command::new(root.join("tmp/.x/run")).arg("600").spawn().unwrap())
}

fn whole_device() -> Vec<(ActionType, Target)> {
    vec![
        (ActionType::IsolateDevice, Target::Network { isolation: Isolation::Full, until: None }),
        (ActionType::RestrictCodeExecution, Target::CodeExecution { until: None }),
        (ActionType::RunAntivirusScan, Target::Scan { full: true }),
        (ActionType::CollectInvestigationPackage, Target::Package),
        (ActionType::StopAndQuarantineFile, Target::Content { sha256: "ab".repeat(32), name: "x".into(), path: None }),
    ]
}

/// M61: the plan of every verb, and of taking it back, touches neither the device nor what is remembered of it.
#[test]
fn a_dry_run_of_every_verb_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("device");
    let kept = folder.path().join("state");
    let _running = plant(&root);
    let device = LocalDevice::open(Where::Staged(root.clone()), &kept, vec![]).unwrap();
    let question = Question::new(InvestigationId("i".into()), Scope::Quick);
    let seen = device.ask(&question, &mut |_| {}).unwrap().observed;
    let things = seen.iter().filter_map(|o| Some((remedy_for(o.entity.kind())?, Target::of(&o.entity)?)));
    let wishes: Vec<(ActionType, Target)> = things.chain(whole_device()).collect();
    let before = (state(&root), state(&kept));
    let mut told = BTreeSet::new();
    for (kind, target) in &wishes {
        let Plan { steps, obstacles, .. } = device.plan(*kind, target);
        assert!(!steps.is_empty() || !obstacles.is_empty(), "{kind:?} of {target:?} says nothing");
        told.insert(*kind);
        let now = (state(&root), state(&kept));
        assert_eq!(now, before, "{kind:?} of {target:?}");
        let conflicts = [Conflict::Stop, Conflict::Replace, Conflict::KeepBoth];
        for conflict in &conflicts {
            device.plan_undo(&[VaultId("ab".repeat(16))], conflict);
        }
        assert_eq!((state(&root), state(&kept)), before, "the undo of {kind:?}");
    }
    let all: BTreeSet<ActionType> = ActionType::ALL.into_iter().collect();
    let missing: Vec<&ActionType> = all.difference(&told).collect();
    assert_eq!(missing, [&ActionType::RemoveRegistryKey], "every verb but the one that this system has nothing for");
}
