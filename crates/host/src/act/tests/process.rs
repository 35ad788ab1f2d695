//! Killing: exactly the process that was judged, and never one that matters.
use super::*;
use crate::look;
use std::process::{Child, Command, Stdio};

const KIND: ActionType = ActionType::KillProcess;

/// A copy of `sleep` that runs from the staged device; ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn start(program: &Path) -> Self {
        Self(Command::new(program).arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ticks(pid: u32) -> String {
    procfs::process::Process::new(i32::try_from(pid).unwrap()).unwrap().stat().unwrap().starttime.to_string()
}

fn target(pid: u32, exe: Option<&str>, image: Option<&Path>) -> Target {
    Target::Process {
        pid,
        start_ticks: ticks(pid),
        exe: exe.map(Into::into),
        image_sha256: image.map(|p| hex(&Sha256::digest(fs::read(p).unwrap()))),
        script: None,
    }
}

fn staged_sleep(rig: &Rig) -> PathBuf {
    let program = rig.write("/tmp/.x/sleeper", "");
    fs::copy("/bin/sleep", &program).unwrap();
    program
}

/// M75: done, proven, nothing kept, and the undo says why there is none.
#[test]
fn the_judged_process_is_ended_and_cannot_be_brought_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    let program = staged_sleep(&rig);
    let mut sleeper = Sleeper::start(&program);
    let target = target(sleeper.0.id(), Some("/tmp/.x/sleeper"), Some(&program));
    let plan = hands.plan(KIND, &target);
    assert_eq!(
        (plan.steps[0].reversible, plan.obstacles.len()),
        (assize_domain::question::Reversible::No, 0),
        "{plan:?}"
    );
    assert!(sleeper.runs(), "a plan ends nothing");
    let receipt = apply(&hands, KIND, &target);
    assert!(done(&receipt).is_empty());
    assert!(receipt.steps[0].contains("600"), "the command line is kept: {receipt:?}");
    assert!(!sleeper.runs());
    let refusal = undoing("action", KIND, target.clone(), Conflict::Stop).unwrap_err();
    assert!(refusal.to_string().contains("cannot be brought back"), "{refusal}");
    gone(&apply(&hands, KIND, &target));
}

/// "A process id reused", M151.
#[test]
fn a_successor_with_the_same_number_is_never_signalled() {
    let rig = Rig::new();
    let hands = rig.hands();
    let program = staged_sleep(&rig);
    let mut sleeper = Sleeper::start(&program);
    let mut target = target(sleeper.0.id(), Some("/tmp/.x/sleeper"), None);
    let Target::Process { start_ticks, .. } = &mut target else { unreachable!() };
    *start_ticks = (start_ticks.parse::<u64>().unwrap() - 1).to_string();
    gone(&apply(&hands, KIND, &target));
    assert!(sleeper.runs());
}

/// M151: a process keeps number and start time when it becomes another program.
#[test]
fn a_process_that_runs_another_program_by_now_is_not_ended() {
    let rig = Rig::new();
    let hands = rig.hands();
    let program = staged_sleep(&rig);
    let mut sleeper = Sleeper::start(&program);
    let other = rig.write("/tmp/other", "another program");
    changed(&apply(&hands, KIND, &target(sleeper.0.id(), Some("/tmp/.x/sleeper"), Some(&other))));
    changed(&apply(&hands, KIND, &target(sleeper.0.id(), Some("/tmp/else"), None)));
    assert!(sleeper.runs());
}

#[test]
fn ourselves_those_above_us_the_first_process_and_foreign_ones_are_refused() {
    let rig = Rig::new();
    let live = rig.dir.path().join("live");
    let this = Hands::open(Root::this_computer(), &live, clock).unwrap();
    let me = std::process::id();
    let parent = std::os::unix::process::parent_id();
    for pid in [1, me, parent] {
        let receipt = apply(&this, KIND, &target(pid, None, None));
        failed_with(&receipt, "protected");
    }
    // A process of this computer does not belong to a staged device.
    let mut sleeper = Sleeper::start(Path::new("/bin/sleep"));
    let staged = rig.hands();
    failed_with(&apply(&staged, KIND, &target(sleeper.0.id(), None, None)), "protected");
    assert!(sleeper.runs());
    if let Some(kernel) = look::process::processes(&Root::this_computer()).into_iter().find(|p| p.kernel_thread) {
        failed_with(&apply(&this, KIND, &target(kernel.process.pid, None, None)), "protected");
    }
}
