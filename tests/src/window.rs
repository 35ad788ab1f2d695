//! The real window: WebKitWebDriver starts the application, and the test talks to the driver.
//!
//! Every application has a data folder, settings and a driver of its own, so tests may run at the same time.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{Ctl, places, skip};

/// How long a person would wait before saying that it does not work. Generous: test machines are shared.
const PATIENCE: Duration = Duration::from_secs(20);
const PULSE: Duration = Duration::from_millis(25);

/// An open window. Dropping it ends the application and its driver.
pub struct App {
    /// For what the methods here do not offer.
    pub client: Client,
    home: TempDir,
    driver: Child,
}

/// Says so and returns true where no window can be shown; with `CI` set that fails the test.
pub fn cannot_be_shown() -> bool {
    let mut reasons = skip::absent(&["WebKitWebDriver"]);
    if std::env::var_os("DISPLAY").is_none_or(|v| v.is_empty()) {
        reasons.push("a display (run cargo xtask test)".to_owned());
    }
    if !reasons.is_empty() {
        skip::whole_unless_ci(&format!("not here: {}", reasons.join(", ")));
    }
    !reasons.is_empty()
}

impl App {
    /// A new data folder: the first start of a newcomer.
    pub async fn start() -> Self {
        Self::start_in(TempDir::new().expect("a folder for the application"), &[]).await
    }

    /// With variables of the environment beside the usual ones.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::new().expect("a folder for the application"), environment).await
    }

    /// On the folder of an application that was closed before.
    pub async fn start_in(home: TempDir, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let driver = driver(port, home.path(), environment).spawn().expect("WebKitWebDriver starts");
        // Owned from here on, so that a failure below ends the driver too.
        let mut driver = Group(Some(driver));
        let client = connect(port).await;
        Self { client, home, driver: driver.0.take().expect("BUG: the driver was just put there") }
    }

    /// The data folder, the same one that `assizectl --data` takes.
    pub fn data(&self) -> PathBuf {
        data_in(self.home.path())
    }

    /// The command line on the same data folder.
    pub fn ctl(&self) -> Ctl {
        Ctl::on(self.data())
    }

    /// Waits until the element is there.
    pub async fn find(&self, testid: &str) -> Element {
        self.find_css(&by_testid(testid)).await
    }

    pub async fn find_css(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE).every(PULSE);
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(e) => panic!("{css} did not appear ({e}); the page says: {}", self.page_text().await),
        }
    }

    pub async fn is_there(&self, testid: &str) -> bool {
        self.count_css(&by_testid(testid)).await > 0
    }

    pub async fn count_css(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect("the driver answers").len()
    }

    /// Waits until the element is gone.
    pub async fn wait_gone(&self, testid: &str) {
        self.wait_until(&format!("{testid} goes away"), async || !self.is_there(testid).await).await;
    }

    /// Motion covers and moves elements while they open, so a click is tried until it lands.
    pub async fn click(&self, testid: &str) {
        self.click_css(&by_testid(testid)).await;
    }

    pub async fn click_css(&self, css: &str) {
        let start = Instant::now();
        loop {
            match self.find_css(css).await.click().await {
                Ok(()) => return,
                Err(e) if start.elapsed() > PATIENCE => panic!("{css} cannot be clicked: {e}"),
                Err(_) => tokio::time::sleep(PULSE).await,
            }
        }
    }

    pub async fn text(&self, testid: &str) -> String {
        self.find(testid).await.text().await.unwrap_or_default()
    }

    /// Waits until the element says exactly this.
    pub async fn wait_text(&self, testid: &str, wanted: &str) {
        self.wait_for_text(testid, wanted, |text| text == wanted).await;
    }

    /// Waits until this is a part of what the element says.
    pub async fn wait_text_has(&self, testid: &str, wanted: &str) {
        self.wait_for_text(testid, wanted, |text| text.contains(wanted)).await;
    }

    async fn wait_for_text(&self, testid: &str, wanted: &str, enough: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let text = self.text(testid).await;
            if enough(text.trim()) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{testid} says {text:?} and not {wanted:?}");
            tokio::time::sleep(PULSE).await;
        }
    }

    pub async fn wait_until(&self, what: &str, mut true_now: impl AsyncFnMut() -> bool) {
        let start = Instant::now();
        while !true_now().await {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain until {what}; the page says: {}",
                self.page_text().await
            );
            tokio::time::sleep(PULSE).await;
        }
    }

    /// Types into a field.
    pub async fn fill(&self, testid: &str, text: &str) {
        let field = self.find(testid).await;
        field.click().await.expect("the field takes the focus");
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Presses keys one after the other, as the page's shortcuts name them: `"j"`, `"g p"`, `"Escape"`, `"Control+k"`.
    pub async fn press(&self, keys: &str) {
        for chord in keys.split_whitespace() {
            let parts: Vec<char> = if chord == "+" { vec!['+'] } else { chord.split('+').map(key).collect() };
            let mut sequence = KeyActions::new("keyboard".to_owned());
            for value in &parts {
                sequence = sequence.then(KeyAction::Down { value: *value });
            }
            for value in parts.iter().rev() {
                sequence = sequence.then(KeyAction::Up { value: *value });
            }
            self.client.perform_actions(sequence).await.expect("the driver presses keys");
        }
    }

    /// Which element has the focus: its test id, else its tag.
    pub async fn focused(&self) -> String {
        let script = "const e = document.activeElement; return (e && (e.dataset.testid || e.tagName)) || ''";
        self.run(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// A script in the page, for what a person sees but the driver cannot ask.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the page runs a script")
    }

    pub async fn page_text(&self) -> String {
        let text = self.client.execute("return document.body.innerText", Vec::new()).await;
        text.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Inner size of the page in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.expect("the window takes a size");
    }

    /// target/screenshots/NAME.png, for people to look at.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = places::target().join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, self.client.screenshot().await.expect("the driver takes a picture")).expect("disk");
        file
    }

    /// Closes the window as a person would, and gives back the folder, to start again on it.
    pub async fn close(self) -> TempDir {
        let Self { client, home, driver } = self;
        let group = Group(Some(driver));
        // Closing the session ends the application; the group goes after it.
        let _ = client.close().await;
        drop(group);
        home
    }
}

