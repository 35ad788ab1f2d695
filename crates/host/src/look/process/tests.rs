//! Processes that these tests start themselves, found and described.
use super::*;
use std::{
    fs,
    os::fd::AsRawFd,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A child that ends with its test.
struct Own(Child);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Own {
    fn start(program: &Path, arguments: &[&str], folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null());
        loop {
            match command.spawn() {
                Ok(child) => return Self(child),
                // Another test's child holds our copy's writing end for a moment, between its fork and its exec.
                Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                Err(e) => panic!("{}: {e}", program.display()),
            }
        }
    }

    /// Waits until the child runs its own program.
    fn seen(&self, root: &Root, ready: impl Fn(&SeenProcess) -> bool) -> SeenProcess {
        let start = Instant::now();
        loop {
            if let Some(seen) = process(root, self.0.id()).filter(&ready) {
                return seen;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "the child never showed");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn sleep_copy(folder: &Path) -> PathBuf {
    let copy = folder.join("kswapd0");
    fs::copy("/bin/sleep", &copy).unwrap();
    copy
}

#[test]
fn a_running_program_is_found_with_its_image_arguments_and_start() {
    let folder = tempfile::tempdir().unwrap();
    let program = sleep_copy(folder.path());
    let child = Own::start(&program, &["60"], folder.path());
    let live = Root::this_computer();
    let seen = child.seen(&live, |s| s.image.as_ref().is_some_and(|i| i.path.as_str().ends_with("kswapd0")));
    let p = &seen.process;
    assert_eq!(p.exe.as_ref().map(DevicePath::as_str), program.to_str());
    assert_eq!(p.arguments, [program.to_str().unwrap(), "60"]);
    assert_eq!(p.command_line, format!("{} 60", program.display()));
    assert_eq!(p.parent_pid, Some(std::process::id()));
    assert!(!p.exe_deleted && !p.container && !seen.kernel_thread);
    let stat = fs::read_to_string(format!("/proc/{}/stat", p.pid)).unwrap();
    assert_eq!(Some(p.start_ticks.as_str()), stat.rsplit(')').next().unwrap().split_whitespace().nth(19));
    let image = seen.image.as_ref().unwrap();
    assert!(image.same_file && image.same_path_exists && !image.memfd);
    assert_eq!(image.size, fs::metadata(&program).unwrap().len());

    let all = processes(&live);
    assert!(all.contains(&seen), "the list has it as the single look does");
    assert!(all.iter().any(|s| s.process.pid == std::process::id()), "our own process is one like any other");
}

#[test]
fn a_program_is_readable_after_its_file_is_gone_and_a_new_file_at_its_place_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let program = sleep_copy(folder.path());
    let bytes = fs::read(&program).unwrap();
    let child = Own::start(&program, &["60"], folder.path());
    let live = Root::this_computer();
    child.seen(&live, |s| s.image.as_ref().is_some_and(|i| i.same_file));

    fs::remove_file(&program).unwrap();
    let gone = process(&live, child.0.id()).unwrap();
    assert!(gone.process.exe_deleted);
    assert_eq!(gone.process.exe.as_ref().map(DevicePath::as_str), program.to_str());
    assert!(!gone.image.as_ref().unwrap().same_path_exists);
    let mut image = Vec::new();
    open_image(gone.process.pid, &gone.process.start_ticks).unwrap().read_to_end(&mut image).unwrap();
    assert!(image == bytes);

    fs::write(&program, "upgraded").unwrap();
    let replaced = process(&live, child.0.id()).unwrap();
    let image = replaced.image.unwrap();
    assert!(replaced.process.exe_deleted && image.same_path_exists && !image.same_file);
}

/// M63
#[test]
fn a_number_used_by_another_process_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let child = Own::start(&sleep_copy(folder.path()), &["60"], folder.path());
    let error = open_image(child.0.id(), "1").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_name_that_only_looks_deleted_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("x (deleted)");
    fs::copy("/bin/sleep", &program).unwrap();
    let child = Own::start(&program, &["60"], folder.path());
    let seen = child.seen(&Root::this_computer(), |s| s.image.as_ref().is_some_and(|i| i.same_file));
    assert!(!seen.process.exe_deleted);
    assert_eq!(seen.process.exe.as_ref().map(DevicePath::as_str), program.to_str());
}

#[test]
fn a_staged_device_has_the_processes_below_its_folder_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tmp")).unwrap();
    let inside = Own::start(&sleep_copy(&folder.path().join("tmp")), &["60"], folder.path());
    let outside = Own::start(&sleep_copy(other.path()), &["60"], folder.path());
    fs::write(folder.path().join("tmp/run.sh"), "read line\n").unwrap();
    let scripted = Own::start(Path::new("/bin/sh"), &["-e", "tmp/run.sh"], folder.path());
    outside.seen(&Root::this_computer(), |s| s.image.as_ref().is_some_and(|i| i.same_file));
    let staged = Root::staged(folder.path());
    let program = inside.seen(&staged, |s| s.image.as_ref().is_some_and(|i| i.same_path_exists));
    assert_eq!(program.process.exe.as_ref().map(DevicePath::as_str), Some("/tmp/kswapd0"));
    let shell = scripted.seen(&staged, |s| s.process.script.is_some());
    assert_eq!(shell.process.script.as_ref().map(DevicePath::as_str), Some("/tmp/run.sh"));
    assert_eq!(process(&staged, outside.0.id()), None);
    let mut pids: Vec<u32> = processes(&staged).iter().map(|s| s.process.pid).collect();
    pids.sort_unstable();
    let mut expected = vec![inside.0.id(), scripted.0.id()];
    expected.sort_unstable();
    assert_eq!(pids, expected);
}

#[test]
fn a_program_that_lives_in_memory_only_is_named_so() {
    let memory = rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).unwrap();
    let mut file = File::from(memory);
    io::Write::write_all(&mut file, &fs::read("/bin/sleep").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let child = Own::start(Path::new(&format!("/proc/self/fd/{}", file.as_raw_fd())), &["60"], folder.path());
    let seen = child.seen(&Root::this_computer(), |s| s.image.as_ref().is_some_and(|i| i.memfd));
    assert_eq!(seen.process.exe.as_ref().map(DevicePath::as_str), Some("/memfd:x"));
    let image = seen.image.unwrap();
    assert!(!image.same_path_exists && seen.process.exe_deleted);
}
