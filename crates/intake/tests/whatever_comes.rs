//! Whatever bytes come in: an answer, never a panic, and what comes out is of a bearable size.
use assize_intake::{Format, Options, open, preview};
use proptest::prelude::*;

/// One short record of every format, to be changed at random.
const SEEDS: &[&str] = &[
    r#"{"timestamp":"2025-12-05T11:12:16.827+0100","rule":{"level":12,"description":"d","id":"1","mitre":{"id":["T1110"]}},"agent":{"id":"001","name":"a","ip":"10.0.0.1"},"id":"1.2","syscheck":{"path":"/a","event":"added","sha256_after":"x"},"data":{"srcip":"192.0.2.1"}}"#,
    r#"{"value":[{"id":"1","title":"t","severity":"low","createdDateTime":"2021-04-27T12:19:27.7Z","evidence":[{"@odata.type":"microsoft.graph.security.processEvidence","processId":4,"imageFile":{"fileName":"a","filePath":"C:\\b"}}]}]}"#,
    r#"{"@timestamp":"2022-12-23T10:39:44.298Z","kibana.alert.rule.name":"n","host":{"name":"h","ip":["192.0.2.1"]},"process":{"pid":3,"executable":"/a","parent":{"pid":1}}}"#,
    r#"[{"timestamp":"2017-03-25T16:49:58.8-0600","event_type":"alert","src_ip":"192.0.2.1","src_port":1,"dest_ip":"192.0.2.2","alert":{"signature":"s","signature_id":5,"severity":1}}]"#,
    r#"{"rule":"R","priority":"Error","time":"2026-01-05T10:00:00.0Z","output_fields":{"fd.name":"10.0.0.1:5->10.0.0.2:6","proc.pid":9}}"#,
    r#"{"class_uid":2004,"category_uid":2,"metadata":{"product":{"name":"p"}},"finding_info":{"title":"t","uid":"u"},"observables":[{"type_id":2,"value":"192.0.2.1"}]}"#,
    r#"{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator","id":"indicator--2","pattern":"[file:hashes.'SHA-256' = 'ab' OR url:value = 'http://a/']"}]}"#,
    r#"{"Event":{"info":"i","uuid":"u","threat_level_id":"1","Attribute":[{"type":"filename|md5","value":"a|b","to_ids":true}]}}"#,
    r#"{"Findings":[{"Id":"1","Type":"Recon:EC2/x","AccountId":"2","Severity":5,"Service":{"ServiceName":"guardduty","Action":{"PortProbeAction":{"PortProbeDetails":[{"RemoteIpDetails":{"IpAddressV4":"192.0.2.1"}}]}}}}]}"#,
    r#"{"name":"q","hostIdentifier":"h","columns":{"pid":"3","path":"/a"},"action":"added","unixTime":1780591680}"#,
    "<Events><Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><Computer>c</Computer></System><EventData><Data Name='Image'>C:\\a.exe</Data><Data Name='Hashes'>MD5=x</Data></EventData></Event></Events>",
    "title,severity,host\n\"a \"\"b\"\"\",high,h\nc,5,\n",
    r#"{"alert":{"title":"x"},"severity":3}"#,
];

fn all_formats() -> impl Iterator<Item = Option<Format>> {
    Format::ALL.into_iter().map(Some).chain([None])
}

fn digest(bytes: &[u8]) {
    for format in all_formats() {
        let options = Options { format, ..Options::default() };
        let Ok(mut import) = open(bytes, options.clone()) else { continue };
        let mut size = 0;
        for draft in import.by_ref().filter_map(Result::ok) {
            size += draft.raw.len();
            assert!(draft.title.chars().count() <= 301);
            assert!(!draft.key.is_empty());
        }
        assert!(size <= bytes.len() * 12 + 4096, "{size} bytes out of {}", bytes.len());
        let account = import.fidelity();
        assert!(account.records >= account.rejected);
        assert!(preview(bytes, options).is_ok());
    }
}

/// A change of one record: where, how much of it goes, and what comes instead.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let place = (0..SEEDS.len(), any::<prop::sample::Index>(), 0..40_usize, prop::collection::vec(any::<u8>(), 0..24));
    (place, prop::option::of(0..SEEDS.len())).prop_map(|((seed, at, gone, new), more)| {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + gone).min(bytes.len());
        bytes.splice(at..end, new);
        if let Some(more) = more {
            bytes.push(b'\n');
            bytes.extend_from_slice(SEEDS[more].as_bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        digest(&bytes);
    }

    #[test]
    fn changed_records_get_an_answer(bytes in changed()) {
        digest(&bytes);
    }

    #[test]
    fn a_record_that_is_cut_anywhere_gets_an_answer(seed in 0..SEEDS.len(), at in any::<prop::sample::Index>()) {
        let bytes = SEEDS[seed].as_bytes();
        digest(&bytes[..at.index(bytes.len())]);
    }

    /// JSON of any shape under the names that the formats look for.
    #[test]
    fn any_shape_under_known_names_gets_an_answer(bytes in shape()) {
        digest(bytes.to_string().as_bytes());
    }
}

const NAMES: &[&str] = &[
    "rule",
    "level",
    "description",
    "agent",
    "data",
    "syscheck",
    "path",
    "event_type",
    "alert",
    "src_ip",
    "http",
    "url",
    "output_fields",
    "proc.pid",
    "class_uid",
    "finding",
    "observables",
    "objects",
    "type",
    "pattern",
    "id",
    "Event",
    "Attribute",
    "value",
    "Object",
    "name",
    "evidence",
    "userAccount",
    "Service",
    "Action",
    "System",
    "EventID",
    "title",
    "severity",
    "process",
    "parent",
    "host",
    "@timestamp",
    "time",
    "hits",
    "threat",
    "indicator",
    "message",
    "columns",
    "hostIdentifier",
    "Provider",
    "technique",
    "mitre",
    "priority",
    "metadata",
    "category_uid",
    "timestamp",
];

fn shape() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "T1059",
            "high",
            "192.0.2.1",
            "indicator",
            "a|b",
            "C:\\x",
            "/y",
            "1e400",
            "bundle--x"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 1..8)
                .prop_map(|members| members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()),
        ]
    })
}
