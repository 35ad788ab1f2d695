//! The words of a call, as `cli.md` lists them. A command's own words stand with the command.
use crate::commands::{
    action, alert, audit, device, folders, group, incident, indicator, investigate, investigation, level, practice,
    protected, quarantine, rollback, rules, serve, service, soon, verdict,
};
use assize_domain::time::Stamp;
use clap::{Args, Parser, Subcommand};
use serde::de::{DeserializeOwned, value::StrDeserializer};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(name = "assizectl", version, about = "Assize without a window: investigate, decide, carry out, undo.")]
pub(crate) struct Words {
    /// Folder of database, vault, keys and settings.
    #[arg(long, global = true, env = "ASSIZE_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print exactly one JSON document.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Computers and file trees that are looked after.
    #[command(subcommand)]
    Device(device::Words),
    /// Device groups and how much may happen in them without a person.
    #[command(subcommand)]
    Group(group::Words),
    /// Which folders count as core, which as temporary.
    #[command(subcommand)]
    Folders(folders::Words),
    /// How much may happen without a person.
    #[command(subcommand)]
    Level(level::Words),
    /// What is never acted on.
    #[command(subcommand)]
    Protected(protected::Words),
    /// Hashes and addresses that are known beforehand.
    #[command(subcommand)]
    Indicator(indicator::Words),
    /// Detection rules: YARA, Sigma, ClamAV, told apart by their content.
    #[command(subcommand)]
    Rules(rules::Words),
    /// Look at a device now, and wait until the result is there.
    Investigate(investigate::Words),
    /// Alerts, those of other products too: import, list, show.
    #[command(subcommand)]
    Alert(alert::Words),
    /// Incidents: what belongs together.
    #[command(subcommand)]
    Incident(incident::Words),
    /// Investigations that ran or run.
    #[command(subcommand)]
    Investigation(investigation::Words),
    /// What waits for a decision, and what was done.
    #[command(subcommand)]
    Action(action::Words),
    /// Every verdict, also those that need no action.
    #[command(subcommand)]
    Verdict(verdict::Words),
    /// What was moved away and is kept.
    #[command(subcommand)]
    Quarantine(quarantine::Words),
    /// Take back everything that was done for an incident, by a rule or in a stretch of time, the last one first.
    Rollback(rollback::Words),
    /// The record of who did what, when and why.
    #[command(subcommand)]
    Audit(audit::Words),
    /// A device with harmless planted files, to try everything.
    #[command(subcommand)]
    Practice(practice::Words),
    /// How things stand: what waits, what runs, when was the last check.
    Status,
    /// What works here, what does not, and why.
    Doctor,
    /// Ask questions about what happened (not in this version).
    Hunt(soon::Words),
    /// Write an incident report (not in this version).
    Report(soon::Words),
    /// Try a level on what happened before (not in this version).
    Simulate(soon::Words),
    /// Run the engine as a service, until it is told to end.
    Serve(serve::Words),
    /// Install, remove and show the service of this computer.
    #[command(subcommand)]
    Service(service::Words),
}

/// A page of a long list.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// Rows on one page.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    /// Continue after a page: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

/// A word of one of our enumerations, in any case, with `-` or `_`.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let code = text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
    T::deserialize(StrDeserializer::<serde::de::value::Error>::new(&code)).map_err(|e| e.to_string())
}

/// A length of time in whole seconds: `90s`, `30m`, `4h`, `2d`, or several of them together, `1h30m`.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "write it like 30m, 4h, 2d or 1h30m".to_owned();
    let mut all = 0u32;
    let mut number = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => return Err(wrong()),
        };
        let part = number.parse::<u32>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
        all = all.checked_add(part).ok_or_else(wrong)?;
        number.clear();
    }
    if number.is_empty() && all > 0 { Ok(all) } else { Err(wrong()) }
}

