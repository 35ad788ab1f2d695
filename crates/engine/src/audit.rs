//! The audit trail: is it whole, and all of it as a file.
use crate::{
    Engine,
    actions::count,
    door::{ExportAudit, VerifyAudit},
    fault::bad_input,
    view,
};
use assize_domain::{order::Fault, role::Person};
use std::{fmt::Write as _, fs};

/// Records read at a time while exporting.
const PAGE: u32 = 1000;

pub(crate) fn verify(engine: &Engine, _: &Person, _: VerifyAudit) -> Result<view::AuditVerified, Fault> {
    engine.read(|r| {
        let v = r.verify_chain()?;
        Ok(view::AuditVerified {
            records: count(v.records),
            ok: v.first_broken.is_none(),
            first_broken: v.first_broken.map(count),
        })
    })
}

pub(crate) fn export(engine: &Engine, _: &Person, request: ExportAudit) -> Result<view::RestoredTo, Fault> {
    let text = text(engine, form(&request.out)?)?;
    write(request.out, text.as_bytes())
}

/// True for CSV, false for lines of JSON.
pub(crate) fn form(out: &str) -> Result<bool, Fault> {
    match out.rsplit('.').next() {
        Some("csv") => Ok(true),
        Some("jsonl") => Ok(false),
        _ => Err(bad_input("The file's name has to end in .csv or .jsonl.", "Choose one of the two.")),
    }
}

pub(crate) fn write(out: String, text: &[u8]) -> Result<view::RestoredTo, Fault> {
    fs::write(&out, text).map_err(|e| {
        Fault::new("cannot_write", format!("{out} could not be written: {e}."), "Choose another place.")
    })?;
    Ok(view::RestoredTo { file: out })
}

/// All of it.
pub(crate) fn text(engine: &Engine, csv: bool) -> Result<String, Fault> {
    let mut text = if csv {
        "seq,at,actor,subject,subject_id,event,from,to,text,comment,hash\n".to_owned()
    } else {
        String::new()
    };
    let mut after = 0;
    loop {
        let records = engine.read(|r| Ok(r.records_after(after, PAGE)?))?;
        let Some(last) = records.last() else { break };
        after = last.seq;
        for r in &records {
            let e = &r.entry;
            if csv {
                let fields = [
                    r.seq.to_string(),
                    e.at.to_string(),
                    e.actor.name().to_owned(),
                    e.subject.code().to_owned(),
                    e.subject_id.clone(),
                    e.event.clone(),
                    e.from.clone().unwrap_or_default(),
                    e.to.clone().unwrap_or_default(),
                    e.text.clone(),
                    e.comment.clone().unwrap_or_default(),
                    r.hash.clone(),
                ];
                let _ = writeln!(text, "{}", fields.map(|f| cell(&f)).join(","));
            } else if let Ok(line) =
                serde_json::to_string(&serde_json::json!({ "seq": r.seq, "entry": e, "hash": r.hash }))
            {
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// Quoted, and never a formula to a spreadsheet: evidence text is hostile.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
