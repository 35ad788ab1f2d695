//! Kill a process: exactly the one that was judged. There is no undo, and the receipt keeps its command line.
//!
//! The handle is opened first and the start time read after it: the handle is of the process that has the number at that
//! moment, and a process that got the number later started later. So a signal can never reach a successor.
use super::work::{Early, Tools, Work, hash};
use crate::{journal::Op, look};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    question::{Plan, PlanStep, Reversible},
    remedy::ActionType,
    text::{DevicePath, visible},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal},
};
use std::os::fd::OwnedFd;

const WAIT_SECONDS: i64 = 5;
const MOST_IMAGE: u64 = 1 << 32;

pub struct Approved<'a> {
    pub pid: u32,
    pub start_ticks: &'a str,
    pub exe: Option<&'a DevicePath>,
    pub image_sha256: Option<&'a str>,
}

struct Held {
    fd: OwnedFd,
    command_line: String,
}

pub fn apply(work: &mut Work<'_>, approved: &Approved<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let held = hold(&work.tools, approved)?;
        work.step(format!("Process {}: {}", approved.pid, visible(&held.command_line)));
        let op = Op::Kill { pid: approved.pid, start_ticks: approved.start_ticks.to_owned() };
        work.arm(&[op])?;
        match pidfd_send_signal(&held.fd, Signal::KILL) {
            Ok(()) => work.step("It was told to end at once."),
            Err(Errno::SRCH) => return Err(gone(approved.pid)),
            Err(error) => return Err(refused(approved.pid, error)),
        }
        if !ended(&held.fd, WAIT_SECONDS) {
            return Err(ReceiptOutcome::Failed {
                fault: Fault::new(
                    "still_running",
                    format!(
                        "Process {} was told to end and did not within {WAIT_SECONDS} seconds; it waits for the kernel.",
                        approved.pid
                    ),
                    "Look again in a while; a restart of the computer ends it for certain.",
                ),
            });
        }
        work.told.proof.after.push(format!("Process {} has ended.", approved.pid));
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

pub fn plan(tools: &Tools<'_>, approved: &Approved<'_>) -> Plan {
    let mut plan = Plan::default();
    match hold(tools, approved) {
        Err(end) => plan.obstacles.push(super::quarantine::obstacle(end)),
        Ok(held) => plan.steps.push(PlanStep {
            what: "Kill the process".into(),
            target: format!("process {}", approved.pid),
            reversible: Reversible::No,
            detail: format!(
                "{} is ended at once. {}",
                visible(&held.command_line),
                ActionType::KillProcess.never_undone().unwrap_or_default()
            ),
        }),
    }
    plan
}

/// Does this very process still run? A zombie does not.
pub fn runs(pid: u32, start_ticks: &str) -> bool {
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    let Ok(fd) = pidfd_open(number, PidfdFlags::empty()) else { return false };
    ticks(pid).is_some_and(|now| now == start_ticks) && !ended(&fd, 0)
}

/// Holds the process and refuses what must not be ended.
fn hold(tools: &Tools<'_>, approved: &Approved<'_>) -> Early<Held> {
    let root = tools.root;
    let pid = approved.pid;
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| gone(pid))?;
    if pid == 1 {
        return Err(protected(pid, "it is the first process, and the computer would stop"));
    }
    let fd = match pidfd_open(number, PidfdFlags::empty()) {
        Ok(fd) => fd,
        Err(Errno::SRCH | Errno::INVAL) => return Err(gone(pid)),
        Err(error) => return Err(refused(pid, error)),
    };
    // Another start time is another process: the one that was judged is gone.
    if ticks(pid).is_none_or(|now| now != approved.start_ticks) || ended(&fd, 0) {
        return Err(gone(pid));
    }
    if ours(pid) {
        return Err(protected(pid, "it is this program or one that started it"));
    }
    let Some(seen) = look::process::process(root, pid) else {
        return Err(if root.is_live() {
            gone(pid)
        } else {
            protected(pid, "it does not belong to this staged device")
        });
    };
    if seen.process.start_ticks != approved.start_ticks {
        return Err(gone(pid));
    }
    if seen.kernel_thread {
        return Err(protected(pid, "it is a part of the kernel"));
    }
    if seen.process.container {
        return Err(protected(pid, "it runs in a container, which has to be stopped as a whole"));
    }
    let first = seen.process.parent_pid == Some(1);
    if let Some(exe) = seen.process.exe.as_ref().filter(|exe| root.is_live() && tools.guard.is_process(exe, first)) {
        return Err(protected(pid, &format!("{} keeps this computer running or reachable", visible(exe.as_str()))));
    }
    same_image(approved, seen.process.exe.as_ref())?;
    Ok(Held { fd, command_line: seen.process.command_line })
}

