//! How long pages of the Action center take: `cargo run -p assize-store --features seed --example paging -- 100000`.
use assize_domain::{
    action::ActionStatus, entity::Bytes, question::Examined, remedy::ActionType, time::Stamp, verdict::Verdict,
};
use assize_store::{ActionQuery, ActionSort, IncidentQuery, SortBy, Store, StoreError, Tab, VerdictQuery, seed};
use std::time::Instant;

fn main() -> Result<(), StoreError> {
    let n = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(100_000);
    let kept = std::env::args().nth(2);
    let folder = kept.map_or_else(
        || std::env::temp_dir().join(format!("assize-paging-{}", std::process::id())),
        std::path::PathBuf::from,
    );
    let store = Store::open(&folder)?;
    let start = Instant::now();
    if store.read(|r| r.counts())?.history == 0 {
        seed::actions(&store, n, Stamp(1_795_000_000_000))?;
    }
    println!("{n} actions stored in {:.1} s, {}", start.elapsed().as_secs_f64(), folder.display());

    let base = ActionQuery { tab: Some(Tab::History), limit: 50, ..ActionQuery::default() };
    let by = |by, descending| ActionQuery { sort: ActionSort { by, descending }, ..base.clone() };
    let text = |t: &str| ActionQuery { text: Some(t.into()), ..base.clone() };
    let cases = [
        ("pending, first page", ActionQuery { tab: Some(Tab::Pending), ..base.clone() }),
        ("history, first page", base.clone()),
        ("both tabs", ActionQuery { tab: None, ..base.clone() }),
        ("by created", by(SortBy::Created, false)),
        ("by type", by(SortBy::Type, false)),
        ("by device", by(SortBy::Device, true)),
        ("by verdict", by(SortBy::Verdict, true)),
        ("by status", by(SortBy::Status, false)),
        ("by expires", by(SortBy::Expires, false)),
        ("by target", by(SortBy::Target, false)),
        ("verdict", ActionQuery { verdict: vec![Verdict::Suspicious], ..base.clone() }),
        ("status undone", ActionQuery { status: vec![ActionStatus::Undone], ..base.clone() }),
        ("status running (none)", ActionQuery { status: vec![ActionStatus::Running], ..base.clone() }),
        ("type, by target", ActionQuery { kind: vec![ActionType::RemoveScheduledTask], ..by(SortBy::Target, true) }),
        ("device", ActionQuery { device: Some(seed::device(7, Stamp(0)).id), ..base.clone() }),
        ("since", ActionQuery { since: Some(Stamp(1_794_900_000_000)), ..base.clone() }),
        ("text, many", text("updater")),
        ("text, few", text("updater-4711.sh")),
        ("text, none", text("nothing is called so")),
        ("text, by target, late", ActionQuery { text: Some("/var/www".into()), ..by(SortBy::Target, false) }),
        ("status, by status", ActionQuery { status: vec![ActionStatus::Undone], ..by(SortBy::Status, false) }),
        ("text, by target", ActionQuery { text: Some("downloads".into()), ..by(SortBy::Target, false) }),
    ];
    for (name, query) in cases {
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..20 {
            let start = Instant::now();
            total = store.read(|r| r.action_page(&query))?.total;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!("{name:24} {total:>7} rows   median {:6.1} ms   p95 {:6.1} ms", times[10], times[18]);
    }
    let device = seed::device(1, Stamp(0)).id;
    let files: Vec<Examined> = (0..20_000).map(examined).collect();
    for round in ["first", "second"] {
        let start = Instant::now();
        store.write(|w| w.upsert_examined(&device, &"check".into(), &files, Stamp(1_795_000_000_000)))?;
        println!("20,000 examined files, {round} time: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    let start = Instant::now();
    let verdicts = store.read(|r| r.verdict_page(&VerdictQuery { limit: 50, ..VerdictQuery::default() }))?;
    println!("{} verdicts, first page {:.1} ms", verdicts.total, start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    store.read(|r| r.incident_page(&IncidentQuery { limit: 50, ..IncidentQuery::default() }))?;
    println!("incidents, first page {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    store.read(|r| r.counts())?;
    println!("counts {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let verified = store.read(|r| r.verify_chain())?;
    println!("chain of {} records verified in {:.0} ms", verified.records, start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn examined(i: u32) -> Examined {
    Examined {
        path: format!("/usr/share/doc/package-{}/file-{i}", i / 10).as_str().into(),
        sha256: Some(format!("{i:064x}")),
        size: Bytes(u64::from(i)),
        verdict: Verdict::NoThreatsFound,
        finding: None,
    }
}
