//! Starts the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    #[cfg(target_os = "linux")]
    without_graphics_card();
    assize_lib::run();
}

/// WebKitGTK's DMA-BUF renderer on a machine without a graphics card costs 110 MB and two thirds of the frames.
#[cfg(target_os = "linux")]
fn without_graphics_card() {
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let card = std::fs::read_dir("/dev/dri").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"renderD"))
    });
    if card || std::env::var_os(SWITCH).is_some() {
        return;
    }
    #[expect(unsafe_code, reason = "WebKitGTK reads this switch from the environment alone")]
    // SAFETY: nothing else runs yet: this is the first thing `main` does, before any thread or library is started.
    unsafe {
        std::env::set_var(SWITCH, "1");
    }
}
