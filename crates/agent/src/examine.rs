//! Reading files: hashes, rules, package records and oddities of name and content. What cannot be read is `Unknown`.
use crate::{antivirus::Clamd, ourselves::Ourselves, shelf::InForce};
use assize_detect::{
    hashes::Hashes,
    heuristics::{
        name::{Stranger, borrowed},
        program::{self, Unpackaged},
        startup::script_findings,
    },
    magic::{ContentKind, kind_of},
    package::{self, Installed},
    scan::{FileFacts, Scanner},
};
use assize_domain::{
    entity::{Bytes, File, FileIdentity},
    text::{DevicePath, visible},
    verdict::{Finding, FindingSource, Weight},
};
use assize_host::{
    look::{
        file::{Facts, Inspector},
        packages::{Owned, PackageDatabase},
        process::open_image,
    },
    root::Root,
};
use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// Of larger files only the beginning is judged by rules; their hash is of all of them.
pub(crate) const RULES_READ: usize = 64 << 20;

/// Something to read.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    File {
        path: DevicePath,
        in_use: bool,
    },
    /// A running image whose file is gone or lies in another view of the tree.
    Image {
        pid: u32,
        start_ticks: String,
        path: DevicePath,
        identity: FileIdentity,
        user: String,
    },
}

/// What came of it.
pub(crate) enum Done {
    Looked(Box<Looked>),
    Image {
        identity: FileIdentity,
        found: Result<(Hashes, Vec<Finding>), Finding>,
    },
    Unreadable {
        path: DevicePath,
        in_use: bool,
        finding: Finding,
    },
    /// Gone since it was named, not a regular file, or part of the product.
    Nothing,
}

/// One file that was read.
pub(crate) struct Looked {
    pub(crate) file: File,
    pub(crate) identity: FileIdentity,
    pub(crate) findings: Vec<Finding>,
    pub(crate) kind: ContentKind,
    /// It runs or is arranged to be started.
    pub(crate) in_use: bool,
    pub(crate) watched: bool,
    /// Larger than what rules look at.
    pub(crate) cut: bool,
}

/// What one content says about itself, wherever it lies.
struct Content {
    hashes: Hashes,
    findings: Vec<Finding>,
    kind: ContentKind,
    script: Option<Vec<Finding>>,
}

/// Everything that reading needs; shared by all threads.
pub(crate) struct Examiner<'a> {
    pub(crate) root: &'a Root,
    pub(crate) inspector: &'a Inspector,
    pub(crate) packages: &'a PackageDatabase,
    pub(crate) in_force: &'a InForce,
    pub(crate) ourselves: &'a Ourselves,
    pub(crate) antivirus: Option<&'a Clamd>,
    /// This content is reported wherever it is met.
    pub(crate) content: Option<&'a str>,
    /// And these, which an alert names.
    pub(crate) contents_named: HashSet<&'a str>,
    /// Contents with several names, by identity: read once.
    contents: Mutex<HashMap<FileIdentity, Arc<Content>>>,
}

/// One thread's reader.
pub(crate) struct Reader<'a> {
    examiner: &'a Examiner<'a>,
    scanner: Scanner<'a>,
    buffer: Vec<u8>,
}

/// Folders of the system's programs.
const PROGRAMS: [&str; 7] =
    ["/usr/bin/", "/usr/sbin/", "/usr/lib/systemd/", "/usr/libexec/", "/bin/", "/sbin/", "/lib/systemd/"];

impl<'a> Examiner<'a> {
    pub(crate) fn new(
        root: &'a Root,
        inspector: &'a Inspector,
        packages: &'a PackageDatabase,
        in_force: &'a InForce,
        ourselves: &'a Ourselves,
    ) -> Self {
        Self {
            root,
            inspector,
            packages,
            in_force,
            ourselves,
            antivirus: None,
            content: None,
            contents_named: HashSet::new(),
            contents: Mutex::default(),
        }
    }

    pub(crate) fn reader(&'a self) -> Reader<'a> {
        Reader { examiner: self, scanner: self.in_force.rules.scanner(), buffer: Vec::new() }
    }

    /// The system's own program of this name.
    pub(crate) fn namesake(&self, name: &str) -> Option<DevicePath> {
        if name.is_empty() || name.contains('/') {
            return None;
        }
        PROGRAMS.iter().map(|folder| DevicePath::from(format!("{folder}{name}").as_str())).find(|path| {
            if self.packages.knows_anything() {
                self.packages.owner(path).is_some()
            } else {
                self.inspector.inspect(path).is_ok()
            }
        })
    }

    pub(crate) fn owner(&self, path: &DevicePath, resolved: Option<&DevicePath>) -> Option<Owned> {
        self.packages.owner(path).or_else(|| self.packages.owner(resolved?))
    }

    /// A package's word for a file that defines something and is not itself among the files looked at.
    pub(crate) fn vouched(&self, path: &DevicePath) -> Option<Finding> {
        let owned = self.owner(path, None)?;
        let (file, _) = self.inspector.open_regular(path).ok()?;
        let hashes = Hashes::of(file).ok()?;
        package::finding(&installed(&owned), &hashes, false)
    }
}

impl Reader<'_> {
    pub(crate) fn read(&mut self, job: Job) -> Done {
        match job {
            Job::File { path, in_use } => self.file(path, in_use),
            Job::Image { pid, start_ticks, path, identity, user } => {
                let found = open_image(pid, &start_ticks)
                    .and_then(|image| self.content(image, &path, &user, None))
                    .map(|content| (content.hashes.clone(), content.findings.clone()))
                    .map_err(|error| unreadable("The program it runs", &error));
                Done::Image { identity, found }
            }
        }
    }

