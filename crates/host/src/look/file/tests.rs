//! Facts and opening, with what could mislead them.
use super::*;
use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
};
use tempfile::TempDir;

fn device() -> (TempDir, Root) {
    let folder = tempfile::tempdir().unwrap();
    for path in ["etc", "usr/bin", "tmp"] {
        fs::create_dir_all(folder.path().join(path)).unwrap();
    }
    symlink("usr/bin", folder.path().join("bin")).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let gid = rustix::process::getgid().as_raw();
    fs::write(folder.path().join("etc/passwd"), format!("keeper:x:{uid}:{gid}::/:/bin/sh\nlater:x:{uid}:0::/:/x\n"))
        .unwrap();
    fs::write(folder.path().join("usr/bin/tool"), "tool").unwrap();
    let root = Root::staged(folder.path());
    (folder, root)
}

fn path(text: &str) -> DevicePath {
    DevicePath::from(text)
}

#[test]
fn facts_are_told_in_the_devices_own_names() {
    let (folder, root) = device();
    let tool = folder.path().join("usr/bin/tool");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o4750)).unwrap();
    fs::hard_link(&tool, folder.path().join("tmp/other-name")).unwrap();
    let facts = inspect(&root, &path("/usr/bin/tool")).unwrap();
    let metadata = fs::metadata(&tool).unwrap();
    assert_eq!(facts.kind, Kind::Regular);
    assert_eq!((facts.size, facts.mode.as_str(), facts.links), (4, "4750", 2));
    assert_eq!(facts.owner, format!("keeper:{}", metadata.gid()), "no group file: the number stands");
    assert_eq!(facts.identity, FileIdentity { device: metadata.dev(), inode: metadata.ino() });
    assert_eq!(facts.modified_at.0, metadata.mtime() * 1000 + metadata.mtime_nsec() / 1_000_000);
    assert_eq!(facts.resolved, None);
}

#[test]
fn a_link_on_the_way_is_followed_and_told() {
    let (_folder, root) = device();
    let (mut file, facts) = open_regular(&root, &path("/bin/tool")).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "tool");
    assert_eq!(facts.resolved, Some(path("/usr/bin/tool")));
    assert_eq!(real_path(&root, &path("/bin/../bin/./tool")).unwrap(), path("/usr/bin/tool"));
}

#[test]
fn a_link_at_the_end_has_facts_of_its_own_and_is_not_opened() {
    let (folder, root) = device();
    symlink("/usr/bin/tool", folder.path().join("tmp/link")).unwrap();
    let facts = inspect(&root, &path("/tmp/link")).unwrap();
    assert_eq!((facts.kind, facts.resolved), (Kind::Link, Some(path("/usr/bin/tool"))));
    let error = open_regular(&root, &path("/tmp/link")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn pipes_and_folders_are_refused_without_waiting() {
    let (folder, root) = device();
    let pipe = folder.path().join("tmp/pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for name in ["/tmp/pipe", "/tmp", "/"] {
        assert_eq!(open_regular(&root, &path(name)).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
    }
    assert_eq!(inspect(&root, &path("/tmp/pipe")).unwrap().kind, Kind::Special);
    assert_eq!(inspect(&root, &path("/tmp/none")).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn links_stay_inside_the_device_and_circles_end() {
    let (folder, root) = device();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    symlink(outside.path(), folder.path().join("tmp/out")).unwrap();
    symlink("../../../../..", folder.path().join("tmp/up")).unwrap();
    symlink("a", folder.path().join("tmp/b")).unwrap();
    symlink("b", folder.path().join("tmp/a")).unwrap();
    assert!(open_regular(&root, &path("/tmp/out/secret")).is_err());
    assert_eq!(real_path(&root, &path("/tmp/up/usr/bin/tool")).unwrap(), path("/usr/bin/tool"));
    assert!(real_path(&root, &path("/tmp/a")).is_err());
}

/// M151
#[test]
fn a_folder_exchanged_for_a_link_is_not_followed() {
    let (folder, root) = device();
    fs::create_dir(folder.path().join("tmp/d")).unwrap();
    fs::write(folder.path().join("tmp/d/f"), "x").unwrap();
    fs::rename(folder.path().join("tmp/d"), folder.path().join("tmp/e")).unwrap();
    symlink("e", folder.path().join("tmp/d")).unwrap();
    // The path was found free of links a moment ago.
    assert!(open_real(&root, b"/tmp/d/f").is_err());
    assert!(open_real(&root, b"/tmp/e/f").is_ok());
}

#[test]
fn hostile_names_are_opened_as_they_are() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, root) = device();
    let name = b"a\n\xff";
    fs::write(folder.path().join("tmp").join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
    let facts = open_regular(&root, &DevicePath::from_bytes(b"/tmp/a\n\xff")).unwrap().1;
    assert_eq!((facts.size, facts.path.to_bytes()), (1, b"/tmp/a\n\xff".to_vec()));
}
