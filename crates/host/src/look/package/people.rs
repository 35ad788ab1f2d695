//! Who may use the device, and who did.
use super::{
    Work,
    gather::{Part, field, shown},
    logins,
};
use crate::look::tree;
use std::{collections::HashMap, fmt::Write};

pub(super) fn users(work: &mut Work<'_>) {
    for path in ["/etc/passwd", "/etc/group", "/etc/shells", "/etc/sudoers", "/etc/subuid", "/etc/securetty"] {
        work.system_file("users", path.as_bytes(), Part::Beginning);
    }
    work.system_folder("users", b"/etc/sudoers.d");
    accounts(work);
    for (name, path) in [("sign-ins", "/var/log/wtmp"), ("failed-sign-ins", "/var/log/btmp"), ("now", "/run/utmp")] {
        logins::table(work, name, path.as_bytes());
    }
    logins::last(work);
    // Newer systems keep these in small databases of their own.
    for path in ["/var/lib/wtmpdb/wtmp.db", "/var/lib/lastlog/lastlog2.db"] {
        work.system_file("users", path.as_bytes(), Part::Beginning);
    }
}

/// Who has a password, and which accounts are closed; the hashes stay on the device.
fn accounts(work: &mut Work<'_>) {
    let shadow = match tree::read(work.root, b"/etc/shadow") {
        Ok(text) => text,
        Err(e) => {
            if !tree::is_absent(&e) {
                work.skip("/etc/shadow", &super::gather::why(&e));
            }
            Vec::new()
        }
    };
    let states: HashMap<&[u8], (&str, &[u8])> = shadow
        .split(|b| *b == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|b| *b == b':');
            let (name, password, changed) = (fields.next()?, fields.next()?, fields.next()?);
            Some((name, (password_state(password), changed)))
        })
        .collect();
    let passwd = tree::read(work.root, b"/etc/passwd").unwrap_or_default();
    let mut list = "account\tuid\tgid\thome\tshell\tpassword\tlast changed, day\n".to_owned();
    for line in passwd.split(|b| *b == b'\n') {
        let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
        let [name, _, uid, gid, _, home, shell, ..] = fields.as_slice() else { continue };
        let (password, changed) = states.get(name).copied().unwrap_or(("not known", b"-"));
        let words = [*name, uid, gid, home, shell].map(field).join("\t");
        let _ = writeln!(list, "{words}\t{password}\t{}", field(changed));
    }
    work.text_noted(
        "users/accounts.tsv",
        "/etc/passwd and /etc/shadow",
        list,
        Some("The hashes of passwords are not collected.".to_owned()),
    );
}

fn password_state(field: &[u8]) -> &'static str {
    match field {
        b"" => "none: anybody may sign in",
        [b'!' | b'*', ..] => "closed",
        _ => "set",
    }
}

/// Files in a home where shells and tools keep what was typed.
const HISTORIES: [&str; 10] = [
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".sh_history",
    ".ash_history",
    ".ksh_history",
    ".local/share/fish/fish_history",
    ".python_history",
    ".mysql_history",
    ".psql_history",
];

pub(super) fn histories(work: &mut Work<'_>) {
    for home in homes(work) {
        for name in HISTORIES {
            if work.over() {
                return;
            }
            work.own_file("files", &tree::join(&home, name.as_bytes()), Part::End);
        }
    }
}

pub(super) fn homes(work: &Work<'_>) -> Vec<Vec<u8>> {
    work.people.homes().iter().map(|h| h.path.clone()).filter(|p| shown(p) != "/").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_told_without_its_hash() {
        assert_eq!(password_state(b""), "none: anybody may sign in");
        assert_eq!(password_state(b"!$6$salt$hash"), "closed");
        assert_eq!(password_state(b"*"), "closed");
        assert_eq!(password_state(b"$y$j9T$abc"), "set");
    }
}
