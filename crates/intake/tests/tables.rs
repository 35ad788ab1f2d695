//! Tables and JSON of no known kind: a proposal for their columns that a person sees and can change.
use assize_domain::alert::Severity;
use assize_intake::{Column, Format, Mapping, Options, open, preview};

const TABLE: &str = "Alert Name;Severity;Host Name;File Path;SHA-256;Event Time;Odd\n\
    Miner found;High;web-1;/tmp/m;;2026-01-02 03:04:05;x\n\
    \"Two; words\";2;web-2;/tmp/n;;2026-01-02T03:04:05Z;\n\
    ;low;;;;;\n";

/// M107
#[test]
fn a_table_is_shown_before_it_is_imported() {
    let shown = preview(TABLE.as_bytes(), Options::default()).expect("it is a table");
    assert_eq!(shown.format, Format::Csv);
    assert_eq!(shown.headings.len(), 7);
    for (heading, column) in [
        ("Alert Name", Column::Title),
        ("Severity", Column::Severity),
        ("Host Name", Column::DeviceName),
        ("File Path", Column::FilePath),
        ("SHA-256", Column::Sha256),
        ("Event Time", Column::Time),
    ] {
        assert_eq!(shown.mapping.columns.get(heading), Some(&column), "{heading}");
    }
    assert!(!shown.mapping.columns.contains_key("Odd"));
    assert_eq!(shown.rows[1][0], "Two; words");
    assert_eq!(shown.drafts.len(), 2);
    assert_eq!(shown.drafts[0].severity, Severity::High);
    assert!(shown.drafts[0].notes.iter().any(|n| n.contains("time zone")), "{:?}", shown.drafts[0].notes);
    assert!(shown.drafts[1].notes.iter().any(|n| n.contains("severity")), "{:?}", shown.drafts[1].notes);
    assert_eq!(shown.rejected.len(), 1);
    assert_eq!(shown.rejected[0].line, 4);
}

/// M107
#[test]
fn a_person_can_say_what_a_column_means_and_which_zone_its_times_have() {
    let columns = [("Odd".to_owned(), Column::Title), ("Event Time".to_owned(), Column::Time)].into();
    let options = Options { mapping: Some(Mapping { columns }), zone_minutes: 120, ..Options::default() };
    let mut import = open(TABLE.as_bytes(), options).expect("it is a table");
    let drafts: Vec<_> = import.by_ref().filter_map(Result::ok).collect();
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].title, "x");
    assert_eq!(drafts[0].first.map(|m| m.at.to_string()).as_deref(), Some("2026-01-02T01:04:05.000Z"));
    let account = import.fidelity();
    assert_eq!(account.mapped, ["Event Time", "Odd"]);
    assert!(account.kept_raw.contains(&"File Path".to_owned()));
    assert_eq!((account.records, account.drafts, account.rejected, account.without_zone), (3, 1, 2, 1));
}

/// M107
#[test]
fn json_of_no_known_kind_is_read_by_its_fields() {
    let file =
        "{\"alert\":{\"name\":\"Odd login\"},\"host\":{\"name\":\"db-1\",\"ip\":\"192.0.2.7\"},\"priority\":80}\n";
    let mut import = open(file.as_bytes(), Options::default()).expect("a title is found");
    assert_eq!(import.format(), Format::Json);
    let draft = import.next().expect("a record").expect("a draft");
    assert_eq!(draft.title, "Odd login");
    assert_eq!(draft.severity, Severity::High);
    assert_eq!(draft.devices[0].name.as_deref(), Some("db-1"));
    assert_eq!(draft.devices[0].ips, ["192.0.2.7"]);
}

#[test]
fn a_row_with_more_columns_than_the_table_is_named() {
    let file = "title,severity\na,high\nb,low,extra\nc,low\n";
    let items: Vec<_> = open(file.as_bytes(), Options::default()).expect("it is a table").collect();
    assert!(items[0].is_ok() && items[2].is_ok());
    assert_eq!(items[1].as_ref().map_err(|r| r.line), Err(3));
}
