//! A file of another product, read where it lies and handed to the door in batches: with the rights of whoever imports it,
//! in bounded memory, reading and storing at the same time.
use crate::{Front, door::ImportAlerts, fault::bad_input, view};
use assize_domain::{draft::Draft, id::DeviceId, order::Fault, role::Person};
pub use assize_intake::{Column, Format, Mapping, Options, Preview};
use assize_intake::{Fidelity, OpenError, Rejected};
use std::{
    collections::HashSet,
    io::Read,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// One transaction. Larger ones are hardly faster, and others wait meanwhile.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// What the account lists one by one; beyond that it counts.
const LISTED_FAILED: usize = 1_000;
const LISTED_ALERTS: usize = 100_000;

enum Piece {
    Drafts(Vec<Draft>),
    Rejected(Rejected),
}

/// Reads a file to its end. What was stored stays stored when a later part fails, and is known again next time.
pub fn import(
    front: &Front,
    who: &Person,
    from: impl Read + Send,
    options: Options,
    file: &str,
    device: Option<DeviceId>,
) -> Result<view::Imported, Fault> {
    std::thread::scope(|threads| {
        let (format_told, format) = sync_channel(1);
        // One batch is stored while the next one is read.
        let (send, receive) = sync_channel(1);
        let reader = threads.spawn(move || read(from, options, &format_told, &send));
        let stored = match format.recv() {
            Ok(format) => store(front, who, &receive, format, file, device),
            // The reader ended before it knew the format, and says why.
            Err(_) => Ok(view::Imported::default()),
        };
        // A reader whose batches nobody takes ends.
        drop(receive);
        let fidelity = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut told = stored?;
        let fidelity = fidelity.map_err(|e| unreadable(&e))?;
        told.format = fidelity.format.code().to_owned();
        told.records = fidelity.records;
        told.rejected = fidelity.rejected;
        told.without_zone = fidelity.without_zone;
        told.fields =
            view::ImportedFields { mapped: fidelity.mapped, kept_raw: fidelity.kept_raw, more: fidelity.more_fields };
        Ok(told)
    })
}

/// What a file would become, with nothing stored.
pub fn preview(from: impl Read, options: Options) -> Result<Preview, Fault> {
    assize_intake::preview(from, options).map_err(|e| unreadable(&e))
}

fn read(
    from: impl Read,
    options: Options,
    format_told: &SyncSender<Format>,
    send: &SyncSender<Piece>,
) -> Result<Fidelity, OpenError> {
    let mut import = assize_intake::open(from, options)?;
    let told = format_told.send(import.format());
    let (mut drafts, mut bytes) = (Vec::new(), 0);
    let mut wanted = told.is_ok();
    while wanted {
        let next = import.next();
        let ended = next.is_none();
        match next {
            Some(Ok(draft)) => {
                bytes += draft.raw.len();
                drafts.push(draft);
            }
            Some(Err(rejected)) => wanted = send.send(Piece::Rejected(rejected)).is_ok(),
            None => {}
        }
        if drafts.len() >= BATCH || bytes >= BATCH_BYTES || (ended && !drafts.is_empty()) {
            bytes = 0;
            wanted &= send.send(Piece::Drafts(std::mem::take(&mut drafts))).is_ok();
        }
        wanted &= !ended;
    }
    Ok(import.fidelity())
}

fn store(
    front: &Front,
    who: &Person,
    receive: &Receiver<Piece>,
    format: Format,
    file: &str,
    device: Option<DeviceId>,
) -> Result<view::Imported, Fault> {
    let mut told = view::Imported::default();
    let mut investigations = HashSet::new();
    while let Ok(next) = receive.recv() {
        match next {
            Piece::Rejected(rejected) if told.failed.len() < LISTED_FAILED => {
                told.failed.push(view::ImportFailed {
                    line: rejected.line,
                    record: rejected.record,
                    error: rejected.error,
                });
            }
            Piece::Rejected(_) => told.more_failed += 1,
            Piece::Drafts(drafts) => {
                let format = format.code().to_owned();
                let request = ImportAlerts { file: file.to_owned(), format, device: device.clone(), drafts };
                let batch = front.ask(who, request)?;
                told.imported += batch.imported;
                told.duplicates += batch.duplicates;
                told.skipped += batch.skipped;
                told.incidents += batch.incidents;
                let room = LISTED_ALERTS.saturating_sub(told.alerts.len()).min(batch.alerts.len());
                told.more_alerts += u32::try_from(batch.alerts.len() - room).unwrap_or(u32::MAX);
                told.alerts.extend(batch.alerts.into_iter().take(room));
                told.investigations
                    .extend(batch.investigations.into_iter().filter(|i| investigations.insert(i.clone())));
            }
        }
    }
    Ok(told)
}

fn unreadable(error: &OpenError) -> Fault {
    let sentence = |e: &OpenError| {
        let text = e.to_string();
        let mut letters = text.chars();
        letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).chain(['.']).collect::<String>()
    };
    match error {
        OpenError::Io(_) => Fault::new("cannot_read", sentence(error), "Nothing was imported."),
        OpenError::Empty => bad_input(sentence(error), "Nothing was imported."),
        OpenError::Unknown => bad_input(sentence(error), "Say which format it is, if you know."),
        OpenError::NoHeadings => bad_input(sentence(error), "The first line has to name the columns."),
    }
}