/// A moment in RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Stamp, String> {
    Stamp::parse(text.trim()).ok_or_else(|| "write it like 2027-01-31T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::group::AutomationLevel;
    use clap::CommandFactory;

    #[test]
    fn the_words_fit_together() {
        Words::command().debug_assert();
    }

    #[test]
    fn an_enumeration_is_read_with_either_dash_and_in_any_case() {
        for text in ["semi_non_temp", "semi-non-temp", "SEMI_NON_TEMP"] {
            assert_eq!(word::<AutomationLevel>(text), Ok(AutomationLevel::SemiNonTemp), "{text}");
        }
        let refusal = word::<AutomationLevel>("half").unwrap_err();
        assert!(refusal.contains("semi_core"), "the refusal names what is possible: {refusal}");
    }

    #[test]
    fn a_length_of_time_is_read_as_people_write_it() {
        for (text, wanted) in [("90s", 90), ("30m", 1800), ("4h", 14400), ("2D", 172_800), ("1h30m", 5400)] {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
        for text in ["", "0s", "4", "h", "4h30", "1.5h", "-1h", "9999999999d", "4 h"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_command_of_the_contract_is_understood() {
        for line in [
            "device add --name N --root /tmp --os linux",
            "device list",
            "device show D",
            "group list",
            "group create N --level semi-core --rule name starts_with web --rule os_platform is-one-of linux,windows",
            "folders add /srv/uploads/** --list temp",
            "group level N full",
            "group assign D N",
            "indicator add --sha256 H --action block_and_remediate --title T --expires 2027-01-01T00:00:00Z --group G",
            "indicator add --domain D --action warn --title T",
            "indicator list",
            "indicator remove I",
            "indicator import F.csv",
            "rules add a.yar folder",
            "rules list",
            "rules remove R",
            "investigate",
            "investigate D --path /a --path /b --scope full --comment C",
            "alert import F --format wazuh --device D",
            "alert list",
            "alert show A",
            "incident list --investigation-state pending_approval",
            "incident show I",
            "incident resolve I --classification true-positive --determination malware --comment C",
            "investigation list",
            "investigation show I",
            "investigation stop I --comment C",
            "action list --tab pending --type quarantine_file --status pending-approval --device D --source command-line --investigation I --limit 200 --after C",
            "action show A",
            "action plan A",
            "action approve A B --group-by-type --comment C",
            "action approve A --no-wait",
            "action reject A --comment C",
            "action cancel A",
            "action retry A",
            "action undo A B --conflict keep-both",
            "action undo A --conflict elsewhere=/tmp/x --instances",
            "action run quarantine-file --device D --file P --comment C",
            "action run isolate_device --device D --scope full --for 1h --comment C",
            "action run isolate-device --device D --allow 10.0.0.0/8 --allow 192.0.2.7 --comment C",
            "action run stop_service --device D --service cups.service --dry-run",
            "action run remove-persistence --device D --evidence E --comment C --no-wait",
            "action run stop_and_quarantine_file --device D --sha256 H --comment C",
            "action undo A --allow 30 --comment C",
            "action allow A --days 30",
            "action reapply A --comment C",
            "rollback --incident 1 --dry-run",
            "rollback --investigation I --comment C --conflict replace",
            "rollback --rule R --comment C",
            "rollback --since 2027-01-01T00:00:00Z --until 2027-01-02T00:00:00Z --people-too --comment C",
            "quarantine pin Q",
            "quarantine unpin Q",
            "quarantine list",
            "quarantine verify",
            "quarantine restore Q --to /tmp --inert",
            "hunt processes --limit 5",
            "report incident I --out f.pdf",
            "simulate --level full --days 3",
            "audit verify",
            "audit export --out a.csv",
            "serve --socket /run/x --agent /run/y",
            "service status",
            "service install --person ann --no-adopt",
            "service remove --release",
            "doctor",
        ] {
            let words = ["assizectl", "--data", "/tmp/d", "--json"].into_iter().chain(line.split(' '));
            assert!(Words::try_parse_from(words.clone()).is_ok(), "{line}: {:?}", Words::try_parse_from(words).err());
        }
    }
}
