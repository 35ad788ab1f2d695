//! Disabling a driver for real, in a virtual machine made for it: loaded before, unloaded and forbidden, loaded again.
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use std::{fs, io};

use assize_domain::{remedy::ActionType, target::Target};
use assize_host::{act::Hands, root::Root};

use crate::{Outcome, orders};

const KIND: ActionType = ActionType::DisableDriver;
const MODULE: &str = "dummy";
const RULE: &str = "/etc/modprobe.d/assize-dummy.conf";
/// A word on the kernel's command line that nothing but the virtual machine has.
const GUEST: &str = "assize.guest=1";

pub(crate) fn disable(folder: &Path) -> Outcome {
    if !fs::read_to_string("/proc/cmdline")?.split_whitespace().any(|word| word == GUEST) {
        return Err("this is not the virtual machine made for it: nothing was touched".into());
    }
    fs::create_dir_all(folder)?;
    let load = || Ok::<_, io::Error>(Command::new("/sbin/modprobe").arg(MODULE).status()?.success());
    expect(load()? && is_loaded()?, "the module can be loaded")?;
    let hands = Hands::open(Root::this_computer(), folder, orders::now).map_err(|f| f.message)?;
    let target = Target::Driver { name: MODULE.into(), path: None, config_path: None };
    let plan = hands.plan(KIND, &target);
    expect(plan.steps.len() == 2 && is_loaded()? && !Path::new(RULE).exists(), "a plan touches nothing")?;

    let begun = Instant::now();
    let kept = orders::done(&hands.carry_out(&orders::apply("a", KIND, &target)?))?;
    let disabled = begun.elapsed();
    expect(!is_loaded()?, "it is unloaded")?;
    let rule = fs::read_to_string(RULE)?;
    expect(rule == "blacklist dummy\ninstall dummy /bin/false\n", "a rule forbids it")?;
    expect(!load()? && !is_loaded()?, "it cannot be loaded any more")?;

    let begun = Instant::now();
    orders::done(&hands.carry_out(&orders::undo("u", KIND, &target, kept)?))?;
    let enabled = begun.elapsed();
    expect(is_loaded()?, "it is loaded again")?;
    expect(!Path::new(RULE).exists(), "the rule is gone")?;
    let away = Command::new("/sbin/rmmod").arg(MODULE).status()?.success();
    expect(away && load()? && is_loaded()?, "and it can be loaded by hand as before")?;
    Ok(serde_json::json!({
        "disabled_ms": disabled.as_secs_f64() * 1000.0, "enabled_ms": enabled.as_secs_f64() * 1000.0,
    }))
}

fn is_loaded() -> io::Result<bool> {
    Ok(fs::read_to_string("/proc/modules")?.lines().any(|line| line.split(' ').next() == Some(MODULE)))
}

fn expect(is_so: bool, what: &str) -> Result<(), Box<dyn Error>> {
    println!("{what}: {}", if is_so { "yes" } else { "NO" });
    if is_so { Ok(()) } else { Err(format!("not so: {what}").into()) }
}