/// A process keeps its number and start time when it becomes another program.
fn same_image(approved: &Approved<'_>, now: Option<&DevicePath>) -> Early<()> {
    let changed = |was: String, now: String| Err(ReceiptOutcome::Changed { was, now });
    // Whose image cannot be opened (no rights) was judged by its path alone, and is compared by it.
    let image = look::process::open_image(approved.pid, approved.start_ticks).ok();
    let found = image.and_then(|image| {
        let size = image.metadata().ok()?.len();
        // A program larger than this was not judged by its content either.
        if size > MOST_IMAGE { None } else { hash(&image, size).ok() }
    });
    match (approved.image_sha256, found) {
        (Some(was), Some(found)) if !was.eq_ignore_ascii_case(&found) => changed(
            format!("a process running a program with SHA-256 {was}"),
            format!("it runs one with SHA-256 {found}"),
        ),
        (Some(_), Some(_)) => Ok(()),
        (_, _) if approved.exe.is_some() && now.is_some() && approved.exe != now => {
            let text = |p: Option<&DevicePath>| p.map_or_else(String::new, |p| visible(p.as_str()));
            changed(format!("a process running {}", text(approved.exe)), format!("it runs {}", text(now)))
        }
        (_, _) => Ok(()),
    }
}

/// This process and everything above it.
fn ours(pid: u32) -> bool {
    let mut at = u32::try_from(getpid().as_raw_nonzero().get()).unwrap_or(0);
    // The chain cannot be longer than there are numbers; a bound in case it is misreported.
    for _ in 0..4096 {
        if at == pid {
            return true;
        }
        let parent =
            procfs::process::Process::new(i32::try_from(at).unwrap_or(0)).and_then(|p| p.stat()).map(|s| s.ppid);
        match parent.ok().and_then(|p| u32::try_from(p).ok()) {
            Some(parent) if parent > 0 => at = parent,
            _ => return false,
        }
    }
    false
}

fn ticks(pid: u32) -> Option<String> {
    let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
    Some(process.stat().ok()?.starttime.to_string())
}

/// A pidfd becomes readable when its process has ended, also while nobody has collected it.
fn ended(fd: &OwnedFd, seconds: i64) -> bool {
    let timeout = Timespec { tv_sec: seconds, tv_nsec: 0 };
    loop {
        let mut fds = [PollFd::new(fd, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Err(Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => return fds[0].revents().contains(PollFlags::IN),
        }
    }
}

fn gone(pid: u32) -> ReceiptOutcome {
    ReceiptOutcome::Gone { detail: format!("The process that had the number {pid} has already ended.") }
}

fn protected(pid: u32, why: &str) -> ReceiptOutcome {
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "protected",
            format!("Process {pid} is not ended: {why}."),
            "Nothing was touched. End it by hand if you are sure.",
        ),
    }
}

fn refused(pid: u32, error: Errno) -> ReceiptOutcome {
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "no_rights",
            format!("Process {pid} cannot be ended ({}).", std::io::Error::from(error)),
            "Nothing was touched. More rights are needed: run it as root or through the device service.",
        ),
    }
}