/// A driver with everything it started: gone when this is dropped.
struct Group(Option<Child>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut driver) = self.0.take() else { return };
        let group = format!("-{}", driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = driver.kill();
        let _ = driver.wait();
    }
}

fn data_in(home: &Path) -> PathBuf {
    home.join("data")
}

fn driver(port: u16, home: &Path, environment: &[(&str, &str)]) -> Command {
    // setpriv: a test that is killed takes its driver along, which no destructor could do.
    let mut driver = if skip::absent(&["setpriv"]).is_empty() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--pdeathsig", "KILL", "WebKitWebDriver"]);
        setpriv
    } else {
        Command::new("WebKitWebDriver")
    };
    driver
        .arg(format!("--port={port}"))
        .arg("--host=127.0.0.1")
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("ASSIZE_DATA", data_in(home))
        .env("ASSIZE_MULTI", "1")
        .env("XDG_DATA_HOME", home.join("xdg-data"))
        .env("XDG_CACHE_HOME", home.join("xdg-cache"))
        .env("XDG_CONFIG_HOME", home.join("xdg-config"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0);
    // What the driver and WebKit say is noise, unless somebody looks for a reason.
    if std::env::var_os("ASSIZE_DRIVER_NOISE").is_none() {
        driver.stderr(Stdio::null());
    }
    driver
}

async fn connect(port: u16) -> Client {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities());
    let start = Instant::now();
    loop {
        match builder.connect(&format!("http://127.0.0.1:{port}")).await {
            Ok(client) => return client,
            Err(e) if start.elapsed() > PATIENCE * 2 => panic!("the application did not open: {e}"),
            Err(_) => tokio::time::sleep(PULSE * 2).await,
        }
    }
}

fn capabilities() -> Map<String, Value> {
    let options = json!({ "binary": places::program("assize"), "args": [] });
    let timeouts = json!({ "script": 60_000, "implicit": 0, "pageLoad": 60_000 });
    Map::from_iter([("webkitgtk:browserOptions".to_owned(), options), ("timeouts".to_owned(), timeouts)])
}

fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}

fn by_testid(testid: &str) -> String {
    format!("[data-testid='{testid}']")
}

/// The code that WebDriver gives a key.
fn key(name: &str) -> char {
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter;
    }
    char::from(match name {
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "Space" => return ' ',
        "Tab" => Key::Tab,
        "Backspace" => Key::Backspace,
        "Delete" => Key::Delete,
        "Home" => Key::Home,
        "End" => Key::End,
        "PageUp" => Key::PageUp,
        "PageDown" => Key::PageDown,
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        "Shift" => Key::Shift,
        "Control" => Key::Control,
        "Alt" => Key::Alt,
        "Meta" => Key::Meta,
        other => panic!("no key is called {other}"),
    })
}
