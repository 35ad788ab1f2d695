//! Several real processes on one data folder: this test program starts itself again.
use super::{NOW, stand, store};
use crate::{Store, StoreError, Verified, seed};
use assize_domain::{incident::Incident, record::Subject};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const PART: &str = "ASSIZE_STORE_TEST_PART";
const FOLDER: &str = "ASSIZE_STORE_TEST_FOLDER";
const EACH: u32 = 40;
const PROCESSES: u32 = 4;

fn child(part: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::processes::what_a_child_does", "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads what a child says until it says `word`.
fn hear(child: &mut Child, word: &str) {
    let out = BufReader::new(child.stdout.as_mut().unwrap());
    let said = out.lines().map_while(Result::ok).any(|line| line.contains(word));
    assert!(said, "the child ended without saying {word}");
}

/// The part of a child process; nothing in an ordinary run.
#[test]
fn what_a_child_does() {
    let (Ok(part), Some(folder)) = (std::env::var(PART), std::env::var_os(FOLDER)) else { return };
    let store = Store::open(Path::new(&folder)).unwrap();
    if part == "open" {
        return;
    }
    if part == "drive" {
        let _held = store.try_drive().unwrap().expect("nobody else drives");
        println!("driving");
        std::thread::sleep(std::time::Duration::from_secs(600));
        return;
    }
    let id = seed::incident(0, NOW).id;
    for i in 0..EACH {
        // As the engine does it: read, decide, and try again where another process was faster.
        loop {
            let read = store.read(|r| r.incident(&id)).unwrap();
            let next = Incident { updated_at: assize_domain::time::Stamp(read.updated_at.0 + 1), ..read.value.clone() };
            let done = store.write(|w| {
                w.replace_incident(&read, &next)?;
                w.append(&seed::entry(NOW, Subject::Incident, &format!("{part}-{i}"), "N2"))
            });
            match done {
                Ok(_) => break,
                Err(StoreError::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn several_processes_that_write_at_once_lose_nothing() {
    let (_folder, store) = store();
    stand(&store);
    let children: Vec<Child> = (0..PROCESSES).map(|i| child(&format!("p{i}"), store.folder())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let all = PROCESSES * EACH;
    let incident = store.read(|r| r.incident(&seed::incident(0, NOW).id)).unwrap();
    assert_eq!((incident.version, incident.updated_at.0), (i64::from(all) + 1, NOW.0 + i64::from(all)));
    let verified = store.read(|r| r.verify_chain()).unwrap();
    assert_eq!(verified, Verified { records: u64::from(all), first_broken: None });
}

#[test]
fn several_processes_that_open_a_new_folder_at_once_all_succeed() {
    let (_folder, store) = store();
    let fresh = store.folder().with_file_name("fresh");
    let children: Vec<Child> = (0..PROCESSES).map(|_| child("open", &fresh)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = Store::open(&fresh).unwrap();
    assert_eq!(store.read(|r| r.groups()).unwrap().len(), 1);
}

#[test]
fn one_process_drives_and_when_it_is_killed_another_takes_over() {
    let (_folder, store) = store();
    let mut driver = child("drive", store.folder());
    hear(&mut driver, "driving");
    assert!(store.try_drive().unwrap().is_none(), "another process drives");
    driver.kill().unwrap();
    driver.wait().unwrap();
    let held = store.try_drive().unwrap().expect("the lock of a dead process is free");
    assert!(store.try_drive().unwrap().is_none(), "one driver within a process too");
    drop(held);
    assert!(store.try_drive().unwrap().is_some());
}

#[test]
fn what_another_process_writes_is_noticed() {
    let (_folder, store) = store();
    stand(&store);
    let version = store.data_version().unwrap();
    assert!(child("p0", store.folder()).wait().unwrap().success());
    assert_ne!(store.data_version().unwrap(), version);
    assert_eq!(store.latest_seq().unwrap(), u64::from(EACH));
}
