//! The witness for good: what is owned, and what only looks so.
use super::*;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const SUM: &str = "7210080490f9fd139c1b44fa0f730988";
const OTHER: &str = "12c7981c8fed81743552e47dd4b1483e";

struct Device {
    folder: TempDir,
}

impl Device {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn real(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, text: &str) -> &Self {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(real, text).unwrap();
        self
    }

    fn merge(&self, folder: &str, into: &str) -> &Self {
        fs::create_dir_all(self.real(into)).unwrap();
        std::os::unix::fs::symlink(into.trim_start_matches('/'), self.real(folder)).unwrap();
        self
    }

    fn read(&self) -> PackageDatabase {
        PackageDatabase::read(&Root::staged(self.folder.path()))
    }
}

fn owner(database: &PackageDatabase, path: &str) -> Option<Owned> {
    database.owner(&DevicePath::from(path))
}

#[test]
fn a_file_is_owned_with_its_checksum_and_version() {
    let device = Device::new();
    device
        .put("/var/lib/dpkg/info/bash.list", "/.\n/usr\n/usr/bin\n/usr/bin/bash\n/usr/share/a b\n")
        .put("/var/lib/dpkg/info/bash.md5sums", &format!("{SUM}  usr/bin/bash\n{OTHER}  usr/share/a b\n"))
        .put("/var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nVersion: 5.2\n");
    let database = device.read();
    assert!(database.knows_anything());
    let expected = Owned {
        package: "bash".into(),
        version: Some("5.2".into()),
        md5: Some(SUM.into()),
        sha256: None,
        conffile: false,
    };
    assert_eq!(owner(&database, "/usr/bin/bash"), Some(expected));
    assert_eq!(owner(&database, "/usr/share/a b").unwrap().md5.as_deref(), Some(OTHER));
    assert_eq!(owner(&database, "/usr/bin").unwrap().md5, None);
    assert_eq!(owner(&database, "/usr/bin/bash2"), None);
    assert_eq!(owner(&database, "/bin/bash"), None, "/bin is a folder of its own here");
}

#[test]
fn names_of_merged_folders_are_one() {
    let device = Device::new();
    device
        .merge("/bin", "/usr/bin")
        .merge("/lib", "/usr/lib")
        .put("/var/lib/dpkg/info/a.list", "/bin/x\n/lib/systemd/system/x.service\n")
        .put("/var/lib/dpkg/info/a.md5sums", &format!("{SUM}  bin/x\n"))
        .put("/var/lib/dpkg/info/b.list", "/usr/bin/y\n/libx/z\n");
    let database = device.read();
    for path in ["/bin/x", "/usr/bin/x", "/usr/lib/systemd/system/x.service", "/lib/systemd/system/x.service"] {
        assert_eq!(owner(&database, path).map(|o| o.package).as_deref(), Some("a"), "{path}");
    }
    assert_eq!(owner(&database, "/usr/bin/x").unwrap().md5.as_deref(), Some(SUM));
    assert_eq!(owner(&database, "/bin/y").map(|o| o.package).as_deref(), Some("b"));
    assert_eq!(owner(&database, "/usr/libx/z"), None, "only whole names are merged");
}

#[test]
fn a_diverted_file_is_where_the_diversion_put_it() {
    let device = Device::new();
    device
        .put("/var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.real\nwrapper\n")
        .put("/var/lib/dpkg/info/tool.list", "/usr/bin/tool\n")
        .put("/var/lib/dpkg/info/tool.md5sums", &format!("{SUM}  usr/bin/tool\n"))
        .put("/var/lib/dpkg/info/wrapper.list", "/usr/bin/tool\n")
        .put("/var/lib/dpkg/info/wrapper.md5sums", &format!("{OTHER}  usr/bin/tool\n"));
    let database = device.read();
    let told = |path| owner(&database, path).map(|o| (o.package, o.md5.unwrap_or_default()));
    assert_eq!(told("/usr/bin/tool"), Some(("wrapper".into(), OTHER.into())));
    assert_eq!(told("/usr/bin/tool.real"), Some(("tool".into(), SUM.into())));
}

#[test]
fn configuration_files_are_marked_and_have_their_checksum_from_the_status() {
    let device = Device::new();
    let status = format!(
        "Package: a\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1\nConffiles:\n /etc/a.conf {SUM}\n /etc/old.conf {OTHER} obsolete\nDescription: x\n /etc/not.conf {SUM}\n\nPackage: b\nVersion: 2\n"
    );
    device
        .put("/var/lib/dpkg/status", &status)
        .put("/var/lib/dpkg/info/a:amd64.list", "/etc/a.conf\n")
        .put("/var/lib/dpkg/info/b.list", "/etc/b\n");
    let database = device.read();
    let conffile = owner(&database, "/etc/a.conf").unwrap();
    assert_eq!((conffile.package.as_str(), conffile.version.as_deref()), ("a:amd64", Some("1")));
    assert_eq!((conffile.md5.as_deref(), conffile.conffile), (Some(SUM), true));
    assert_eq!(owner(&database, "/etc/old.conf"), None);
    assert_eq!(owner(&database, "/etc/not.conf"), None);
    assert_eq!(owner(&database, "/etc/b").unwrap().version.as_deref(), Some("2"));
}

#[test]
fn a_device_without_records_says_that_it_knows_nothing() {
    let device = Device::new();
    device.put("/var/lib/dpkg/status", "").put("/var/lib/rpm/rpmdb.sqlite", "not a database");
    let database = device.read();
    assert!(!database.knows_anything());
    assert_eq!(owner(&database, "/usr/bin/bash"), None);
}

#[test]
fn damaged_records_own_nothing_and_break_nothing() {
    let device = Device::new();
    device
        .put("/var/lib/dpkg/info/a.list", "no slash\n/\n/.\n\n/x\n")
        .put("/var/lib/dpkg/info/a.md5sums", "short\nzz10080490f9fd139c1b44fa0f730988  y\n\u{fffd}\n");
    let database = device.read();
    assert_eq!(database.len(), 1);
    assert_eq!(owner(&database, "/x").unwrap().md5, None);
}