    fn file(&mut self, path: DevicePath, in_use: bool) -> Done {
        let examiner = self.examiner;
        if examiner.ourselves.owns(examiner.root, &path) {
            return Done::Nothing;
        }
        let (file, facts) = match examiner.inspector.open_regular(&path) {
            Ok(opened) => opened,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => {
                return Done::Nothing;
            }
            Err(error) => return Done::Unreadable { path, in_use, finding: unreadable("It", &error) },
        };
        if examiner.ourselves.is_program(&facts.identity) {
            return Done::Nothing;
        }
        let user = facts.owner.split(':').next().unwrap_or_default().to_owned();
        let several = (facts.links > 1).then_some(facts.identity);
        match self.content(file, &path, &user, several) {
            Ok(content) => Done::Looked(Box::new(examiner.judge(&facts, &content, in_use))),
            Err(error) => Done::Unreadable { path, in_use, finding: unreadable("It", &error) },
        }
    }

    /// Reads a content once, also when it has several names.
    fn content(
        &mut self,
        file: impl io::Read,
        path: &DevicePath,
        user: &str,
        several: Option<FileIdentity>,
    ) -> io::Result<Arc<Content>> {
        let known = &self.examiner.contents;
        if let Some(content) =
            several.and_then(|id| known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned())
        {
            return Ok(content);
        }
        let hashes = Hashes::keeping(file, &mut self.buffer, RULES_READ)?;
        let mut findings = self.scanner.scan(&self.buffer, &FileFacts { path, owner: user }, &hashes);
        findings.extend(self.examiner.antivirus.and_then(|clamd| clamd.judge(&self.buffer)));
        let kind = kind_of(&self.buffer);
        let script = is_shell_text(kind, &self.buffer).then(|| script_findings(&String::from_utf8_lossy(&self.buffer)));
        // A file of a gigabyte must not keep its room for the rest of the look.
        self.buffer.shrink_to(8 << 20);
        let content = Arc::new(Content { hashes, findings, kind, script });
        if let Some(identity) = several {
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(identity, Arc::clone(&content));
        }
        Ok(content)
    }
}

impl Examiner<'_> {
    /// Puts together what the content, the package and the name say.
    fn judge(&self, facts: &Facts, content: &Content, in_use: bool) -> Looked {
        let owned = self.owner(&facts.path, facts.resolved.as_ref());
        let mode = u32::from_str_radix(&facts.mode, 8).unwrap_or_default();
        let executable = mode & 0o111 != 0;
        let program = content.kind.is_program() || (executable && content.kind == ContentKind::Script);
        let mut findings = content.findings.clone();
        findings.extend(owned.as_ref().and_then(|o| package::finding(&installed(o), &content.hashes, program)));
        let vouched = findings.iter().any(|f| f.weight == Weight::Good);
        if in_use && !vouched {
            findings.extend(content.script.iter().flatten().cloned());
        }
        if program && executable && owned.is_none() {
            let namesake = self.namesake(facts.path.file_name());
            findings.extend(borrowed(&Stranger { path: &facts.path, namesake: namesake.as_ref(), in_use }));
            let owner = facts.owner.split(':').next().unwrap_or_default();
            findings.extend(program::findings(&Unpackaged { path: &facts.path, mode, owner, in_use }));
        }
        let wanted = |hash: &&str| self.in_force.watched.contains(*hash) || self.contents_named.contains(*hash);
        let watched = content.hashes.all().iter().any(wanted) || self.content == Some(content.hashes.sha256.as_str());
        Looked {
            file: File {
                path: facts.path.clone(),
                resolved: facts.resolved.clone(),
                sha256: Some(content.hashes.sha256.clone()),
                sha1: Some(content.hashes.sha1.clone()),
                md5: Some(content.hashes.md5.clone()),
                size: Bytes(content.hashes.size),
                mode: facts.mode.clone(),
                owner: facts.owner.clone(),
                package: owned.map(|o| o.package),
                identity: Some(facts.identity),
                links: facts.links,
                modified_at: Some(facts.modified_at),
            },
            identity: facts.identity,
            findings,
            kind: content.kind,
            in_use,
            watched,
            cut: content.hashes.size > RULES_READ as u64,
        }
    }
}

fn installed(owned: &Owned) -> Installed<'_> {
    Installed {
        package: &owned.package,
        md5: owned.md5.as_deref(),
        sha256: owned.sha256.as_deref(),
        conffile: owned.conffile,
    }
}

/// A script for a shell, or lines that a shell reads in.
fn is_shell_text(kind: ContentKind, content: &[u8]) -> bool {
    let first = content.split(|b| *b == b'\n').next().unwrap_or_default();
    match kind {
        ContentKind::Script => String::from_utf8_lossy(first).contains("sh"),
        ContentKind::Text => true,
        ContentKind::Elf
        | ContentKind::WindowsProgram
        | ContentKind::MacProgram
        | ContentKind::Php
        | ContentKind::Gif
        | ContentKind::Png
        | ContentKind::Jpeg
        | ContentKind::Bmp
        | ContentKind::Webp
        | ContentKind::Pdf
        | ContentKind::Zip
        | ContentKind::Rar
        | ContentKind::SevenZip
        | ContentKind::Gzip
        | ContentKind::Xz
        | ContentKind::OfficeBinary
        | ContentKind::Rtf
        | ContentKind::Shortcut
        | ContentKind::Other => false,
    }
}

fn unreadable(what: &str, error: &io::Error) -> Finding {
    let why = if error.kind() == io::ErrorKind::PermissionDenied {
        "this account may not read it".to_owned()
    } else {
        visible(&error.to_string())
    };
    Finding::new(FindingSource::Analyser, Weight::Unknown, format!("{what} could not be judged: {why}."))
}
