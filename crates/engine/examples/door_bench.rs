//! Speed of the door over 100,000 actions: first page, filters and sorts as the window asks for them. Prints the median
//! and the 95th percentile of each; leaves the database in `ASSIZE_DATA`, for the window to start on.
use assize_domain::{
    action::ActionStatus, device::Device as DeviceLink, group::Device, order::Fault, remedy::ActionType, time::Stamp,
    verdict::Verdict,
};
use assize_engine::{
    Engine,
    door::{ActionSort, ListActions, ShowHome, Tab},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

const ACTIONS: u32 = 100_000;
const ROUNDS: usize = 60;

/// The lists never reach a device.
fn no_device(_: &Device, _: &Path) -> Result<Arc<dyn DeviceLink>, Fault> {
    Err(Fault::new("no_device", "This benchmark reaches no device.", ""))
}

fn main() -> Result<(), Fault> {
    let folder =
        std::env::var_os("ASSIZE_DATA").map_or_else(|| std::env::temp_dir().join("assize-door-bench"), PathBuf::from);
    let engine = Engine::open(&folder, no_device)?;
    let all = |request: ListActions| engine.ask(&engine.person(), request);
    if all(ListActions { limit: 1, ..ListActions::default() })?.total == 0 {
        let store = assize_store::Store::open(&folder).map_err(|e| Fault::new("store", e.to_string(), ""))?;
        assize_store::seed::actions(&store, ACTIONS, Stamp(1_795_000_000_000))
            .map_err(|e| Fault::new("store", e.to_string(), ""))?;
    }
    let pending = || ListActions { tab: Some(Tab::Pending), limit: 100, descending: true, ..ListActions::default() };
    let history = || ListActions { tab: Some(Tab::History), limit: 100, descending: true, ..ListActions::default() };
    let cases: Vec<(&str, ListActions)> = vec![
        ("first page of Pending", pending()),
        ("first page of History", history()),
        ("History, one type", ListActions { kind: vec![ActionType::KillProcess], ..history() }),
        ("History, failed only", ListActions { status: vec![ActionStatus::Failed], ..history() }),
        ("History, malicious only", ListActions { verdict: vec![Verdict::Malicious], ..history() }),
        ("History by device", ListActions { sort: ActionSort::Device, ..history() }),
        ("History by target", ListActions { sort: ActionSort::Target, descending: false, ..history() }),
        ("Pending by expiry", ListActions { sort: ActionSort::Expires, descending: false, ..pending() }),
        ("History, words in the target", ListActions { text: Some("tmp".into()), ..history() }),
    ];
    let rows = all(ListActions { limit: 1, ..ListActions::default() })?.total;
    println!("{rows} actions, {ROUNDS} rounds each");
    for (name, request) in cases {
        let times = timed(|| all(request.clone()).map(drop))?;
        print(name, &times);
    }
    print("home", &timed(|| engine.ask(&engine.person(), ShowHome {}).map(drop))?);
    Ok(())
}

fn timed(mut act: impl FnMut() -> Result<(), Fault>) -> Result<Vec<Duration>, Fault> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        act()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

fn print(name: &str, times: &[Duration]) {
    let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |t| t.as_secs_f64() * 1000.0);
    println!("{name:<32} p50 {:>7.2} ms   p95 {:>7.2} ms", at(50), at(95));
}
