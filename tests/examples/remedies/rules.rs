//! Gives a running device service a number of rules, as the engine does: `rules SOCKET NUMBER`.
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use assize_domain::{
    device::Device,
    id::DeviceId,
    question::{DevicePolicy, RuleFile, RuleKind},
};
use assize_link::agent::RemoteDevice;

use crate::Outcome;

pub(crate) fn give(socket: &Path, rest: &[String]) -> Outcome {
    let number: u32 = rest.first().ok_or("how many rules?")?.parse()?;
    let rules = if number == 0 {
        Vec::new()
    } else {
        vec![RuleFile { name: "generated.yar".into(), kind: RuleKind::Yara, body: generated(number)? }]
    };
    let policy = DevicePolicy { version: format!("bench-{number}"), rules, ..DevicePolicy::default() };
    let device = RemoteDevice::new(socket, &DeviceId("bench".into()), vec![0]);
    let begun = Instant::now();
    let faults = device.policy(&policy).map_err(|fault| fault.message)?;
    if let Some(fault) = faults.first() {
        return Err(format!("{}: {}", fault.file, fault.error).into());
    }
    Ok(serde_json::json!({ "rules": number, "ms": begun.elapsed().as_secs_f64() * 1000.0 }))
}

/// Rules of the kinds that people write; the numbers make each of them different.
fn generated(number: u32) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for n in 0..number {
        let (a, b) = (n.wrapping_mul(2_654_435_761), n.wrapping_mul(2_246_822_519).rotate_left(7));
        let strings = match n % 3 {
            0 => format!("$a = \"campaign{a:08x}\" ascii wide\n    $b = \"operator_{b:08x}\" nocase"),
            1 => format!("$a = \"stratum+tcp://pool{a:x}\" nocase\n    $b = \"--donate-level={b:x}\""),
            _ => format!("$a = \"mutex-{a:08x}\" wide\n    $b = \"/gate{b:x}.php\""),
        };
        writeln!(text, "rule Generated_{n} {{\n  strings:\n    {strings}\n  condition:\n    any of them\n}}")?;
    }
    Ok(text)
}
