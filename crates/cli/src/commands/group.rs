//! `group`: which automation level governs which devices.
use super::Door;
use crate::{
    print::{Text, said},
    reply::{Failure, Outcome, Reply},
    words::word,
};
use assize_domain::{
    group::{AutomationLevel, MatchingRule},
    order::Fault,
};
use assize_engine::{
    door::{AddGroup, AssignDevice, ChangeGroup, ListGroups, MoveGroup, RemoveGroup},
    view::{Group, GroupList},
};
use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List,
    Create {
        name: String,
        /// full, semi_core, semi_non_temp, semi_all or none
        #[arg(long, value_parser = word::<AutomationLevel>)]
        level: AutomationLevel,
        /// Which devices belong to it, for example: --rule name starts_with web
        #[arg(long, num_args = 3, value_names = ["PROPERTY", "OPERATOR", "VALUE"])]
        rule: Vec<String>,
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Change how much may happen without a person.
    Level {
        name: String,
        #[arg(value_parser = word::<AutomationLevel>)]
        level: AutomationLevel,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Put a device into a group, by a tag.
    Assign {
        device: String,
        name: String,
    },
    Remove {
        name: String,
    },
    /// Of several groups that fit a device, the highest wins.
    Move {
        name: String,
        direction: Direction,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Direction {
    Up,
    Down,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::List => Ok(listed(&door.engine.ask(&door.who, ListGroups {})?)),
        Words::Create { name, level, rule, description } => {
            let rules = rules(&rule)?;
            Ok(shown(&door.engine.ask(&door.who, AddGroup { name, description, level, rules })?))
        }
        Words::Level { name, level, reason } => Ok(shown(&door.engine.ask(
            &door.who,
            ChangeGroup { group: name, level: Some(level), rules: None, description: None, reason },
        )?)),
        Words::Assign { device, name } => Ok(shown(&door.engine.ask(&door.who, AssignDevice { device, group: name })?)),
        Words::Remove { name } => {
            let id = named(door, &name)?.id;
            Ok(listed(&door.engine.ask(&door.who, RemoveGroup { id })?))
        }
        Words::Move { name, direction } => {
            let id = named(door, &name)?.id;
            Ok(listed(&door.engine.ask(&door.who, MoveGroup { id, up: matches!(direction, Direction::Up) })?))
        }
    }
}

/// `--rule PROPERTY OPERATOR VALUE`, any number of times: clap hands over the words in one row.
fn rules(words: &[String]) -> Result<Vec<MatchingRule>, Failure> {
    let read = |rule: &[String]| -> Result<MatchingRule, String> {
        let [property, operator, value] = rule else { return Err("a rule is three words".to_owned()) };
        Ok(MatchingRule { property: word(property)?, operator: word(operator)?, value: value.clone() })
    };
    words
        .chunks(3)
        .map(|rule| read(rule).map_err(|e| Failure::Words(format!("--rule {}: {e}.", rule.join(" ")))))
        .collect()
}

fn named(door: &Door, name: &str) -> Result<Group, Fault> {
    let groups = door.engine.ask(&door.who, ListGroups {})?.groups;
    groups
        .into_iter()
        .find(|g| g.name == name || g.id.as_str() == name)
        .ok_or_else(|| Fault::new("not_found", format!("There is no group “{name}”."), "See assizectl group list."))
}

fn listed(list: &GroupList) -> Reply {
    let row = |g: &Group| {
        [
            g.rank.map_or_else(|| "last".to_owned(), |r| r.to_string()),
            g.name.clone(),
            said(g.level),
            g.devices.len().to_string(),
            g.rules.iter().map(rule).collect::<Vec<_>>().join(", "),
        ]
    };
    let rows = list.groups.iter().map(row).collect();
    Reply::new(list, Text::default().table(["RANK", "NAME", "LEVEL", "DEVICES", "RULES"], rows, "There are no groups."))
}

fn rule(r: &MatchingRule) -> String {
    format!("{} {} {}", said(r.property), said(r.operator), r.value)
}

fn shown(g: &Group) -> Reply {
    let devices: Vec<&str> = g.devices.iter().map(|d| d.name.as_str()).collect();
    let text = Text::default()
        .line(&g.name)
        .field("id", g.id.to_string())
        .field("level", g.level.label().to_owned())
        .field("rules", g.rules.iter().map(rule).collect::<Vec<_>>().join(", "))
        .field("devices", devices.join(", "));
    Reply::new(g, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::group::{RuleOperator, RuleProperty};

    fn read(words: &str) -> Result<Vec<MatchingRule>, String> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        rules(&words).map_err(|f| match f {
            Failure::Words(message) => message,
            Failure::Refused(fault) => panic!("a wrong word is not a refusal: {fault}"),
        })
    }

    #[test]
    fn each_rule_is_three_words() {
        let rules = read("name starts-with web os_platform is_one_of linux,windows").unwrap();
        assert_eq!((rules[0].property, rules[0].operator), (RuleProperty::Name, RuleOperator::StartsWith));
        assert_eq!(rules[1].value, "linux,windows");
        assert!(read("colour equals red").unwrap_err().contains("colour"), "the wrong word is named");
    }
}
