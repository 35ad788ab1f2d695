//! Starts the window.
#![forbid(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    #[cfg(target_os = "linux")]
    without_graphics_card();
    assize_lib::run();
}

/// WebKitGTK's DMA-BUF renderer on a machine without a graphics card costs 110 MB and two thirds of the frames. It reads
/// its switch from the environment alone, before it starts.
#[cfg(target_os = "linux")]
fn without_graphics_card() {
    let card = std::fs::read_dir("/dev/dri").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"renderD"))
    });
    if !card {
        // Refused only when something has started threads before us; then the window is slow, and works.
        let _ = assize_agent::set_at_start("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    }
}
