//! Files that are broken, or were made to hurt: each record that cannot be read is named, and the rest goes on.
use assize_domain::draft::{Draft, Thing};
use assize_intake::{Format, OpenError, Options, Rejected, bounds, open};

const GOOD: &str = r#"{"rule":"R","priority":"Warning","output":"o","output_fields":{"proc.pid":7},"hostname":"h"}"#;

fn falco() -> Options {
    Options { format: Some(Format::Falco), ..Options::default() }
}

fn read(bytes: &[u8], options: Options) -> (Vec<Draft>, Vec<Rejected>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for item in open(bytes, options).expect("the file is opened") {
        match item {
            Ok(draft) => good.push(draft),
            Err(rejected) => bad.push(rejected),
        }
    }
    (good, bad)
}

/// M107
#[test]
fn a_broken_line_is_named_with_its_number_and_the_others_are_read() {
    let file = format!("{GOOD}\n{{\"rule\": \n\nnot json\n{{\"other\":1}}\n{GOOD}");
    for options in [falco(), Options::default()] {
        let (good, bad) = read(file.as_bytes(), options);
        assert_eq!(good.iter().map(|d| d.line).collect::<Vec<_>>(), [1, 6]);
        assert_eq!(bad.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 4, 5]);
        assert!(bad[0].error.contains("not valid JSON"), "{}", bad[0].error);
        assert!(bad[2].error.contains("Falco"), "{}", bad[2].error);
        assert_eq!(good[0].key, good[1].key, "the same alert is the same alert");
    }
}

/// M107
#[test]
fn a_line_of_two_hundred_megabytes_is_passed_without_being_kept() {
    let head = format!("{GOOD}\n{{\"rule\":\"");
    let long = std::io::Read::take(std::io::repeat(b'x'), 200 << 20);
    let tail = format!("\"}}\n{GOOD}\n");
    let file = std::io::Read::chain(std::io::Read::chain(head.as_bytes(), long), tail.as_bytes());
    let items: Vec<_> = open(file, falco()).expect("it is opened").collect();
    assert_eq!(items.len(), 3);
    let refused = items[1].as_ref().expect_err("the long line is refused");
    assert_eq!(refused.line, 2);
    assert!(refused.error.contains("larger than 8 MB"), "{}", refused.error);
    assert_eq!(items[2].as_ref().map(|d| d.line), Ok(3));
    assert!(peak_megabytes() < 200, "{} MB", peak_megabytes());
}

/// M107
#[test]
fn a_million_fields_are_refused_before_they_are_read() {
    let fields: Vec<String> = (0..600_000).map(|n| format!("\"f{n}\":1")).collect();
    let many = format!("{{\"rule\":\"R\",{}}}", fields.join(","));
    assert!(many.len() < bounds::LARGEST_RECORD);
    let list = format!("{{\"rule\":\"R\",\"priority\":[{}0]}}", "0,".repeat(1_000_000));
    let (good, bad) = read(format!("{many}\n{list}\n{GOOD}\n").as_bytes(), falco());
    assert_eq!((good.len(), bad.len()), (1, 2));
    for refused in &bad {
        assert!(refused.error.contains("50000 fields"), "{}", refused.error);
    }
    // Commas in a text are no fields.
    let text = format!("{{\"rule\":\"R\",\"priority\":\"Error\",\"output\":\"{}\"}}", ",[".repeat(100_000));
    assert_eq!(read(text.as_bytes(), falco()).0.len(), 1);
    assert!(peak_megabytes() < 200, "{} MB", peak_megabytes());
}

#[test]
fn values_that_lie_too_deep_are_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"rule\":\"R\",\"x\":{}1{}}}", open.repeat(20_000), close.repeat(20_000));
        let (good, bad) = read(format!("{deep}\n{GOOD}\n").as_bytes(), falco());
        assert_eq!((good.len(), bad.len()), (1, 1));
        assert!(bad[0].error.contains("deep"), "{}", bad[0].error);
    }
}

#[test]
fn bytes_that_are_not_utf8_name_exactly_the_file_they_name() {
    let mut file = br#"{"rule":"R","priority":"Error","output_fields":{"fd.name":"/tmp/"#.to_vec();
    file.extend(b"\xff\xfe.sh\"}}\n");
    let (good, bad) = read(&file, Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    let Some(Thing::File(named)) = good[0].mentions.iter().map(|m| &m.thing).find(|t| matches!(t, Thing::File(_)))
    else {
        panic!("the file is named: {:?}", good[0].mentions);
    };
    assert_eq!(named.path.as_ref().map(|p| p.to_bytes()), Some(b"/tmp/\xff\xfe.sh".to_vec()));
    assert!(good[0].notes.iter().any(|n| n.contains("UTF-8")));
}

#[test]
fn marks_zeros_and_wide_characters_are_no_hindrance() {
    let marked = format!("\u{FEFF}{GOOD}\n");
    let zeros = format!("{GOOD}\n{}", "\0".repeat(100_000));
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(GOOD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for file in [marked.as_bytes(), zeros.as_bytes(), &wide] {
        let (good, bad) = read(file, Options::default());
        assert_eq!((good.len(), bad.len()), (1, 0), "{bad:?}");
    }
    // A zero inside a text is no JSON.
    let inside = GOOD.replace("\"o\"", "\"o\0\"");
    assert_eq!(read(inside.as_bytes(), falco()).1.len(), 1);
}

#[test]
fn a_file_that_is_nothing_known_says_so() {
    assert!(matches!(open(&b""[..], Options::default()).err(), Some(OpenError::Empty)));
    assert!(matches!(open(&b" \n\0\n"[..], Options::default()).err(), Some(OpenError::Empty)));
    for text in ["hello", "{\"a\":1}", "[1,2,3]", "{", "\u{1}\u{2}\u{3}"] {
        assert!(matches!(open(text.as_bytes(), Options::default()).err(), Some(OpenError::Unknown)), "{text}");
    }
}

#[test]
fn a_list_of_any_length_is_read_element_by_element() {
    let one = format!("{GOOD},\n");
    let head = "{\"value\":[".as_bytes();
    let tail = format!("{GOOD}],\"next\":null}}");
    let many = one.repeat(2000);
    let file = std::io::Read::chain(std::io::Read::chain(head, many.as_bytes()), tail.as_bytes());
    let mut import = open(file, Options::default()).expect("it is opened");
    assert_eq!(import.format(), Format::Falco);
    assert_eq!(import.by_ref().filter(Result::is_ok).count(), 2001);
    assert_eq!(import.fidelity().records, 2001);
}

#[test]
fn made_up_names_and_things_are_bounded() {
    let mentions: Vec<String> =
        (0..5000).map(|n| format!("{{\"@odata.type\":\"#x.urlEvidence\",\"url\":\"http://{n}\"}}")).collect();
    let file = format!(
        "{{\"id\":\"{}\",\"title\":\"{}\",\"serviceSource\":\"x\",\"evidence\":[{}]}}",
        "i".repeat(100_000),
        "ä".repeat(1_000_000),
        mentions.join(",")
    );
    let (good, bad) = read(file.as_bytes(), Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    assert!(good[0].title.chars().count() <= 301 && good[0].key.len() < 100);
    assert_eq!(good[0].mentions.len(), 2000);
    assert!(good[0].notes.iter().any(|n| n.contains("3000 more things")), "{:?}", good[0].notes);
    assert_eq!(good[0].raw, file, "the original is kept in full");
}

/// What the test program has needed so far, at most.
fn peak_megabytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or_default() / 1024
}
