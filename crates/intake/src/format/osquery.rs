//! osquery: rows that a scheduled query found to have come or gone on a machine.
use assize_domain::draft::{DeviceNamed, DraftKind, NamedProcess, Part};

use crate::{
    field::Field,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

pub(super) fn is_like(record: Field<'_>) -> bool {
    record.at("hostIdentifier").is_there() && record.any(&["columns", "snapshot", "diffResults"]).is_there()
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let Some(name) = record.at("name").text() else {
        return Err("This is no osquery result: it does not name its query.".to_owned());
    };
    let mut sheet = Sheet::new(DraftKind::Event, "osquery", reading);
    let action = record.at("action").text();
    sheet.draft().title = match action.as_deref() {
        Some("added") => format!("{name}: a row came"),
        Some("removed") => format!("{name}: a row went"),
        _ => name.clone(),
    };
    sheet.draft().rule = Some(name);
    sheet.draft().first = sheet.first_moment(&[record.at("unixTime"), record.at("calendarTime")]);
    let marks = record.at("decorations");
    let host = record.at("hostIdentifier").text();
    sheet.device(DeviceNamed {
        name: marks.at("hostname").text().or_else(|| host.clone()),
        id: marks.at("host_uuid").text().or(host),
        ..DeviceNamed::default()
    });
    let rows = [record.at("columns"), record.at("snapshot"), record.at("diffResults").at("added")];
    for row in rows.into_iter().flat_map(Field::each) {
        columns(row, &mut sheet);
    }
    Ok(vec![sheet])
}

/// One row of a table, whichever it is: the columns of the same name mean the same in all of them.
pub(super) fn columns(columns: Field<'_>, sheet: &mut Sheet) {
    let path = columns.at("path").text();
    let hashes = Hashes::of(columns.at("sha256").text(), columns.at("sha1").text(), columns.at("md5").text());
    if columns.at("pid").is_there() {
        let process = NamedProcess {
            pid: columns.at("pid").small(),
            name: columns.at("name").text(),
            exe: path.as_deref().map(|p| sheet.path(p)),
            command_line: columns.at("cmdline").text(),
            parent_pid: columns.at("parent").small(),
            ..NamedProcess::default()
        };
        sheet.name_process(process, Some(Part::Contextual));
    }
    if let Some(file) = sheet.file(path, hashes, None) {
        sheet.mention(file, Some(Part::Contextual));
    }
    sheet.name_user(columns.at("username").text(), None, None, Some(Part::Contextual));
    sheet.name_ip(columns.at("remote_address").text(), columns.at("remote_port").port(), Some(Part::Destination));
}
