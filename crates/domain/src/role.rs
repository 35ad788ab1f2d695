//! Who may do what (spec section 6). One local owner for now; the type is complete so that every command names its right.
use crate::id::PersonId;
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Approver,
    Responder,
    Analyst,
    Viewer,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    View,
    Investigate,
    Decide,
    Undo,
    Settings,
}

impl Role {
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::View => true,
            Right::Investigate => match self {
                Self::Owner | Self::Approver | Self::Responder | Self::Analyst => true,
                Self::Viewer => false,
            },
            Right::Decide => match self {
                Self::Owner | Self::Approver => true,
                Self::Responder | Self::Analyst | Self::Viewer => false,
            },
            Right::Undo | Right::Settings => match self {
                Self::Owner => true,
                Self::Approver | Self::Responder | Self::Analyst | Self::Viewer => false,
            },
        }
    }
}

/// A person at the door, as recorded with everything they decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub role: Role,
}

/// Who did something: people, the automation that a person's level allowed, or the program itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "actor", rename_all = "snake_case")]
pub enum Actor {
    Person { person: Person },
    Automation,
    System,
}

impl Actor {
    pub fn name(&self) -> &str {
        match self {
            Self::Person { person } => &person.name,
            Self::Automation => "automation",
            Self::System => "system",
        }
    }
}
