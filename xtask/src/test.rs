//! `cargo xtask test`: every test there is, and one last line that counts them.
//!
//! All test programs come out of one build of the whole workspace, and are then started one by one: chosen package by
//! package, shared dependencies would be compiled again with other features.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::setup;
use crate::shell::{self, Result, cargo, command, target, watch};
use crate::tally::{Tally, read_skips};

/// Test programs of the member `tests` that need more than a compiler.
const DESKTOP: &str = "desktop";
const ENDPOINT: &str = "endpoint";

pub(crate) fn run() -> Result {
    let mut tally = Tally::default();
    let must_run = shell::ci();
    setup::build_tools()?;
    let no_window = setup::window_tools().err().map(|e| e.to_string());
    let no_root = cannot_make_worlds();
    setup::build_ui()?;

    let data = setup::test_data();
    let skips = target().join("skipped-tests.jsonl");
    let _ = std::fs::remove_file(&skips);
    let dress = |test: &mut Command| {
        test.env("ASSIZE_SKIPS", &skips).env("ASSIZE_TARGET", target());
        match &data {
            Some(dir) => test.env("ASSIZE_TEST_DATA", dir),
            None => test.env_remove("ASSIZE_TEST_DATA"),
        };
    };

    ui_tests(&mut tally)?;
    let programs = build(&mut tally)?;
    for program in programs.iter().filter(|p| p.name != DESKTOP && p.name != ENDPOINT) {
        start(&mut tally, program, program.command(), &dress)?;
    }
    doc_tests(&mut tally)?;
    for program in programs.iter().filter(|p| p.name == ENDPOINT) {
        match &no_root {
            None => start(&mut tally, program, program.command(), &dress)?,
            Some(reason) => cannot_run(&mut tally, program, reason, must_run)?,
        }
    }
    for program in programs.iter().filter(|p| p.name == DESKTOP) {
        match &no_window {
            None => {
                let mut test = program.command();
                // Each test is a whole application with its own display: two at a time on two cores.
                test.arg("--test-threads=2");
                start(&mut tally, program, test, &dress)?;
            }
            Some(reason) => cannot_run(&mut tally, program, reason, must_run)?,
        }
    }

    told_skips(&mut tally, &skips);
    if data.is_none() {
        println!("There is no ASSIZE_TEST_DATA and no ../shared/data, so the cases of that collection did not run.");
    }
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    // The count stays the last line: no error text after it.
    if tally.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

/// A program made of tests.
struct TestProgram {
    name: String,
    file: PathBuf,
    /// The folder of its package, where cargo would start it.
    folder: PathBuf,
}

impl TestProgram {
    fn command(&self) -> Command {
        let mut test = command(&self.file);
        test.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        test
    }

    fn count(&self) -> Result<u64> {
        let list = shell::output(self.command().args(["--list", "--format=terse"]))?;
        Ok(list.lines().filter(|line| line.ends_with(": test")).count() as u64)
    }
}

/// Builds every program and every test of the workspace, and says where the tests are.
fn build(tally: &mut Tally) -> Result<Vec<TestProgram>> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        executable: Option<PathBuf>,
        manifest_path: Option<PathBuf>,
        target: Option<Target>,
        profile: Option<Profile>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    #[derive(Deserialize)]
    struct Profile {
        test: bool,
    }

    let mut build = cargo();
    build.args(["build", "--workspace", "--lib", "--bins", "--tests", "--message-format=json-render-diagnostics"]);
    println!("$ {}", shell::words(&build));
    let done = build.stderr(std::process::Stdio::inherit()).output()?;
    if !done.status.success() {
        println!("The tests do not compile, so none of them ran.");
        tally.ended(false, tally.failed);
        return Ok(Vec::new());
    }
    let mut programs = Vec::new();
    for line in String::from_utf8_lossy(&done.stdout).lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line)?;
        let (Some(file), Some(manifest), Some(target), Some(Profile { test: true })) =
            (message.executable, message.manifest_path, message.target, message.profile)
        else {
            continue;
        };
        if message.reason != "compiler-artifact" {
            continue;
        }
        let folder = manifest.parent().map(Path::to_owned).unwrap_or_default();
        programs.push(TestProgram { name: target.name, file, folder });
    }
    programs.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    Ok(programs)
}

fn start(tally: &mut Tally, program: &TestProgram, mut test: Command, dress: &impl Fn(&mut Command)) -> Result {
    println!(
        "\n== {} ({})",
        program.name,
        program.folder.strip_prefix(shell::root()).unwrap_or(&program.folder).display()
    );
    dress(&mut test);
    let failed = tally.failed;
    let well = watch(&mut test, |line| tally.libtest_line(line))?;
    tally.ended(well, failed);
    Ok(())
}

fn cannot_run(tally: &mut Tally, program: &TestProgram, reason: &str, must_run: bool) -> Result {
    let tests = program.count()?;
    let word = if must_run { "failed, because CI is set" } else { "skipped" };
    println!("\n== {}: {tests} tests {word}: {reason}", program.name);
    tally.could_not_run(tests, must_run);
    Ok(())
}

fn doc_tests(tally: &mut Tally) -> Result {
    println!("\n== examples in the documentation");
    let failed = tally.failed;
    let well = watch(cargo().args(["test", "--workspace", "--doc", "--quiet", "--no-fail-fast"]), |line| {
        tally.libtest_line(line)
    })?;
    tally.ended(well, failed);
    Ok(())
}

fn ui_tests(tally: &mut Tally) -> Result {
    println!("\n== ui");
    let report = target().join("vitest.json");
    let _ = std::fs::remove_file(&report);
    std::fs::create_dir_all(target())?;
    let mut vitest = shell::npx("vitest");
    vitest
        .args(["run", "--reporter=default", "--reporter=json"])
        .arg(format!("--outputFile.json={}", report.display()));
    let failed = tally.failed;
    let well = vitest.status().map_err(|e| format!("vitest: {e}"))?.success();
    if report.exists() {
        tally.vitest_report(&report)?;
    }
    tally.ended(well, failed);
    Ok(())
}

/// Why the tests that need root cannot have a world of their own, if so.
fn cannot_make_worlds() -> Option<String> {
    if !setup::is_root() {
        return Some("these tests need root".to_owned());
    }
    if let Err(failure) = setup::endpoint_tools() {
        return Some(failure.to_string());
    }
    let mut probe = command("unshare");
    probe.args(["--mount", "--pid", "--uts", "--ipc", "--net", "--fork", "--kill-child", "--propagation", "private"]);
    let works = shell::succeeds(probe.args(["mount", "-t", "tmpfs", "tmpfs", "/tmp"]));
    (!works).then(|| "this kernel or container refuses new namespaces".to_owned())
}

/// Tests that found at run time that they cannot do their work said so in a file.
fn told_skips(tally: &mut Tally, file: &Path) {
    let skips = read_skips(file);
    for skip in &skips {
        let cases = if skip.cases > 0 { format!(" ({} cases)", skip.cases) } else { String::new() };
        println!("skipped: {}{cases}: {}", skip.test, skip.reason);
        if skip.whole {
            tally.passed = tally.passed.saturating_sub(1);
            tally.skipped += 1;
        }
    }
    let cases: u64 = skips.iter().map(|skip| skip.cases).sum();
    if cases > 0 {
        println!("{cases} cases did not run.");
    }
}
