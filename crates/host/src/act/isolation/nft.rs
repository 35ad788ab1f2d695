//! The program `nft`, which tells the kernel's packet filter what to do: found in fixed places, started without a shell
//! and without our environment, JSON in and JSON out, and never waited for without end.
use assize_domain::order::Fault;
use nftables::schema::Nftables;
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

const PLACES: [&str; 4] = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/bin/nft"];
const LIMIT: Duration = Duration::from_secs(10);

/// Where it is on this computer.
#[derive(Clone, Copy, Debug)]
pub struct Nft(&'static str);

#[derive(Debug, thiserror::Error)]
pub enum NftError {
    #[error("the program nft could not be started: {0}")]
    Start(#[from] io::Error),
    #[error("the program nft did not answer in time")]
    Silent,
    #[error("the program nft refused: {0}")]
    Refused(String),
    #[error("what the program nft says is not understood: {0}")]
    Words(#[from] serde_json::Error),
}

impl NftError {
    /// The kernel said that we may not.
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::Refused(said) if said.contains("Operation not permitted"))
    }

    pub fn fault(&self) -> Fault {
        let text = format!("The packet filter cannot be changed: {self}.");
        if self.is_denial() {
            Fault::new("no_rights", text, "Nothing was changed. Run it as root or through the device service.")
        } else {
            Fault::new("packet_filter", text, "Nothing was changed. See whether “nft list ruleset” works here.")
        }
    }
}

impl Nft {
    pub fn find() -> Option<Self> {
        PLACES.into_iter().find(|place| Path::new(place).is_file()).map(Self)
    }

    /// Everything that is set, in every family and by everybody.
    pub fn everything(self) -> Result<Value, NftError> {
        Ok(serde_json::from_slice(&self.run(&["-j", "list", "ruleset"], b"")?)?)
    }

    /// One table as text: the JSON of some versions leaves out on which interface a chain is.
    pub fn table(self, family: &str, name: &str) -> Result<String, NftError> {
        let said = self.run(&["list", "table", family, name], b"")?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// All of it in one step, or nothing.
    pub fn set(self, rules: &Nftables<'_>) -> Result<(), NftError> {
        self.run(&["-j", "-f", "-"], &serde_json::to_vec(rules)?).map(drop)
    }

    fn run(self, words: &[&str], input: &[u8]) -> Result<Vec<u8>, NftError> {
        let mut command = Command::new(self.0);
        command.args(words).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It reads everything before it writes anything. A refusal shows in what it says.
            let _ = stdin.write_all(input);
        }
        let output = ended(child)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(NftError::Refused(said.lines().next().unwrap_or("it gave no reason").trim().to_owned()))
    }
}

/// Waits for the end of a program, but not for ever.
fn ended(child: Child) -> Result<Output, NftError> {
    let pid = rustix::process::Pid::from_child(&child);
    let handle = pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from)?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more after the limit.
        let _ = tell.send(child.wait_with_output());
    });
    match told.recv_timeout(LIMIT) {
        Ok(output) => Ok(output?),
        Err(_) => {
            // It may have ended this instant; then there is nothing to end.
            let _ = pidfd_send_signal(&handle, Signal::KILL);
            Err(NftError::Silent)
        }
    }
}
