//! Isolate the device: nothing goes in or out but what the person chose, by two tables of our own in the kernel's packet
//! filter, set in one step and read back. Released by undo. Nothing that others set there is ever changed.
//!
//! By hand, without this program: `nft delete table inet assize_isolation; nft delete table netdev assize_isolation`.
//!
//! What it does not hold: frames that a program with root's rights sends through a network namespace that owns an
//! interface of its own, or through a socket of the kind AF_XDP; an interface that comes later is held back for ordinary
//! connections at once, for frames a program makes itself when [`reapply`] is called.
pub mod nft;
pub mod ruleset;
pub mod surroundings;

use super::{
    points::point,
    setting,
    standing::{Holder, Measure, Standing},
    work::{Early, Tools, Work},
};
use crate::{journal::Op, root::Root, vault::Kept};
use assize_domain::{
    id::VaultId,
    mitigation::{Holds, Mitigation},
    order::{Fault, ReceiptOutcome},
    question::{Obstacle, Plan, PlanStep, Reversible},
    remedy::ActionType,
    target::{Isolation, Target},
    text::visible,
    time::Stamp,
};
use nft::{Nft, NftError};
use ruleset::{Found, Reachable, Rules};
use serde_json::Value;
use std::{io, net::IpAddr};

/// Its file among what stands.
const NAME: &str = "isolation";
/// Interfaces come and go while the rules are made: then they are made anew.
const TRIES: u32 = 3;
/// What an approved isolation is of.
pub struct Approved<'a> {
    pub isolation: &'a Isolation,
    pub until: Option<Stamp>,
}

/// What has to be set again after a start exactly as it was set first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wish {
    isolation: Isolation,
    /// The name servers of that moment: an isolated device does not learn new ones from whoever answers.
    name_servers: Vec<IpAddr>,
    /// The system had a hook for what leaves an interface.
    frames: bool,
}

impl Wish {
    fn reachable(&self) -> Result<Reachable, String> {
        Reachable::of(&self.isolation, || self.name_servers.clone())
    }
}

/// Why this device cannot be isolated at all.
pub fn capability(root: &Root) -> Result<(), String> {
    if !root.is_live() {
        return Err("A device that is only a folder here has no network of its own to cut off.".into());
    }
    if Nft::find().is_none() {
        return Err("The program nft is not installed, which sets the kernel's packet filter. Install the package nftables; by hand: unplug the network cable or switch off the wireless network.".into());
    }
    if !surroundings::may_change_network() {
        let inside =
            if surroundings::in_container() { " This runs in a container that was not given that right." } else { "" };
        return Err(format!(
            "Only root may change the network, or the device service.{inside} By hand: unplug the network cable or switch off the wireless network."
        ));
    }
    Ok(())
}

/// What would be cut off and who else; touches nothing.
pub fn plan(tools: &Tools<'_>, approved: &Approved<'_>) -> Plan {
    let mut plan = Plan::default();
    let wish = match wish(approved, (tools.clock)()) {
        Ok(wish) => wish,
        Err(fault) => {
            plan.obstacles.push(Obstacle::new(&fault.code, fault.message, true));
            return plan;
        }
    };
    if let Err(why) = capability(tools.root) {
        plan.obstacles.push(Obstacle::new("unsupported", why, true));
        return plan;
    }
    let step = |what: &str, target: &str, detail: String| PlanStep {
        what: what.to_owned(),
        target: target.to_owned(),
        reversible: Reversible::Yes,
        detail,
    };
    let interfaces = surroundings::interfaces().unwrap_or_default();
    let names: Vec<String> = interfaces.iter().map(|i| visible(&i.name)).collect();
    let everything = Nft::find().and_then(|nft| nft.everything().ok());
    plan.steps.push(step("Cut off connections", "all network connections", said(&wish)));
    plan.steps.push(step(
        "Hold frames back",
        &names.join(", "),
        "What a program with root's rights sends past the ordinary way does not leave these interfaces either.".into(),
    ));
    plan.obstacles = surroundings::obstacles(
        &interfaces,
        everything.as_ref(),
        matches!(approved.isolation, Isolation::Selective { .. }),
    );
    if everything.is_none() {
        let text = "The packet filter cannot be read, so what others set there is not known.";
        plan.obstacles.push(Obstacle::new("unknown_firewall", text, false));
    }
    if let Some(stands) = tools.standing.read::<Wish>(NAME) {
        let same = stands.last().is_some_and(|h| h.wish.isolation == *approved.isolation);
        let text = if same {
            "The device is isolated already, in the same way."
        } else {
            "The device is isolated already, in another way, which is replaced."
        };
        plan.obstacles.push(Obstacle::new("already_isolated", text, false));
    }
    plan
}

