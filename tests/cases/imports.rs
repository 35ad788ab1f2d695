//! Alerts, reports and event logs of other products, as they really look: every record is read, what matters of it is
//! found again, and a log with a broken chunk gives the rest.
use assize_domain::indicator::IndicatorKind;
use assize_engine::{Engine, Front, door::ShowAlert, import::import};
use assize_intake::{Fidelity, Format, Options, open};
use assize_tests::{places, skip};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
};

const ABSENT: &str = "no collection of test data (ASSIZE_TEST_DATA)";

/// Does any text or number of the document hold it?
fn shows(document: &Value, wanted: &str) -> bool {
    match document {
        Value::String(text) => text.contains(wanted),
        Value::Number(number) => number.to_string() == wanted,
        Value::Array(items) => items.iter().any(|v| shows(v, wanted)),
        Value::Object(members) => members.values().any(|v| shows(v, wanted)),
        Value::Null | Value::Bool(_) => false,
    }
}

struct Found {
    account: Fidelity,
    /// Without the originals.
    drafts: Vec<Value>,
    keys: BTreeSet<String>,
    hashes: BTreeMap<&'static str, BTreeSet<String>>,
    rejected: Vec<String>,
}

fn read(file: &str, format: Option<Format>) -> Found {
    let path = places::collection(file).unwrap_or_else(|| panic!("{file} is there"));
    let bytes = File::open(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
    read_from(bytes, file, format)
}

fn read_from(bytes: impl std::io::Read, file: &str, format: Option<Format>) -> Found {
    let options = Options { format, ..Options::default() };
    let mut import = open(bytes, options).unwrap_or_else(|e| panic!("{file}: {e}"));
    let (mut drafts, mut rejected, mut keys) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut hashes: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for item in import.by_ref() {
        let draft = match item {
            Ok(draft) => draft,
            Err(refused) => {
                rejected.push(format!("record {}: {}", refused.record, refused.error));
                continue;
            }
        };
        assert!(!draft.raw.is_empty(), "{file}: the original is kept");
        keys.insert(draft.key.clone());
        for offer in &draft.offers {
            if offer.kind == IndicatorKind::Sha256 {
                hashes.entry("offered").or_default().insert(offer.value.clone());
            }
        }
        let mut shown = serde_json::to_value(&draft).expect("a draft is plain JSON");
        for mention in shown["mentions"].as_array().into_iter().flatten() {
            for kind in ["sha256", "md5"] {
                if let Some(sum) = mention["thing"][kind].as_str() {
                    hashes.entry(kind).or_default().insert(sum.to_owned());
                }
            }
        }
        shown.as_object_mut().map(|members| members.remove("raw"));
        drafts.push(shown);
    }
    Found { account: import.fidelity(), drafts, keys, hashes, rejected }
}

/// M107
#[test]
fn every_sample_of_every_product_is_read_in_full() {
    let Some(table) = places::collection("alerts/EXPECTED.json") else { return skip::whole(ABSENT) };
    let table: Value = serde_json::from_str(&fs::read_to_string(table).expect("the table")).expect("the table is JSON");
    let rows = table["files"].as_array().expect("the table lists files");
    assert!(rows.len() > 50, "{} files", rows.len());
    for row in rows {
        let file = row["file"].as_str().expect("a file has a name");
        let word = row["format"].as_str().expect("a file has a format");
        let format = Format::named(word).unwrap_or_else(|| panic!("{file}: {word} is known"));
        for named in [Some(format), None] {
            let found = read(file, named);
            assert!(found.rejected.is_empty(), "{file}: {:?}", found.rejected);
            assert_eq!(found.account.format, format, "{file} is told from its beginning");
            assert_eq!(Some(u64::from(found.account.records)), row["records"].as_u64(), "{file}: records");
            assert!(!found.account.mapped.is_empty(), "{file}: nothing found a place");
            for wanted in row["must_contain"].as_array().into_iter().flatten() {
                let text = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
                assert!(shows(&found.drafts[0], &text), "{file}: {text:?} is not in {:#}", found.drafts[0]);
            }
            counts(file, row, &found);
        }
    }
}

fn counts(file: &str, row: &Value, found: &Found) {
    if let Some(distinct) = row["distinct_signature_ids"].as_u64() {
        let rules: BTreeSet<&str> = found.drafts.iter().filter_map(|d| d["rule"].as_str()).collect();
        assert_eq!(rules.len() as u64, distinct, "{file}: signatures");
    }
    let counts = &row["counts"];
    let fact = |name: &str| {
        let facts = found.drafts[0]["facts"].as_array().into_iter().flatten();
        facts.filter(|f| f["name"] == name).find_map(|f| f["value"].as_str()?.parse::<u64>().ok())
    };
    for name in ["attributes", "indicators"] {
        if let Some(count) = counts[name].as_u64() {
            assert_eq!(fact(name), Some(count), "{file}: {name}");
        }
    }
    let have = |kind: &str| found.hashes.get(kind).map_or(0, BTreeSet::len) as u64;
    for kind in ["sha256", "md5"] {
        if let Some(count) = counts[kind].as_u64() {
            assert_eq!(have(kind), count, "{file}: {kind}");
        }
    }
    if let Some(count) = counts["sha256_in_patterns"].as_u64() {
        assert_eq!(have("offered"), count, "{file}: hashes in patterns");
    }
}

/// M107: the whole way, through the door and the database, and a second time.
#[test]
fn every_sample_is_stored_with_its_original_shown_and_known_again() {
    let Some(table) = places::collection("alerts/EXPECTED.json") else { return skip::whole(ABSENT) };
    let table: Value = serde_json::from_str(&fs::read_to_string(table).expect("the table")).expect("the table is JSON");
    for row in table["files"].as_array().expect("the table lists files") {
        // Some of these samples are the same alert at another time.
        let folder = tempfile::tempdir().expect("a folder");
        let engine = Engine::open(folder.path(), assize_agent::open).expect("an engine");
        let (front, who) = (Front::Here(engine.clone()), engine.person());
        let file = row["file"].as_str().expect("a file has a name");
        let path = places::collection(file).unwrap_or_else(|| panic!("{file} is there"));
        let bring = || {
            let bytes = File::open(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
            import(&front, &who, bytes, Options::default(), file, None).unwrap_or_else(|e| panic!("{file}: {e:?}"))
        };
        let told = bring();
        assert_eq!(Some(u64::from(told.records)), row["records"].as_u64(), "{file}: records");
        assert_eq!(told.rejected, 0, "{file}: {:?}", told.failed);
        assert!(told.investigations.is_empty(), "{file} is about no device here");
        let first = told.alerts.first().unwrap_or_else(|| panic!("{file} brought an alert"));
        let shown = engine.ask(&who, ShowAlert { id: first.clone() }).unwrap_or_else(|e| panic!("{file}: {e:?}"));
        assert!(shown.origin.as_ref().is_some_and(|o| !o.original.is_empty()), "{file}: the original is kept");
        assert!(shown.row.skipped.is_some(), "{file}: it says why nobody looked");
        let shown = serde_json::to_value(&shown.told).expect("plain JSON");
        for wanted in row["must_contain"].as_array().into_iter().flatten() {
            let text = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
            assert!(shows(&shown, &text), "{file}: {text:?} is not shown");
        }
        let again = bring();
        assert_eq!((again.imported, again.duplicates), (0, told.imported + told.duplicates), "{file}, once more");
    }
}

/// M107: exact copies are one alert, whatever differs is not.
#[test]
fn the_same_alert_has_the_same_key_and_others_have_others() {
    if places::collection("alerts").is_none() {
        return skip::whole(ABSENT);
    }
    let path = places::collection("alerts/wazuh/alerts_mixed.ndjson").expect("the sample");
    let text = fs::read_to_string(path).expect("the sample is text");
    let lines: BTreeSet<&str> = text.lines().collect();
    let found = read("alerts/wazuh/alerts_mixed.ndjson", None);
    assert_eq!(found.keys.len(), lines.len());
    assert!(found.keys.len() < found.drafts.len(), "the sample repeats some lines");
}

/// M107
#[test]
fn every_event_of_every_log_is_read() {
    let Some(table) = places::collection("evtx/EVENTS_EXPECTED.tsv") else { return skip::whole(ABSENT) };
    let table = fs::read_to_string(table).expect("the table");
    for row in table.lines().filter(|l| !l.starts_with('#')) {
        let mut columns = row.split('\t');
        let (file, records) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        // `Log:number=count`, and names of logs hold spaces too.
        let expected = format!("{} ", columns.next().unwrap_or_default());
        let found = read(file, None);
        assert_eq!(found.account.format, Format::Evtx, "{file}");
        assert!(found.rejected.is_empty(), "{file}: {:?}", found.rejected);
        assert_eq!(found.account.records.to_string(), records, "{file}: records");
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for draft in &found.drafts {
            let facts = draft["facts"].as_array().into_iter().flatten();
            let log = facts.filter(|f| f["name"] == "log").find_map(|f| f["value"].as_str()).unwrap_or_default();
            *counted.entry(format!("{log}:{}", draft["rule"].as_str().unwrap_or_default())).or_default() += 1;
            assert!(draft["first"]["at"].is_string() && draft["devices"][0]["name"].is_string(), "{file}: {draft:#}");
        }
        for (name, count) in counted {
            assert!(expected.contains(&format!("{name}={count} ")), "{file}: {name}={count} is not in {expected}");
        }
    }
}

const HEADER: usize = 4096;
const CHUNK: usize = 64 << 10;

/// M107
#[test]
fn a_broken_chunk_of_a_log_is_named_and_the_others_are_read() {
    let file = "evtx/ID1116-1117-Defender_threat_detected.evtx";
    let Some(path) = places::collection(file) else { return skip::whole(ABSENT) };
    let log = fs::read(path).expect("the sample is readable");
    let (header, chunk) = (&log[..HEADER], &log[HEADER..HEADER + CHUNK]);
    let whole = read_from(log.as_slice(), file, None).drafts.len();
    let mut headless = chunk.to_vec();
    headless[..8].copy_from_slice(b"nothing!");
    let mut scribbled = chunk.to_vec();
    scribbled[1500..3000].fill(0xA5);
    let parts = [header, chunk, &headless, &vec![0; CHUNK], &scribbled, chunk, &chunk[..CHUNK / 2]];
    let found = read_from(parts.concat().as_slice(), file, None);
    assert!(found.drafts.len() >= 2 * whole, "{} of {whole} in each good chunk", found.drafts.len());
    for number in [2, 4, 6] {
        let named = format!("hunk {number}");
        assert!(found.rejected.iter().any(|r| r.contains(&named)), "chunk {number} is not named: {:?}", found.rejected);
    }
    let not_a_log = read_from(&b"<Event>"[..], file, Some(Format::Evtx));
    assert!(not_a_log.drafts.is_empty() && not_a_log.rejected.len() == 1);
}

/// M107
#[test]
fn a_log_with_changed_bytes_gets_an_answer() {
    let file = "evtx/sysmon_20_21_1_CommandLineEventConsumer.evtx";
    let Some(path) = places::collection(file) else { return skip::whole(ABSENT) };
    let log = fs::read(path).expect("the sample is readable");
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut chance = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or_default()
    };
    for _ in 0..60 {
        let mut changed = log.clone();
        for _ in 0..1 + chance(12) {
            let at = HEADER + chance(changed.len() - HEADER);
            changed[at] = u8::try_from(chance(256)).unwrap_or_default();
        }
        changed.truncate(HEADER + chance(changed.len() - HEADER));
        let found = read_from(changed.as_slice(), file, Some(Format::Evtx));
        assert_eq!(found.account.rejected as usize, found.rejected.len());
    }
}
