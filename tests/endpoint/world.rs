//! The world itself: what is planted in it is there, and what is outside is not.

use std::path::Path;

use assize_tests::world;

#[test]
fn planted_things_are_there_and_the_real_machine_is_not() {
    world::inside("world::planted_things_are_there_and_the_real_machine_is_not", || {
        let homes: Vec<_> = std::fs::read_dir("/root").expect("there is a home").flatten().collect();
        assert!(homes.iter().all(|entry| entry.path().is_dir()), "the real home is out of sight: {homes:?}");

        let file = Path::new("/etc/cron.d/planted");
        std::fs::write(file, "* * * * * root /tmp/.hidden/helper\n").expect("the world is writable");
        assert!(file.exists());

        let mut process = world::plant_process("/tmp/.hidden/helper");
        assert!(process.runs());
        // Few processes: those of the machine outside are not among them.
        let processes = std::fs::read_dir("/proc").expect("proc is there").flatten();
        let numbers = processes.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok()).count();
        assert!(numbers < 20, "{numbers} processes");

        std::fs::remove_file("/etc/hostname").ok();
        assert!(std::fs::write("/proc/sys/kernel/panic", "1").is_err(), "the kernel's switches are out of reach");
    });
    assert!(world::is_world() || !Path::new("/etc/cron.d/planted").exists(), "nothing reached the real machine");
}

#[test]
fn an_orphan_that_ends_is_buried() {
    world::inside("world::an_orphan_that_ends_is_buried", || {
        // Its parent is gone at once, so the first process of the world inherits it.
        let pid = std::process::Command::new("sh").args(["-c", "sleep 0.2 >/dev/null 2>&1 & echo $!"]).output();
        let pid = String::from_utf8(pid.expect("sh starts").stdout).expect("a number");
        let entry = Path::new("/proc").join(pid.trim());
        for _ in 0..200 {
            if !entry.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        panic!("{} stays", entry.display());
    });
}
