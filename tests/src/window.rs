//! The real window: WebKitWebDriver starts the application, and the test talks to the driver.
//!
//! Every application has a data folder, a display, a session bus and a driver of its own, so tests run at the same time,
//! and each window has the focus.

use std::fs::DirBuilder;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
/// Some calls of the driver never return when the page hangs; after this the application is ended and the test fails.
const LIMIT: Duration = Duration::from_secs(240);

/// An open window. Dropping it ends the application and its driver.
pub struct App {
    /// For what the methods here do not offer.
    pub client: Client,
    home: TempDir,
    /// The driver with the application, and the display they are on; ended in this order.
    _driver: Group,
    display: Display,
}

/// Says so and returns true where no window can be shown; with `CI` set that fails the test.
pub fn cannot_be_shown() -> bool {
    let absent = skip::absent(&["WebKitWebDriver", "Xvfb", "dbus-run-session", "import"]);
    if !absent.is_empty() {
        skip::whole_unless_ci(&format!("not here: {}", absent.join(", ")));
    }
    !absent.is_empty()
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
        let display = Display::open();
        let driver = driver(port, &display, home.path(), environment).spawn().expect("WebKitWebDriver starts");
        let driver = Group::of(driver);
        let client = connect(port).await;
        Self { client, home, _driver: driver, display }
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
        // Asked in the page: the driver stumbles over elements that go away while it counts.
        let counted = self.client.execute("return document.querySelectorAll(arguments[0]).length", vec![css.into()]);
        counted.await.expect("the page counts").as_u64().unwrap_or_default() as usize
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

    /// What the element says, once it is there. Asked in the page: the driver finds no text in what moves or is clipped.
    pub async fn text(&self, testid: &str) -> String {
        let css = by_testid(testid);
        self.find_css(&css).await;
        let script = "return document.querySelector(arguments[0])?.innerText";
        let text = self.client.execute(script, vec![css.into()]).await.expect("the page reads");
        text.as_str().unwrap_or_default().to_owned()
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

    /// target/screenshots/NAME.png, for people to look at. Taken from the display: the driver's own never returns
    /// where WebKit draws without a graphics card.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = places::target().join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        let file = folder.join(format!("{name}.png"));
        // The page's last change must have reached the screen: motion at its end, and the frames that are still drawn.
        let drawn = "const done = arguments[0]; const moves = document.getAnimations().map(m => m.finished.catch(() => 0)); \
                     const rest = new Promise(r => setTimeout(r, 1000)); \
                     Promise.race([Promise.all(moves), rest]).then(() => requestAnimationFrame(() => setTimeout(done, 1200)))";
        self.client.execute_async(drawn, Vec::new()).await.expect("the page draws");
        let (x, y, width, height) = self.client.get_window_rect().await.expect("the window has a place");
        let part = format!("{width}x{height}+{x}+{y}");
        let mut import = Command::new("import");
        import.env("DISPLAY", &self.display.name).args(["-silent", "-window", "root", "-crop", &part, "+repage"]);
        let taken = import.arg(&file).status().expect("import starts");
        assert!(taken.success(), "import took no picture");
        file
    }

    /// Closes the window as a person would, and gives back the folder, to start again on it.
    pub async fn close(self) -> TempDir {
        // Closing the session ends the application; dropping the rest ends what is left.
        let _ = self.client.close().await;
        self.home
    }
}

/// A program with everything it started: gone when this is dropped, or after `LIMIT`.
struct Group {
    leader: Child,
    over: Arc<AtomicBool>,
}

impl Group {
    fn of(leader: Child) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (id, seen) = (leader.id(), Arc::clone(&over));
        std::thread::spawn(move || {
            let start = Instant::now();
            while !seen.load(Ordering::SeqCst) {
                if start.elapsed() > LIMIT {
                    eprintln!("the window test took more than {} s: the application is ended", LIMIT.as_secs());
                    return end(id);
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Self { leader, over }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // First, so that the watching thread never meets a number that belongs to somebody else by then.
        self.over.store(true, Ordering::SeqCst);
        end(self.leader.id());
        let _ = self.leader.wait();
    }
}

fn end(group: u32) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}

/// A screen of its own, with a runtime folder.
struct Display {
    name: String,
    runtime: TempDir,
    _xvfb: Group,
}

impl Display {
    fn open() -> Self {
        // The number is chosen by Xvfb and told on its standard output.
        let mut xvfb = ending_with_us("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-noreset"]);
        xvfb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut xvfb = xvfb.spawn().expect("Xvfb starts");
        let stdout = xvfb.stdout.take().expect("BUG: the output was asked for");
        let xvfb = Group::of(xvfb);
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number).expect("Xvfb tells its number");
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        let runtime = TempDir::new().expect("a folder for sockets");
        DirBuilder::new().mode(0o700).create(runtime.path().join("run")).expect("a runtime folder");
        Self { name: format!(":{}", number.trim()), runtime, _xvfb: xvfb }
    }
}

/// A program that ends with the test process even when that is killed, which no destructor could do.
fn ending_with_us(program: &str) -> Command {
    if !skip::absent(&["setpriv"]).is_empty() {
        return Command::new(program);
    }
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--pdeathsig", "KILL", program]);
    setpriv
}

fn data_in(home: &Path) -> PathBuf {
    home.join("data")
}

fn driver(port: u16, display: &Display, home: &Path, environment: &[(&str, &str)]) -> Command {
    let mut driver = ending_with_us("dbus-run-session");
    driver
        .args(["--", "WebKitWebDriver", &format!("--port={port}"), "--host=127.0.0.1"])
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_RUNTIME_DIR", display.runtime.path().join("run"))
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
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
