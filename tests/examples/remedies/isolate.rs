//! Cutting off the network and connecting it again, in a network namespace made for it.
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use assize_domain::{
    remedy::ActionType,
    target::{Isolation, Target},
};
use assize_host::{act::Hands, root::Root};

use crate::{Outcome, at, has_its_own, orders, sorted};

const ROUNDS: usize = 25;

pub(crate) fn measure(folder: &Path) -> Outcome {
    if !has_its_own("net") {
        return Err("this is the network of the machine: nothing was touched".into());
    }
    // Something to be cut off from: the hook for frames belongs to an interface.
    for words in [
        &["link", "set", "lo", "up"][..],
        &["link", "add", "street", "type", "veth", "peer", "name", "host0"],
        &["address", "add", "10.77.0.2/24", "dev", "host0"],
        &["link", "set", "host0", "up"],
        &["link", "set", "street", "up"],
    ] {
        let done = Command::new("ip").args(words).output()?;
        if !done.status.success() {
            return Err(format!("ip {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr)).into());
        }
    }
    let hands = Hands::open(Root::this_computer(), &folder.join("state"), orders::now).map_err(|f| f.message)?;
    let target = Target::Network { isolation: Isolation::Full, until: None };
    let (mut cut, mut released) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let order = orders::apply(&format!("a{round}"), ActionType::IsolateDevice, &target)?;
        let begun = Instant::now();
        let kept = orders::done(&hands.carry_out(&order))?;
        cut.push(begun.elapsed().as_secs_f64() * 1000.0);
        let order = orders::undo(&format!("u{round}"), ActionType::IsolateDevice, &target, kept)?;
        let begun = Instant::now();
        orders::done(&hands.carry_out(&order))?;
        released.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let (cut, released) = (sorted(cut), sorted(released));
    Ok(serde_json::json!({
        "rounds": ROUNDS, "isolate_ms": at(&cut, 50), "isolate_p99_ms": at(&cut, 99), "release_ms": at(&released, 50),
    }))
}
