//! Programs of the system that are asked for what no file tells: fixed names, fixed words, an empty environment, an end.
use super::Work;
use std::{
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const PATIENCE: Duration = Duration::from_secs(10);

impl Work<'_> {
    /// Adds what a program of this computer says, where it is installed.
    pub(super) fn ask_program(&mut self, name: &str, program: &str, words: &[&str]) {
        let found = FOLDERS.iter().map(|f| Path::new(f).join(program)).find(|p| p.is_file());
        let Some(found) = found else {
            return self.skip(name, &format!("The program {program} is not installed."));
        };
        let source = format!("{program} {}", words.join(" "));
        match ask(&found, words, self.limits.log) {
            Ok((body, None)) => self.text(name, &source, body),
            Ok((body, Some(note))) => self.text_noted(name, &source, body, Some(note)),
            Err(why) => self.skip(name, &why),
        }
    }
}

/// What it wrote, and a note where that is not all or not well.
fn ask(program: &Path, words: &[&str], most: u64) -> Result<(Vec<u8>, Option<String>), String> {
    let mut child = Command::new(program)
        .args(words)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("It could not be asked: {e}."))?;
    let out = child.stdout.take().ok_or("It could not be asked.")?;
    let reader = std::thread::spawn(move || {
        let mut body = Vec::new();
        // What comes after the limit is not read: the program then waits and is ended with the rest.
        out.take(most).read_to_end(&mut body).map(|_| body)
    });
    let start = Instant::now();
    while !reader.is_finished() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = end(&mut child, start);
    let body = reader.join().ok().and_then(Result::ok).ok_or("What it said could not be read.")?;
    let note = match status {
        Some(true) => None,
        _ if body.len() as u64 >= most => Some(format!("Cut at {most} bytes.")),
        Some(false) => Some("The program ended with an error.".to_owned()),
        None => Some("The program did not end in time and was stopped.".to_owned()),
    };
    if body.is_empty() && note.is_some() {
        return Err(note.unwrap_or_default());
    }
    Ok((body, note))
}

/// How it ended; stopped when it does not.
fn end(child: &mut Child, start: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if start.elapsed() < PATIENCE + Duration::from_millis(200) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(None) | Err(_) => {
                // Our own child, not yet waited for: its number cannot be another's.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_asked_and_cut_and_ended() {
        let ask = |words: &[&str], most| ask(Path::new("/bin/sh"), words, most);
        assert_eq!(ask(&["-c", "echo one"], 100), Ok((b"one\n".to_vec(), None)));
        let (body, note) = ask(&["-c", "yes"], 1000).unwrap();
        assert_eq!(body.len(), 1000);
        assert!(note.unwrap().contains("Cut at 1000 bytes"));
        assert!(ask(&["-c", "exit 3"], 100).is_err());
    }
}
