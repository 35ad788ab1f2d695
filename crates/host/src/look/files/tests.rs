//! Planted trees and what a walk hands on.
use super::*;
use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};
use tempfile::TempDir;

struct Device {
    folder: TempDir,
}

impl Device {
    fn new() -> Self {
        let device = Self { folder: tempfile::tempdir().unwrap() };
        device.put(
            "/etc/passwd",
            "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nd:x:2:2::/usr/sbin:/x\n",
            0o644,
        );
        fs::create_dir(device.real("/usr")).unwrap();
        fs::create_dir(device.real("/usr/bin")).unwrap();
        std::os::unix::fs::symlink("usr/bin", device.real("/bin")).unwrap();
        device
    }

    fn root(&self) -> Root {
        Root::staged(self.folder.path())
    }

    fn real(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, text: &str, mode: u32) {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, text).unwrap();
        fs::set_permissions(real, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn package(&self, name: &str, files: &[&str]) {
        let list: String = files.iter().map(|f| format!("{f}\n")).collect();
        self.put(&format!("/var/lib/dpkg/info/{name}.list"), &list, 0o644);
    }

    fn walked(&self, scope: &Scope, skip: &[PathBuf]) -> (Vec<Candidate>, WalkSummary) {
        let root = self.root();
        let packages = PackageDatabase::read(&root);
        let mut found = Vec::new();
        let summary = walk(&root, scope, &packages, skip, &mut |c| found.push(c));
        found.sort_by(|a, b| a.path.cmp(&b.path));
        (found, summary)
    }

    fn quick(&self) -> Vec<String> {
        self.walked(&Scope::Quick, &[]).0.into_iter().map(|c| c.path.to_string()).collect()
    }
}

#[test]
fn the_quick_look_takes_what_lies_where_threats_lie_and_leaves_the_rest() {
    let device = Device::new();
    device.package("good", &["/.", "/usr", "/bin/owned", "/usr/lib/owned.so", "/usr/lib/py/a.py"]);
    let taken = [
        ("/tmp/.x/note.txt", 0o644),
        ("/var/tmp/a", 0o644),
        ("/dev/shm/.m/b", 0o755),
        ("/run/user/1000/c", 0o644),
        ("/home/ann/Downloads/d.txt", 0o644),
        ("/home/ann/Téléchargements/e.txt", 0o644),
        ("/home/ann/.local/share/.dbus/dbusd", 0o755),
        ("/home/ann/.cache/.gk/gkd", 0o755),
        ("/home/ann/.hidden-program", 0o755),
        ("/root/.x", 0o755),
        ("/var/www/html/up/p.jpg", 0o644),
        ("/opt/shop/htdocs/i.php", 0o644),
        ("/opt/app/bin/run", 0o755),
        ("/etc/strange", 0o755),
        ("/usr/bin/stranger", 0o644),
        ("/usr/lib/x/libevil.so", 0o644),
        ("/usr/lib/other/__pycache__/b.cpython-311.pyc", 0o644),
        ("/usr/share/mime/text/program.xml", 0o755),
        ("/usr/local/bin/tool", 0o755),
        ("/usr/local/lib/libx.so.1", 0o644),
    ];
    let left = [
        ("/usr/bin/owned", 0o755),
        ("/usr/lib/owned.so", 0o644),
        ("/usr/lib/py/a.py", 0o644),
        ("/usr/lib/py/__pycache__/a.cpython-311.pyc", 0o644),
        ("/usr/share/mime/text/plain.xml", 0o644),
        ("/usr/local/bin/README", 0o644),
        ("/usr/local/share/x", 0o755),
        ("/home/ann/Documents/letter", 0o644),
        ("/home/ann/.config/settings", 0o644),
        ("/home/ann/.npm/_cacache/tool", 0o755),
        ("/opt/app/data", 0o644),
        ("/etc/settings", 0o644),
        ("/var/lib/data", 0o755),
    ];
    device.put("/home/ann/.config/user-dirs.dirs", "# c\nXDG_DOWNLOAD_DIR=\"$HOME/Téléchargements\"\n", 0o644);
    for (path, mode) in taken.iter().chain(&left) {
        device.put(path, "x", *mode);
    }
    let mut expected: Vec<String> = taken.iter().map(|(p, _)| (*p).to_owned()).collect();
    expected.sort();
    assert_eq!(device.quick(), expected);
}

#[test]
fn without_a_package_database_nothing_in_a_system_folder_is_taken_for_owned() {
    let device = Device::new();
    device.put("/usr/lib/a/b", "x", 0o644);
    assert_eq!(device.quick(), ["/usr/lib/a/b"]);
}

#[test]
fn what_is_too_much_for_the_quick_look_is_told_and_the_small_files_are_still_read() {
    let device = Device::new();
    device.put("/tmp/disk.img", "", 0o644);
    fs::File::options().write(true).open(device.real("/tmp/disk.img")).unwrap().set_len(3 << 30).unwrap();
    device.put("/tmp/deep/in/there/run.sh", "#!/bin/sh\n", 0o755);
    let (found, summary) = device.walked(&Scope::Quick, &[]);
    assert_eq!(found.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["/tmp/deep/in/there/run.sh"]);
    let told: Vec<String> = summary.skipped.iter().map(|s| format!("{}: {}", s.path, s.reason)).collect();
    assert!(told.iter().any(|t| t.starts_with("/tmp: ") && t.contains("not read: 1;")), "{told:?}");
    let (found, _) = device.walked(&Scope::Full, &[]);
    assert!(found.iter().any(|c| c.path.as_str() == "/tmp/disk.img"), "the full look takes it");
}

#[test]
fn links_are_not_followed_and_only_regular_files_are_handed_on() {
    let device = Device::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    device.put("/tmp/real", "x", 0o644);
    std::os::unix::fs::symlink(outside.path(), device.real("/tmp/out")).unwrap();
    std::os::unix::fs::symlink("/dev/null", device.real("/tmp/null")).unwrap();
    std::os::unix::fs::symlink("real", device.real("/tmp/again")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        device.real("/tmp/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(device.quick(), ["/tmp/real"]);
}

#[test]
fn the_full_look_takes_everything_but_the_kernels_folders_and_what_is_left_out() {
    let device = Device::new();
    for path in ["/home/ann/Documents/letter", "/dev/shm/a", "/dev/b", "/proc/c", "/sys/d", "/srv/own/e", "/srv/f"] {
        device.put(path, "x", 0o644);
    }
    let (found, summary) = device.walked(&Scope::Full, &[device.real("/srv/own")]);
    let found: Vec<&str> = found.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(found, ["/dev/shm/a", "/etc/passwd", "/home/ann/Documents/letter", "/srv/f"]);
    assert_eq!((summary.candidates, summary.faults.len()), (4, 0));
}

#[test]
fn given_paths_are_files_or_whole_folders_and_one_that_is_missing_is_told() {
    let device = Device::new();
    device.put("/srv/a/b/c", "x", 0o644);
    device.put("/srv/d", "xyz", 0o4755);
    let paths = ["/srv/a", "/srv/d", "/srv/missing"].map(DevicePath::from).to_vec();
    let (found, summary) = device.walked(&Scope::Paths { paths }, &[]);
    let told: Vec<&str> = found.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(told, ["/srv/a/b/c", "/srv/d"]);
    assert_eq!((found[1].size, found[1].mode, found[1].executable), (3, 0o4755, true));
    assert_eq!(found[1].real, device.real("/srv/d"));
    assert_eq!(summary.faults.len(), 1);
    assert_eq!(summary.faults[0].path.as_str(), "/srv/missing");
}

#[test]
fn a_file_met_by_two_ways_is_handed_on_once() {
    let device = Device::new();
    device.put("/etc/passwd", "ann:x:1000:1000::/tmp/home:/bin/sh\n", 0o644);
    device.put("/tmp/home/Downloads/a", "x", 0o755);
    device.put("/tmp/home/.hidden/b", "x", 0o755);
    assert_eq!(device.quick(), ["/tmp/home/.hidden/b", "/tmp/home/Downloads/a"]);
}

#[test]
fn hostile_names_come_through_whole() {
    let device = Device::new();
    device.put("/tmp/x/keep", "x", 0o644);
    fs::write(device.real("/tmp/x").join(OsStr::from_bytes(b"a\n\xff \x1b")), "x").unwrap();
    let (found, _) = device.walked(&Scope::Quick, &[]);
    let names: Vec<Vec<u8>> = found.iter().map(|c| c.path.to_bytes()).collect();
    assert_eq!(names, [b"/tmp/x/a\n\xff \x1b".to_vec(), b"/tmp/x/keep".to_vec()]);
}

#[test]
fn a_folder_that_this_account_may_not_read_is_told() {
    let device = Device::new();
    device.put("/tmp/closed/a", "x", 0o644);
    device.put("/tmp/open", "x", 0o644);
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may read every folder");
        return;
    }
    fs::set_permissions(device.real("/tmp/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let (found, summary) = device.walked(&Scope::Quick, &[]);
    fs::set_permissions(device.real("/tmp/closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(summary.faults[0].path.as_str(), "/tmp/closed");
}

#[test]
fn a_programs_library_is_known_by_its_name() {
    for name in [b"/x/liba.so".as_slice(), b"/x/liba.so.1.2"] {
        assert!(is_library(name));
    }
    for name in [b"/x/ld.so.cache".as_slice(), b"/x/ld.so.conf", b"/x/a.sorted"] {
        assert!(!is_library(name));
    }
}
