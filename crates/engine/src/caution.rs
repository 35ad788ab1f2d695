//! How much automation may do before a person has looked: the mass-action breaker over all devices (M21), and rules that
//! are new or were changed (M22). Both only ever turn acting into asking; what waits goes on waiting for a person,
//! whatever becomes of the limits afterwards.
use crate::{
    Engine,
    door::{ChangeLimits, ListLimits},
    fault::{Stop, bad_input},
    open::by,
    view,
};
use assize_domain::{
    action::{Action, Decided},
    caution::{Limits, RuleVersion, RuleWord},
    group::{Device, DeviceKind},
    order::Fault,
    policy::{Outcome, Rail},
    record::Subject,
    remedy::ActionType,
    role::{Actor, Person},
    text::visible,
    time::{Span, Stamp},
};
use assize_store::{Reader, Writer};
use std::collections::BTreeSet;

const SETTING: &str = "limits";
/// Which version of the program made this data folder.
const FIRST_PROGRAM: &str = "first_program";
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What a row of the store says is the cause.
const MASS: &str = "mass_actions";
const RULE: &str = "new_rule";

pub(crate) fn limits(r: &Reader) -> Result<Limits, Stop> {
    // Limits that do not read are those that ship: there are always some.
    Ok(r.setting(SETTING)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

pub(crate) fn list(engine: &Engine, _: &Person, _: ListLimits) -> Result<view::LimitsInForce, Fault> {
    engine.read(shown)
}

fn shown(r: &Reader) -> Result<view::LimitsInForce, Stop> {
    Ok(view::LimitsInForce { limits: limits(r)?, held: held(r)? })
}

pub(crate) fn change(engine: &Engine, who: &Person, request: ChangeLimits) -> Result<view::LimitsInForce, Fault> {
    let after = engine.write(|w| {
        let before = limits(w)?;
        let next = Limits {
            same_type: request.same_type.unwrap_or(before.same_type),
            minutes: request.minutes.unwrap_or(before.minutes),
            devices: request.devices.unwrap_or(before.devices),
            vault_gib: request.vault_gib.unwrap_or(before.vault_gib),
        };
        let next = next.check().map_err(|why| bad_input(format!("This cannot be: {why}."), "Nothing was changed."))?;
        let json =
            serde_json::to_string(&next).map_err(|e| Fault::new("limits", e.to_string(), "Nothing was changed."))?;
        w.set_setting(SETTING, &json)?;
        let said = |l: Limits| {
            format!("{} of a type in {} minutes, {} devices, {} GiB", l.same_type, l.minutes, l.devices, l.vault_gib)
        };
        let text = format!("Limits of automation: {} → {}.", said(before), said(next));
        w.append(&engine.entry(by(who), Subject::Setting, SETTING, "limits_changed", text))?;
        shown(w)
    });
    let after = after?;
    crate::protected::tell_all(engine);
    Ok(after)
}

/// What waits because of these rails, for whoever has to know.
pub(crate) fn held(r: &Reader) -> Result<Vec<view::Held>, Stop> {
    let rows = r.held()?.into_iter().map(|row| {
        let about = visible(&row.about);
        let (cause, why) = if row.cause == MASS {
            (
                view::HeldBy::MassActions,
                format!("More actions of the type “{about}” than the limit would have run by themselves."),
            )
        } else {
            (view::HeldBy::NewRule, format!("The rule “{about}” is new, was changed, or what it did was taken back."))
        };
        let waiting = crate::actions::count(row.waiting);
        let wait = if waiting == 1 { "action waits" } else { "actions wait" };
        let text = format!("{why} {waiting} {wait} for a person.");
        view::Held { cause, about, waiting, since: row.since, text }
    });
    Ok(rows.collect())
}

/// For the health page: the limits, or what they hold back.
pub(crate) fn health(engine: &Engine) -> Result<String, Fault> {
    let now = engine.read(shown)?;
    if now.held.is_empty() {
        let Limits { same_type, minutes, devices, vault_gib: _ } = now.limits;
        return Ok(format!(
            "Nothing is held back. By themselves run at most {same_type} actions of a type in {minutes} minutes; a new rule acts on {devices} devices."
        ));
    }
    let all: Vec<String> = now.held.into_iter().map(|h| h.text).collect();
    Err(Fault::new("held", all.join(" "), "Look at them in Pending: approve what is right, reject what is not."))
}

/// The rails that lower an action which would run by itself, each with what it holds back.
pub(crate) fn rails(
    w: &mut Writer,
    device: &Device,
    kind: ActionType,
    rules: &BTreeSet<RuleVersion>,
    now: Stamp,
) -> Result<Vec<Rail>, Stop> {
    let limits = limits(w)?;
    let mut rails = Vec::new();
    let since = Stamp(now.0 - Span::minutes(i64::from(limits.minutes)).0);
    if w.automatic_since(kind, since)? >= u64::from(limits.same_type) {
        rails.push(Rail::MassActionBreaker { same_type: limits.same_type, minutes: limits.minutes });
    }
    rails.extend(of_rules(w, device, rules, limits, now)?);
    Ok(rails)
}

/// Where any of the rules may act, the verdict does not hang on the others.
fn of_rules(
    w: &mut Writer,
    device: &Device,
    rules: &BTreeSet<RuleVersion>,
    limits: Limits,
    now: Stamp,
) -> Result<Option<Rail>, Stop> {
    let mut first = None;
    for rule in rules {
        let rail = match word(w, rule, now)? {
            Some(RuleWord::Trusted) => return Ok(None),
            Some(RuleWord::Doubted) => Rail::DoubtedRule { rule: rule.rule.clone() },
            None => {
                let on = w.devices_of_rule(rule)?;
                let room = u32::try_from(on.len()).is_ok_and(|n| n < limits.devices);
                // A rehearsal is neither held nor counted.
                if room || on.contains(&device.id) || rehearsal(device) {
                    return Ok(None);
                }
                Rail::NewRule { rule: rule.rule.clone(), devices: limits.devices }
            }
        };
        first.get_or_insert(rail);
    }
    Ok(first)
}

fn rehearsal(device: &Device) -> bool {
    matches!(device.kind, DeviceKind::Practice { .. })
}

/// What is known of a rule. The program's own rules, as they were when this data folder was made, are no news: whoever
/// chose a level then chose it for them, and no rule that people knew was changed by them. Own rules that an upgrade
/// brings are news like all others, for the worst of all such accidents came with an update of shipped rules (spec 5.5).
fn word(w: &mut Writer, rule: &RuleVersion, now: Stamp) -> Result<Option<RuleWord>, Stop> {
    let known = w.word_on_rule(rule)?;
    if known.is_some() || !rule.is_own() {
        return Ok(known);
    }
    if first_program(w)? != PROGRAM {
        return Ok(None);
    }
    w.say_of_rule(rule, RuleWord::Trusted, now)?;
    Ok(Some(RuleWord::Trusted))
}

/// Which version made this data folder; remembered when it is made, or when a folder from before is first asked.
pub(crate) fn first_program(w: &mut Writer) -> Result<String, Stop> {
    if let Some(text) = w.setting(FIRST_PROGRAM)? {
        return Ok(serde_json::from_str(&text).unwrap_or_default());
    }
    let json = serde_json::to_string(PROGRAM).expect("BUG: plain text is plain JSON");
    w.set_setting(FIRST_PROGRAM, &json)?;
    Ok(PROGRAM.to_owned())
}

impl Engine {
    /// An action was decided by automation, or held back: counts where its rules acted, or tells people once what waits.
    pub(crate) fn caution_taken(
        &self,
        w: &mut Writer,
        device: &Device,
        action: &Action,
        rails: &[Rail],
    ) -> Result<(), Stop> {
        let now = self.now();
        if action.policy.ruling.outcome == Outcome::Act {
            for rule in action.policy.rules.iter().filter(|_| !rehearsal(device)) {
                w.rule_acted(rule, &device.id, now)?;
            }
            return Ok(());
        }
        for rail in rails {
            let (cause, about, event) = match rail {
                Rail::MassActionBreaker { .. } => (MASS, action.kind.label(), "breaker_tripped"),
                Rail::NewRule { rule, .. } | Rail::DoubtedRule { rule } => (RULE, rule.as_str(), "rule_held"),
                Rail::ProtectedItem { .. }
                | Rail::RemoteFile
                | Rail::StricterLink
                | Rail::InContainer
                | Rail::StillLoaded { .. }
                | Rail::NoBackupSpace => continue,
            };
            if !w.holds(cause, about)? {
                let text = format!("{} From now on they wait for a person.", rail.text());
                w.append(&self.entry(Actor::System, Subject::Setting, SETTING, event, text))?;
            }
            w.hold(cause, about, &action.id, now)?;
        }
        Ok(())
    }

    /// A person approved what a rule found, took back what it did by itself while it was new, or did that again.
    pub(crate) fn learn_about_rules(
        &self,
        w: &mut Writer,
        action: &Action,
        event: &str,
        actor: &Actor,
    ) -> Result<(), Stop> {
        let word = match event {
            "T5" | "T27" => RuleWord::Trusted,
            "T22" if matches!(action.decided, Some(Decided::Automation { .. })) => RuleWord::Doubted,
            _ => return Ok(()),
        };
        for rule in &action.policy.rules {
            // An approval is of one thing: only doing again what was taken back takes back the doubt. And a rule that
            // people agreed with is not doubted for one wrong hit; that one is allowed by itself.
            match (w.word_on_rule(rule)?, event) {
                (None, _) | (Some(RuleWord::Doubted), "T27") => {}
                (Some(RuleWord::Trusted | RuleWord::Doubted), _) => continue,
            }
            w.say_of_rule(rule, word, self.now())?;
            let name = visible(&rule.rule);
            let (event, text) = match word {
                RuleWord::Trusted => {
                    ("rule_trusted", format!("A person agreed with the rule “{name}”: it is new no more."))
                }
                RuleWord::Doubted => (
                    "rule_doubted",
                    format!("A person took back what the rule “{name}” did by itself: it only asks from now on."),
                ),
            };
            w.append(&self.entry(actor.clone(), Subject::Setting, SETTING, event, text))?;
        }
        Ok(())
    }
}
