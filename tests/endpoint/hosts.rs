//! The host itself: it runs, it is not the machine, and nothing of it stays.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assize_tests::host::{self, Host, STREET};

const HELD: &str = "ASSIZE_TEST_HOLDS_A_HOST";

#[test]
fn a_host_has_a_service_manager_and_a_network_of_its_own() {
    host::inside("hosts::a_host_has_a_service_manager_and_a_network_of_its_own", || {
        let system = |words: &[&str]| {
            let done = Command::new("systemctl").args(words).output().expect("systemctl starts");
            String::from_utf8(done.stdout).expect("text").trim().to_owned()
        };
        assert_eq!(system(&["is-system-running"]), "running");
        assert_eq!(system(&["is-active", "cron.service"]), "active");
        let processes = std::fs::read_dir("/proc").expect("proc is there").flatten();
        let numbers = processes.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok()).count();
        assert!(numbers < 30, "{numbers} processes: those of the machine are not among them");
        let ping = Command::new("ip").args(["route", "get", STREET]).output().expect("ip starts");
        assert!(String::from_utf8_lossy(&ping.stdout).contains("dev host0"), "{ping:?}");
        std::fs::write("/etc/systemd/system/planted.service", "[Service]\nExecStart=/bin/true\n").expect("writable");
        assert!(std::fs::write("/proc/sysrq-trigger", "s").is_err(), "the machine's switches are out of reach");
    });
    let planted = Path::new("/etc/systemd/system/planted.service");
    assert!(host::is_host() || !planted.exists(), "nothing reached the machine");
}

#[test]
fn a_host_that_is_restarted_or_loses_its_power_keeps_its_disk() {
    let Some(mut host) = Host::boot() else { return };
    host.write("/etc/kept", "kept\n", 0o640);
    let boot = |host: &Host| host.run(&["cat", "/proc/1/stat"]).split(' ').nth(21).map(str::to_owned);
    let mut boots = vec![boot(&host)];
    host.restart();
    boots.push(boot(&host));
    host.cut_power();
    boots.push(boot(&host));
    boots.dedup();
    assert_eq!(boots.len(), 3, "it was started three times: {boots:?}");
    assert_eq!(host.run(&["cat", "/etc/kept"]), "kept");
    let street = host.in_street(&["ip", "-brief", "address"]).output().expect("ip starts");
    assert!(String::from_utf8_lossy(&street.stdout).contains(STREET), "{street:?}");
}

#[test]
fn nothing_of_a_host_stays_when_its_test_is_killed() {
    if std::env::var_os(HELD).is_some() {
        let host = Host::boot().expect("there was one a moment ago");
        println!("holds {}", host.group().display());
        std::thread::sleep(Duration::from_secs(600));
        return;
    }
    let Some(host) = Host::boot() else { return };
    let group = host.group().to_owned();
    assert!(group.exists(), "as long as one of its processes lives, its control group is there");
    drop(host);
    assert!(!group.exists(), "after it was dropped");

    let program = std::env::current_exe().expect("a test knows its own file");
    let name = "hosts::nothing_of_a_host_stays_when_its_test_is_killed";
    let mut holder = Command::new(program);
    let holder = holder.args([name, "--exact", "--nocapture"]).env(HELD, "1").stdout(Stdio::piped());
    let mut holder = holder.spawn().expect("it starts again");
    let mut said = BufReader::new(holder.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let group = said.find_map(|line| line.split_once("holds ").map(|(_, group)| group.to_owned()));
    let group = group.expect("it has a host");
    assert!(Path::new(&group).exists());
    holder.kill().and_then(|()| holder.wait()).expect("it is ours");
    let start = Instant::now();
    while Path::new(&group).exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "there is still {group}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
