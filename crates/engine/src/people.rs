//! Who is who at the service's door: the kernel says which user is there, a file in the data folder says what they may.
use assize_domain::{
    id::PersonId,
    order::Fault,
    role::{Person, Role},
};
pub use assize_link::peer::Account;
use assize_link::peer::own_uid;
use std::{collections::BTreeMap, fs, io, path::Path};

const FILE: &str = "people.json";

/// Roles by user number. Root, and whoever owns the data folder, needs no line: they could write it themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People(BTreeMap<u32, Role>);

impl People {
    /// A file that is not there names nobody. One that cannot be read names nobody either, and that is told.
    pub(crate) fn read(data: &Path) -> Result<Self, Fault> {
        let text = match fs::read_to_string(data.join(FILE)) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(unreadable(&e.to_string())),
        };
        serde_json::from_str(&text).map(Self).map_err(|e| unreadable(&e.to_string()))
    }

    /// Everybody who has a line.
    pub(crate) fn uids(&self) -> Vec<u32> {
        self.0.keys().copied().collect()
    }

    /// The kernel says who is there; the socket's own mode has let in nobody but members of its group and those who have
    /// a line. Members without one may look and investigate.
    pub(crate) fn person(&self, uid: u32) -> Person {
        let role =
            if uid == 0 || uid == own_uid() { Role::Owner } else { self.0.get(&uid).copied().unwrap_or(Role::Analyst) };
        let name = Account::with_uid(uid).map_or_else(|| format!("user {uid}"), |a| a.name);
        Person { id: PersonId(name.clone()), name, role }
    }
}

fn unreadable(why: &str) -> Fault {
    Fault::new(
        "people_unreadable",
        format!("The list of people cannot be read: {why}."),
        "Until then nobody but root decides. Correct people.json in the data folder of the service.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M139: what a caller may follows from who the kernel says they are.
    #[test]
    fn a_role_belongs_to_a_user_and_strangers_may_only_look() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(People::read(folder.path()).unwrap(), People::default());
        fs::write(folder.path().join(FILE), r#"{"4000001":"owner","4000002":"viewer"}"#).unwrap();
        let people = People::read(folder.path()).unwrap();
        let role = |uid| people.person(uid).role;
        assert_eq!((role(0), role(own_uid())), (Role::Owner, Role::Owner));
        assert_eq!((role(4_000_001), role(4_000_002), role(4_000_003)), (Role::Owner, Role::Viewer, Role::Analyst));
        assert_eq!(people.person(0).name, "root");
        assert_eq!(people.person(4_000_003).name, "user 4000003");
        assert_eq!(people.uids(), [4_000_001, 4_000_002]);
        for broken in ["", "{", r#"{"ann":"owner"}"#, r#"{"1":"king"}"#] {
            fs::write(folder.path().join(FILE), broken).unwrap();
            assert_eq!(People::read(folder.path()).unwrap_err().code, "people_unreadable", "{broken}");
        }
    }
}
