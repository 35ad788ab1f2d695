//! `cargo xtask run`: from a fresh clone to the open window.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::display::{self, Display, end_group};
use crate::setup;
use crate::shell::{self, Failure, Result};

pub(crate) fn run() -> Result {
    let headless = !display::present();
    if headless {
        setup::window_tools()?;
    }
    setup::build_release(false)?;
    let app = shell::target().join("release/assize");
    if headless {
        return photograph(&app);
    }
    println!("opening {}", app.display());
    // Replaces this process, so that the window has the terminal and its signals for itself.
    Err(Failure::from(shell::command(app).exec()))
}

fn photograph(app: &Path) -> Result {
    println!("There is no display here, so the window opens under Xvfb; it closes again after its first screenshot.");
    let file = shell::target().join("assize-window.png");
    let display = Display::open()?;
    let mut child = display.command(app).process_group(0).stdin(Stdio::null()).spawn()?;
    let painted = wait_for_paint(&display, &mut child, Duration::from_secs(60));
    let shot = painted.and_then(|()| screenshot(&display, &file));
    end_group(&mut child);
    shot?;
    println!("screenshot: {}", file.display());
    Ok(())
}

/// Painted and at rest: the same picture twice, half a second apart (skeletons and motion are over).
pub(crate) fn wait_for_paint(display: &Display, app: &mut Child, limit: Duration) -> Result {
    let start = Instant::now();
    let mut before = Vec::new();
    while start.elapsed() < limit {
        let picture = wait_for_picture(display, app, limit)?;
        if picture == before {
            return Ok(());
        }
        before = picture;
        std::thread::sleep(Duration::from_millis(500));
    }
    Err(format!("the window did not come to rest within {} s", limit.as_secs()).into())
}

/// The first picture with text in it: smooth letters have many colours, an empty page has one or two.
pub(crate) fn wait_for_picture(display: &Display, app: &mut Child, limit: Duration) -> Result<Vec<u8>> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = app.try_wait()? {
            return Err(format!("the application ended before its window was painted: {status}").into());
        }
        let picture = pixels(display)?;
        if colours(&picture) >= 48 {
            return Ok(picture);
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    Err(format!("the window was not painted within {} s", limit.as_secs()).into())
}

fn pixels(display: &Display) -> Result<Vec<u8>> {
    let shot = display.plain("import").args(["-silent", "-window", "root", "-depth", "8", "rgb:-"]).output()?;
    if !shot.status.success() {
        return Err(format!("import: {}", String::from_utf8_lossy(&shot.stderr).trim()).into());
    }
    Ok(shot.stdout)
}

fn colours(pixels: &[u8]) -> usize {
    pixels.chunks_exact(3).map(|rgb| (rgb[0], rgb[1], rgb[2])).collect::<std::collections::HashSet<_>>().len()
}

fn screenshot(display: &Display, file: &Path) -> Result {
    shell::run(display.plain("import").args(["-silent", "-window", "root"]).arg(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_page_has_few_colours() {
        assert_eq!(colours(&[255; 300]), 1);
        assert_eq!(colours(&[0, 0, 0, 1, 0, 0, 0, 0, 0]), 2);
    }
}