pub fn apply(work: &mut Work<'_>, approved: &Approved<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        capability(work.tools.root).map_err(|reason| ReceiptOutcome::Unsupported { reason })?;
        let mut wish = wish(approved, (work.tools.clock)()).map_err(failed)?;
        let nft = Nft::find().ok_or_else(|| failed(no_nft()))?;
        let before = nft.everything().map_err(|e| failed(e.fault()))?;
        let stood = work.tools.standing.read::<Wish>(NAME);
        let joins = stood.as_ref().and_then(Measure::last).filter(|h| h.wish.isolation == wish.isolation).cloned();
        let joins = joins.filter(|h| matches!(holds(nft, &h.wish), Holds::InForce | Holds::Behind { .. }));
        if let Some(first) = &joins {
            // It stays as it was set, not as it would be set now.
            wish = first.wish.clone();
        }
        let text = before.to_string();
        let item = setting::keep(work, "The packet filter as it was before", Kept::Firewall, text.as_bytes())?;
        work.arm(&[Op::Isolate { item: item.clone() }])?;
        let holder = Holder {
            action: work.action.clone(),
            item: item.clone(),
            since: (work.tools.clock)(),
            until: approved.until,
            wish: wish.clone(),
        };
        let mut measure = Measure::with(stood.as_ref(), holder);
        write(work.tools.standing, Some(&measure))?;
        point("made");
        let set = match &joins {
            Some(_) => {
                work.step("The device was isolated already in the same way; nothing more was set.");
                look(nft, &wish)
            }
            None => set(nft, &wish).and_then(|frames| {
                if frames != wish.frames {
                    wish.frames = frames;
                    measure.holders.iter_mut().filter(|h| h.item == item).for_each(|h| h.wish.frames = frames);
                    // Not written, the next start tries the hook again and finds the same.
                    let _ = work.tools.standing.write(NAME, Some(&measure));
                }
                point("placed");
                look(nft, &wish)
            }),
        };
        let found = match set {
            Ok(found) => found,
            Err(error) => {
                back(work.tools.standing, nft, stood.as_ref())?;
                return Err(failed(error.fault()));
            }
        };
        point("verified");
        told(work, &wish, found, nft, stood.as_ref())?;
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

/// Says what is in force now. Where something passes that should not, nothing stands.
fn told(work: &mut Work<'_>, wish: &Wish, found: Found, nft: Nft, stood: Option<&Measure<Wish>>) -> Early<()> {
    match found {
        Found::Same => {}
        Found::Other(differences) if differences.open.is_empty() => {
            let all = differences.all().into_iter();
            work.told
                .left
                .extend(all.map(|what| format!("The isolation reads back otherwise than it was set: {what}.")));
        }
        Found::Nothing | Found::Other(_) => {
            back(work.tools.standing, nft, stood)?;
            let message = "The isolation was set, and right after it did not stand as it was set: another program manages the packet filter here.";
            let hint = "The device is connected as before. Stop that program, or unplug the network cable.";
            return Err(failed(Fault::new("not_in_force", message, hint)));
        }
    }
    if !wish.frames {
        work.told.left.push("This system has no means to hold back frames that a program with root's rights makes itself; ordinary connections are cut off.".into());
    }
    work.step(said(wish));
    work.told.proof.after.push("The rules were read back from the kernel: what nobody chose is dropped.".into());
    Ok(())
}

/// Undo: lifts the isolation that the item belongs to, whoever else asked for it (M67, M73).
pub fn release(work: &mut Work<'_>, item: &VaultId) -> Early<()> {
    capability(work.tools.root).map_err(|reason| ReceiptOutcome::Unsupported { reason })?;
    let nft = Nft::find().ok_or_else(|| failed(no_nft()))?;
    let stands = work.tools.standing.read::<Wish>(NAME);
    if !stands.as_ref().is_some_and(|m| m.is_held_by(item)) {
        work.step("This isolation had been released already.");
        if stands.is_some() {
            work.told.proof.after.push("Another action isolates the device now; that one was not touched.".into());
        }
        return Ok(());
    }
    work.arm(&[Op::Release { item: item.clone() }])?;
    lift(work, nft, item)
}

/// First it is no longer wanted, then it is no longer so: in between, a start does not bring it back.
fn lift(work: &mut Work<'_>, nft: Nft, item: &VaultId) -> Early<()> {
    write(work.tools.standing, None)?;
    point("made");
    remove(nft).map_err(|e| failed(e.fault()))?;
    point("placed");
    let now = nft.everything().map_err(|e| failed(e.fault()))?;
    if ruleset::is_there(&now) {
        let message = "The isolation was removed and is there again: another program sets it.";
        return Err(failed(Fault::new("not_lifted", message, "Look which program manages the packet filter here.")));
    }
    work.step("The isolation was released; the rules of others are as they are.");
    work.told.proof.after.push("No rule of the isolation is left in the kernel.".into());
    let mut before = Vec::new();
    if work.tools.vault.copy_out(item, &mut before).is_ok()
        && let Ok(before) = serde_json::from_slice::<Value>(&before)
        && ruleset::others(&before) != ruleset::others(&now)
    {
        work.told.proof.after.push("What others set in the packet filter was changed by them meanwhile.".into());
    }
    point("verified");
    Ok(())
}

/// After a crash: is the device isolated by this item? What was written down and never set is forgotten.
pub fn settle_isolate(work: &mut Work<'_>, item: &VaultId) -> Early<bool> {
    let Some(stands) = work.tools.standing.read::<Wish>(NAME) else { return Ok(false) };
    let mine = stands.holders.iter().find(|h| h.item == *item).cloned();
    let (Some(mine), Some(nft)) = (mine, Nft::find()) else { return Ok(false) };
    match look(nft, &mine.wish) {
        Ok(found) if found.stands() => {
            told(work, &mine.wish, found, nft, None)?;
            Ok(true)
        }
        Ok(_) | Err(_) => {
            back(work.tools.standing, nft, stands.without(item).as_ref())?;
            Ok(false)
        }
    }
}

/// After a crash: a release that was begun is brought to its end.
pub fn settle_release(work: &mut Work<'_>, item: &VaultId) -> Early<()> {
    match Nft::find() {
        Some(nft) => lift(work, nft, item),
        None => Err(failed(no_nft())),
    }
}

/// What stands, and whether it is in force; touches nothing.
pub fn watch(root: &Root, standing: &Standing) -> Option<Mitigation> {
    let stands = root.is_live().then(|| standing.read::<Wish>(NAME)).flatten()?;
    let last = stands.last()?.clone();
    let holds = match Nft::find() {
        Some(nft) => holds(nft, &last.wish),
        None => Holds::Unknown { why: no_nft().message },
    };
    let first = stands.holders.first()?;
    Some(Mitigation {
        kind: ActionType::IsolateDevice,
        action: last.action,
        earlier: stands.holders.iter().rev().skip(1).map(|h| h.action.clone()).collect(),
        target: Target::Network { isolation: last.wish.isolation, until: last.until },
        since: first.since,
        until: last.until,
        holds,
    })
}

fn holds(nft: Nft, wish: &Wish) -> Holds {
    match look(nft, wish) {
        Ok(Found::Same) => Holds::InForce,
        Ok(Found::Nothing) => Holds::Lifted { how: "Nothing of the isolation is set any more.".into() },
        Ok(Found::Other(differences)) => {
            let behind = differences.is_behind();
            let what =
                if behind { "The isolation is not complete" } else { "The isolation was changed by somebody else" };
            let how = differences.all().into_iter().map(|how| format!("{what}: {how}.")).collect();
            if behind { Holds::Behind { how } } else { Holds::Altered { how } }
        }
        Err(error) => Holds::Unknown { why: error.fault().message },
    }
}

/// Sets again what stands, in whole. Whose time has passed while nobody was there is lifted instead.
pub fn reapply(tools: &Tools<'_>) -> Result<(), Fault> {
    let (standing, now) = (tools.standing, (tools.clock)());
    let Some(stands) = tools.root.is_live().then(|| standing.read::<Wish>(NAME)).flatten() else { return Ok(()) };
    let Some(last) = stands.last() else { return Ok(()) };
    let nft = Nft::find().ok_or_else(no_nft)?;
    if last.until.is_some_and(|until| until <= now) {
        standing.write::<Wish>(NAME, None).map_err(|e| not_written(&e))?;
        return remove(nft).map_err(|e| e.fault());
    }
    set(nft, &last.wish).map(drop).map_err(|e| e.fault())
}

fn wish(approved: &Approved<'_>, now: Stamp) -> Result<Wish, Fault> {
    if approved.until.is_some_and(|until| until <= now) {
        let message = "The time until which the device was to be isolated has passed.";
        return Err(Fault::new("bad_target", message, "Nothing was touched. Ask for it anew."));
    }
    let wish = Wish { isolation: approved.isolation.clone(), name_servers: surroundings::name_servers(), frames: true };
    match wish.reachable() {
        Ok(_) => Ok(wish),
        Err(text) => {
            let message = format!("“{}” is no address that can stay reachable.", visible(&text));
            Err(Fault::new("bad_target", message, "Nothing was touched. Name addresses, or networks like 10.0.0.0/8."))
        }
    }
}

fn rules(wish: &Wish) -> Result<Rules, NftError> {
    let interfaces: Vec<String> = surroundings::interfaces()?.into_iter().map(|i| i.name).collect();
    let reachable = wish.reachable().map_err(io::Error::other)?;
    let rules = Rules::of(&reachable, &interfaces);
    Ok(if wish.frames { rules } else { rules.without_egress() })
}

/// Sets the rules. True where frames are held back too; false where the system has no hook for that.
fn set(nft: Nft, wish: &Wish) -> Result<bool, NftError> {
    let mut refused = None;
    for _ in 0..TRIES {
        match nft.set(&rules(wish)?.transaction()) {
            Ok(()) => return Ok(wish.frames),
            Err(error) if error.is_denial() => return Err(error),
            Err(error) => refused = Some(error),
        }
    }
    if wish.frames {
        // An interface that goes away each time is less likely than a kernel or a program without that hook.
        let plain = Wish { frames: false, ..wish.clone() };
        nft.set(&rules(&plain)?.transaction())?;
        return Ok(false);
    }
    Err(refused.unwrap_or(NftError::Silent))
}

fn look(nft: Nft, wish: &Wish) -> Result<Found, NftError> {
    let rules = rules(wish)?;
    let devices = if wish.frames { nft.table("netdev", ruleset::TABLE).unwrap_or_default() } else { String::new() };
    Ok(rules.compare(&nft.everything()?, &devices))
}

/// Removes both tables; where the system knows no tables for interfaces, the one it knows.
fn remove(nft: Nft) -> Result<(), NftError> {
    match nft.set(&Rules::removal(true)) {
        Err(NftError::Refused(_)) => nft.set(&Rules::removal(false)),
        other => other,
    }
}

/// As it was before an isolation that did not come to be.
fn back(standing: &Standing, nft: Nft, stood: Option<&Measure<Wish>>) -> Early<()> {
    write(standing, stood)?;
    let undone = match stood.and_then(Measure::last) {
        Some(last) => set(nft, &last.wish).map(drop),
        None => remove(nft),
    };
    undone.map_err(|e| failed(e.fault()))
}

fn write(standing: &Standing, measure: Option<&Measure<Wish>>) -> Early<()> {
    standing.write(NAME, measure).map_err(|e| failed(not_written(&e)))
}

fn not_written(error: &io::Error) -> Fault {
    let message = format!("What is to stand on this device cannot be written down: {error}.");
    Fault::new("device_error", message, "Check the disk of the data folder and try again.")
}

fn no_nft() -> Fault {
    let message = "The program nft is not installed, which sets the kernel's packet filter.";
    Fault::new("unsupported", message, "Nothing was touched. Install the package nftables.")
}

fn failed(fault: Fault) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault }
}

/// What an isolation means, in one sentence.
fn said(wish: &Wish) -> String {
    let Isolation::Selective { allowed } = &wish.isolation else {
        return "Nothing comes in, goes out or passes through; programs on the device still reach each other.".into();
    };
    let mut words: Vec<String> = Vec::new();
    for text in allowed {
        words.push(match text.as_str() {
            "dhcp" => "asking for an address of its own".to_owned(),
            "dns" if wish.name_servers.is_empty() => "asking for names (no name server is known here)".to_owned(),
            "dns" => {
                let servers: Vec<String> = wish.name_servers.iter().map(ToString::to_string).collect();
                format!("asking {} for names", servers.join(" and "))
            }
            address => visible(address),
        });
    }
    format!("Nothing comes in, goes out or passes through, but for: {}.", words.join(", "))
}
