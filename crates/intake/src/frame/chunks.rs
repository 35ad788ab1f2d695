//! A Windows event log, chunk by chunk of 64 KB: a chunk that is broken is named, what can be read of it is read, and the
//! next one goes on. Every record comes out as the XML that Windows itself would show.
use std::{
    collections::VecDeque,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use evtx::{EvtxChunkData, ParserSettings};

use super::{Frame, Frames, too_large};
use crate::bounds::LARGEST_RECORD;

pub(crate) const MAGIC: &[u8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const HEADER: usize = 4096;
const CHUNK: usize = 64 << 10;

/// Text that one chunk may come to: its templates can be made to repeat.
const LARGEST_CHUNK_TEXT: usize = 32 << 20;

pub(crate) struct Chunks<R> {
    from: R,
    begun: bool,
    number: u64,
    settings: Arc<ParserSettings>,
    ready: VecDeque<Frame>,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    pub(crate) fn new(from: R) -> Self {
        let settings = Arc::new(ParserSettings::default().indent(false));
        Self { from, begun: false, number: 0, settings, ready: VecDeque::new(), ended: false }
    }

    fn fault(&mut self, why: String) {
        self.ready.push_back(Frame { line: 0, body: Err(why) });
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        let mut header = Vec::new();
        self.from.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        if !header.starts_with(MAGIC) {
            self.ended = true;
            self.fault("This is not a Windows event log: it does not begin with “ElfFile”.".to_owned());
        } else if header.len() < HEADER {
            self.ended = true;
            self.fault("The event log ends in its header.".to_owned());
        }
        Ok(())
    }

    fn chunk(&mut self) -> io::Result<()> {
        let mut data = Vec::with_capacity(CHUNK);
        self.from.by_ref().take(CHUNK as u64).read_to_end(&mut data)?;
        if data.is_empty() {
            self.ended = true;
            return Ok(());
        }
        self.number += 1;
        let number = self.number;
        if data.iter().all(|b| *b == 0) {
            // Room that Windows keeps for events to come.
            return Ok(());
        }
        if data.len() < CHUNK {
            self.ended = true;
            self.fault(format!("The event log ends in the middle of chunk {number}; what is left of it was read."));
            data.resize(CHUNK, 0);
        }
        if !data.starts_with(CHUNK_MAGIC) {
            self.fault(format!("Chunk {number} of the event log is broken: it does not begin as a chunk does."));
            return Ok(());
        }
        // The parser is asked about bytes that somebody may have made; whatever it does stays in this chunk.
        let settings = Arc::clone(&self.settings);
        match catch_unwind(AssertUnwindSafe(|| read(data, number, &settings))) {
            Ok(frames) => self.ready.extend(frames),
            Err(_) => self.fault(format!("Chunk {number} of the event log is broken and could not be read.")),
        }
        Ok(())
    }
}

fn read(data: Vec<u8>, number: u64, settings: &Arc<ParserSettings>) -> Vec<Frame> {
    let fault = |why: String| Frame { line: 0, body: Err(why) };
    let mut frames = Vec::new();
    let mut data = match EvtxChunkData::new(data, false) {
        Ok(data) => data,
        Err(e) => return vec![fault(format!("Chunk {number} of the event log is broken: {e}."))],
    };
    // A log that was copied while it was in use has wrong sums and good records.
    let doubtful = !data.validate_checksum();
    let mut chunk = match data.parse(Arc::clone(settings)) {
        Ok(chunk) => chunk,
        Err(e) => return vec![fault(format!("Chunk {number} of the event log is broken: {e}."))],
    };
    let mut size = 0;
    for record in chunk.iter() {
        let id = record.as_ref().map(|r| r.event_record_id).ok();
        let text = record.and_then(evtx::EvtxRecord::into_xml_bytes);
        let body = match text {
            Ok(text) if text.data.len() > LARGEST_RECORD => Err(too_large(LARGEST_RECORD)),
            Ok(text) => Ok(text.data),
            Err(e) => Err(format!("A record of chunk {number} of the event log is broken: {}.", reason(&e))),
        };
        size += body.as_ref().map_or(0, Vec::len);
        frames.push(Frame { line: id.unwrap_or_default(), body });
        if size > LARGEST_CHUNK_TEXT {
            frames.push(fault(format!(
                "Chunk {number} of the event log comes to more text than it may; its rest was skipped."
            )));
            break;
        }
    }
    if doubtful && frames.iter().all(|f| f.body.is_err()) {
        frames.push(fault(format!("Chunk {number} of the event log does not match its own check sum.")));
    }
    frames
}

/// The innermost reason, in one line.
fn reason(e: &dyn std::error::Error) -> String {
    let mut innermost = e;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    innermost.to_string().replace('\n', " ").trim_end_matches('.').to_owned()
}

impl<R: Read> Frames for Chunks<R> {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        if !self.begun {
            self.begin()?;
        }
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(Some(frame));
            }
            if self.ended {
                return Ok(None);
            }
            self.chunk()?;
        }
    }
}
