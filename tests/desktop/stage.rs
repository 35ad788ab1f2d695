//! A data folder that was used before: a level was chosen, staged devices lie beside it, and two programs are known.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use assize_tests::{App, Ctl};
use serde_json::Value;
use tempfile::TempDir;

/// Stands for a program that is on the block list.
pub(crate) const BAD: &str = "This text stands for a program that is on the block list.\n";
const BAD_SHA256: &str = "cf3dd09da7048f17d1d736145e70e478599c8607d7e81027b90c65678f79c0be";

/// Stands for a program that is on the warn list.
pub(crate) const ODD: &str = "This text stands for a program that is on the warn list.\n";
const ODD_SHA256: &str = "774f12f1cd8713912bec46ef56bd20c238ea6db4ca439d55a7f931617c004d69";

/// A place in a folder for temporary files, one in a core folder of the system, one in neither.
pub(crate) const TEMP: &str = "/tmp/parcel";
pub(crate) const CORE: &str = "/usr/bin/parcel";
pub(crate) const OTHER: &str = "/srv/goods/parcel";

pub(crate) struct Stage {
    home: TempDir,
    pub(crate) ctl: Ctl,
    /// Where the staged devices lie, each in a folder of its name.
    roots: TempDir,
}

/// An open window on a stage.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) ctl: Ctl,
    roots: TempDir,
}

impl Stage {
    pub(crate) fn at(level: &str) -> Self {
        let home = TempDir::new().unwrap();
        let ctl = Ctl::on(home.path().join("data"));
        ctl.ask(&["level", "choose", level]);
        for (sha256, action, title) in
            [(BAD_SHA256, "block_and_remediate", "Known bad"), (ODD_SHA256, "warn", "Known odd")]
        {
            ctl.ask(&["indicator", "add", "--sha256", sha256, "--action", action, "--title", title]);
        }
        Self { home, ctl, roots: TempDir::new().unwrap() }
    }

    pub(crate) fn device(&self, name: &str, planted: &[(&str, &str)]) {
        device(&self.ctl, self.roots.path(), name, planted);
    }

    /// Where a file of a device lies on the machine this runs on.
    pub(crate) fn real(&self, device: &str, path: &str) -> PathBuf {
        self.roots.path().join(device).join(path.trim_start_matches('/'))
    }

    pub(crate) async fn open(self) -> Scene {
        let app = App::start_in(self.home, &[]).await;
        app.find("waiting-text").await;
        // What a reload of the page would lose.
        app.run("window.sameDocument = true").await;
        Scene { app, ctl: self.ctl, roots: self.roots }
    }
}

impl Scene {
    pub(crate) fn device(&self, name: &str, planted: &[(&str, &str)]) {
        device(&self.ctl, self.roots.path(), name, planted);
    }

    /// Where a file of a device lies on the machine this runs on.
    pub(crate) fn real(&self, device: &str, path: &str) -> PathBuf {
        self.roots.path().join(device).join(path.trim_start_matches('/'))
    }

    pub(crate) async fn end(self) {
        never_reloaded(&self.app).await;
        assert_eq!(violations(&self.app).await, "0", "what the content security policy refused");
        self.app.close().await;
    }
}

/// Adds a staged device with these files.
fn device(ctl: &Ctl, roots: &Path, name: &str, planted: &[(&str, &str)]) {
    let root = roots.join(name);
    let usual = [
        ("/etc/os-release", "ID=debian\nPRETTY_NAME=\"A staged computer\"\n"),
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
        ("/var/lib/dpkg/status", ""),
    ];
    for (path, text) in usual.iter().chain(planted) {
        let real = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(real, text).unwrap();
    }
    ctl.ask(&["device", "add", "--name", name, "--root", root.to_str().unwrap()]);
}

/// A look at everything on this device, until it rests.
pub(crate) fn investigate(ctl: &Ctl, device: &str) -> Value {
    ctl.ask(&["investigate", device, "--scope", "full"])
}

pub(crate) fn list<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document[name].as_array().unwrap_or_else(|| panic!("no list of {name}: {document}"))
}

pub(crate) fn word<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name].as_str().unwrap_or_else(|| panic!("no word for {name}: {document}"))
}

/// The one action of an investigation that is of this type and about something called so.
pub(crate) fn action(investigation: &Value, kind: &str, title_has: &str) -> Value {
    let fits = |a: &&Value| word(a, "type") == kind && word(a, "target_title").contains(title_has);
    let found: Vec<&Value> = list(investigation, "actions").iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{kind} {title_has}: {:#?}", investigation["actions"]);
    found[0].clone()
}

pub(crate) fn id(document: &Value) -> String {
    word(document, "id").to_owned()
}

/// Waits until an action was carried out, refused or taken back; `status` says which.
pub(crate) async fn settled(app: &App, ctl: &Ctl, action: &str, status: &str) -> Value {
    app.wait_until(&format!("{action} is {status}"), async || {
        word(&ctl.ask(&["action", "show", action]), "status") == status
    })
    .await;
    ctl.ask(&["action", "show", action])
}

/// What a cell of a row says.
pub(crate) async fn cell(app: &App, row: &str, column: &str) -> String {
    app.find(row).await;
    let script =
        format!("return document.querySelector(\"[data-testid='{row}'] [data-column='{column}']\")?.innerText");
    app.run(&script).await.as_str().unwrap_or_default().trim().to_owned()
}

/// Every row there is, by what stands after `prefix` in its test id.
pub(crate) async fn rows(app: &App, prefix: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll(\"[data-testid^='{prefix}']\")].map(r => r.dataset.testid.slice({}))",
        prefix.len()
    );
    let found = app.run(&script).await;
    found.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

pub(crate) async fn never_reloaded(app: &App) {
    assert_eq!(app.run("return window.sameDocument").await, true, "the page was loaded anew");
}

pub(crate) async fn violations(app: &App) -> String {
    let counted = app.run("return document.documentElement.dataset.cspViolations ?? 'not counted'").await;
    counted.as_str().unwrap_or_default().to_owned()
}

/// What undo has to bring back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    bytes: Vec<u8>,
    mode: u32,
    /// To the nanosecond.
    modified: SystemTime,
}

pub(crate) fn mark(path: &Path) -> Mark {
    let facts = fs::symlink_metadata(path).unwrap();
    Mark { bytes: fs::read(path).unwrap(), mode: facts.permissions().mode(), modified: facts.modified().unwrap() }
}
